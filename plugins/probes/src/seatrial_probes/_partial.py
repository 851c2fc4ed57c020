"""Options that stand within a sentence: scored on what follows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from math import exp
from typing import Any, Final

from attrs import frozen

from seatrial import Prediction
from seatrial.errors import ModelError
from seatrial.kit import digest

__all__ = ["PartialScoring", "partial_scoring"]

BLANK: Final = "_"
ONCE: Final = 6


@frozen
class PartialScoring:
    """Judges a blank in a sentence by how likely the rest is once an option fills it.

    The options of one WinoGrande sentence differ in their own likelihood (a common noun beats a
    rare one), which says nothing about who is meant. So each option is put into the blank, and what
    is scored is the same for all of them: the rest of the sentence, log P(rest | start, option)
    (Trinh and Le, A Simple Method for Commonsense Reasoning, 2018: "partial scoring"). So the
    prompts of the options differ, and what is scored does not, which a single prompt with several
    continuations cannot express. Rest and start are tokenised together.

    `activations` are those of the sentence as the model completed it: one of the judged passes, up
    to the last token. Inputs are mappings with `sentence` (one blank, written `_`) and `options`.
    The inner model needs `choices`, and must have no prompt template of its own.
    """

    model: Any

    @property
    def identity(self) -> str:
        """The digest of the inner model's identity, judged in this way."""
        return f"partial:{digest(str(self.model.identity))}"

    def __call__(self, inputs: Sequence[Any], /) -> list[Prediction]:
        """Fill each blank with the option that makes the rest most likely."""
        asked = [_split(one) for one in inputs]
        prompts = [start + option for start, _, options in asked for option in options]
        rests = [[rest] for _, rest, options in asked for _ in options]
        scored = iter(self.model.choices(prompts, rests) if prompts else ())
        return [
            _answer(options, [next(scored).log_likelihoods[0] for _ in options])
            for _, _, options in asked
        ]

    @property
    def activations(self) -> Any:
        """Give the activations of each sentence as the model completed it; see `Activates`."""
        return partial(self._activations, self.model.activations)

    def _activations(self, inner: Any, inputs: Sequence[Any], /, **how: Any) -> Any:
        answers = self(inputs)
        completed = [
            start + str(answer.value) + rest
            for (start, rest, _), answer in zip(map(_split, inputs), answers, strict=True)
        ]
        return _Completed(inner(completed, **how), tuple(answers))

    @property
    def generate(self) -> Any:
        """Let the inner model write."""
        return self.model.generate


@frozen(eq=False)
class _Completed:
    """The activations of the inner model, with the answers that were given."""

    inner: Any
    predictions: tuple[Prediction, ...]

    def __len__(self) -> int:
        return len(self.predictions)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


def _split(given: Any) -> tuple[str, str, tuple[str, ...]]:
    if not isinstance(given, Mapping) or not {"sentence", "options"} <= set(given):
        msg = "partial_scoring takes inputs with the parts sentence and options"
        raise ModelError(msg)
    start, blank, rest = str(given["sentence"]).partition(BLANK)
    if not blank or BLANK in rest or not rest.strip():
        msg = f"a sentence needs one blank, and text after it: {given['sentence']!r}"
        raise ModelError(msg)
    return start, rest, tuple(given["options"])


def _answer(options: tuple[str, ...], scores: list[float | None]) -> Prediction:
    known = [one for one in scores if one is not None]
    if len(known) < len(scores):
        msg = f"the model gives no likelihood to what follows one of the options {list(options)!r}"
        raise ModelError(msg)
    top = max(known)
    odds = [exp(one - top) for one in known]
    ranked = sorted(known, reverse=True)
    return Prediction(
        options[known.index(top)],
        probabilities={
            option: round(one / sum(odds), ONCE) for option, one in zip(options, odds, strict=True)
        },
        details={
            "margin": round(ranked[0] - ranked[1], ONCE) if len(ranked) > 1 else None,
            "tie": known.count(top) > 1,
            "log_likelihoods": known,
        },
    )


def partial_scoring(model: Any) -> PartialScoring:
    """Wrap a model with `choices` so that it judges blanks within sentences, as in WinoGrande."""
    if not hasattr(model, "choices"):
        msg = "partial_scoring needs a model with choices (log-likelihoods of options)"
        raise ModelError(msg)
    if getattr(model, "prompt", None) is not None:
        msg = "partial_scoring puts sentences to the model as they are: make it without a prompt"
        raise ModelError(msg)
    return PartialScoring(model)
