"""What is explained must be what was judged: the same prompt, the same answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from seatrial import Asset, Finding, Prediction
from seatrial.kit import Level

from ._common import CLEAN, Check, percent, whole_number
from ._reading import value_key

__all__ = ["prompt_mismatch"]

ASKED_AGAIN = 32
MANY = 0.1


def prompt_mismatch(prompt: str | None = None, asked_again: int = ASKED_AGAIN) -> Check:
    """Find outcomes that the model, as it is now, would not have.

    Three things are looked at: whether inputs that are called unperturbed are their cases' own;
    whether `prompt`, the template of whoever looks inside the model, is the model's; and whether
    the model answers `asked_again` of the inputs as it did (0 asks nothing). Then activations come
    from the prompts that were judged. Differences from one in ten up are an error, fewer a warning,
    and a single one a note, for rounding can exchange two answers.
    """
    many = whole_number("asked_again", asked_again, 0)

    def check(_plan: Any, model: Any, outcomes: Sequence[Any], /) -> Iterator[Finding]:
        yield from _other_inputs(outcomes)
        judged_by = getattr(model, "prompt", None)
        if prompt is not None and isinstance(judged_by, str) and judged_by != prompt:
            yield Finding(
                "other-template",
                f"the model was judged with the prompt {judged_by!r}, and {prompt!r} is to be "
                "looked at.",
                level="error",
                cases=dict.fromkeys(outcome.case.id for outcome in outcomes),
                effect=1.0,
                fix="look inside the model at the prompt that it was judged on.",
            )
        if model is not None and many:
            yield from _other_answers(model, outcomes, many)

    return check


def _other_inputs(outcomes: Sequence[Any]) -> Iterator[Finding]:
    clean = [outcome for outcome in outcomes if outcome.perturbation == CLEAN]
    other = [
        outcome
        for outcome in clean
        if outcome.input is not outcome.case.input and not _same(outcome.input, outcome.case.input)
    ]
    if not other:
        return
    fraction = len(other) / len(clean)
    yield Finding(
        "other-inputs",
        f"{len(other):,} of {len(clean):,} unperturbed outcomes ({percent(fraction)}, effect) have "
        "another input than their case.",
        level="error" if fraction >= MANY else "warning",
        cases=dict.fromkeys(outcome.case.id for outcome in other),
        effect=fraction,
        fix="keep with each outcome the very input that the model was judged on.",
    )


def _same(seen: Any, own: Any) -> bool:
    """Compare what the model saw with the case's own, as far as that is not left in a file.

    A report reads an asset only if its content is still what was measured.
    """
    if isinstance(own, Asset) and not isinstance(seen, Asset):
        return True
    if isinstance(own, Mapping) and isinstance(seen, Mapping):
        return seen.keys() == own.keys() and all(_same(seen[name], own[name]) for name in own)
    if isinstance(own, list | tuple) and isinstance(seen, list | tuple):
        return len(seen) == len(own) and all(map(_same, seen, own))
    return bool(value_key(seen) == value_key(own))


def _other_answers(model: Any, outcomes: Sequence[Any], many: int) -> Iterator[Finding]:
    answered = [outcome for outcome in outcomes if outcome.prediction is not None]
    if not answered:
        return
    drawn = np.random.default_rng(0).permutation(len(answered))[:many]
    sample = [answered[at] for at in sorted(drawn.tolist())]
    answers = model([outcome.input for outcome in sample])
    other = [
        outcome
        for outcome, answer in zip(sample, answers, strict=True)
        if value_key(answer.value if isinstance(answer, Prediction) else answer)
        != value_key(outcome.prediction.value)
    ]
    if not other:
        return
    fraction = len(other) / len(sample)
    few: Level = "warning" if len(other) > 1 else "note"
    yield Finding(
        "prompt-mismatch",
        f"asked again, the model answers {len(other)} of {len(sample)} inputs otherwise "
        f"({percent(fraction)}, effect): this is not the model or the prompt that was judged.",
        level="error" if fraction >= MANY else few,
        cases=dict.fromkeys(outcome.case.id for outcome in other),
        effect=fraction,
        fix="give the model and the template that made these outcomes.",
    )
