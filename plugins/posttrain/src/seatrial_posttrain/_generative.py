"""A language model as the judge of answers: a generative reward model."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from attrs import frozen

from seatrial import Case, Failed
from seatrial.errors import ModelError
from seatrial.kit import texts_of

from ._corrections import Correction, correction_of
from ._judge import asked_right, judge_of, no_reply, replies, right_in

__all__ = ["Asker", "corrected_by", "judged_by"]

CORRECT = (
    "You find mistakes in wrong solutions. Name the first step that is wrong; it must not be the "
    "final answer. Write a JSON object and nothing else, with four keys: justification (100 words "
    "at most), before (everything in the solution before that step, copied word for word), step "
    "(the wrong step, copied word for word) and correction (one right and clear step to put in its "
    "place)."
)
"""Quotes of several lines need fields: this reply is JSON, and a judgement stands in [[...]]."""


def judged_by(model: Any) -> Asker:
    """Let a language model say whether an answer is right, as FinDAP does (Ke et al. 2025, app. H).

    `model` writes text: a local model or an endpoint. It reads the question, the case's target as
    the reference, and the answer, and compares final answers, as for `posttrain.judged-right`: the
    last [[correct]] or [[wrong]] of its reply counts. Give what comes out as `judge`.
    """
    return Asker(judge_of(model), asked_right, right_in)


def corrected_by(model: Any) -> Asker:
    """Let a language model name the first wrong step of an answer, as FinDAP does (appendix H).

    Give what comes out as `critic` of `stepwise_pairs`; what it quotes is checked there.
    """
    return Asker(judge_of(model), _asked_to_correct, _correction_in)


@frozen
class Asker:
    """Asks a model about answers; None where its reply says nothing that can be read."""

    model: Any
    _worded: Callable[[Case, str], str]
    _read: Callable[[str], Any]

    @property
    def identity(self) -> str | None:
        """That of the model that is asked."""
        return getattr(self.model, "identity", None)

    def __call__(self, case: Case, answer: str, /) -> Any:
        """Ask about one answer. Raises `ModelError` where the model does not reply."""
        (found,) = self.each([(case, answer)])
        if isinstance(found, Failed):
            raise ModelError(no_reply(case, found))
        return found

    def each(self, answers: Sequence[tuple[Case, str]], /) -> list[Any]:
        """Ask about several answers in one call; what has no reply is `Failed`."""
        given = replies(self.model, [self._worded(*one) for one in answers])
        return [one if isinstance(one, Failed) else self._read(one.text) for one in given]


def _asked_to_correct(case: Case, answer: str) -> str:
    parts = [CORRECT, "Question:\n" + "\n".join(texts_of(case.input))]
    if case.target is not None:
        parts.append(f"Reference:\n{case.target}")
    return "\n\n".join([*parts, f"Proposed solution:\n{answer}"])


def _correction_in(text: str) -> Correction | None:
    """Read the first JSON object with the fields of a correction."""
    names = ("step", "correction", "before", "justification")
    for found in _objects(text):
        given = correction_of({name: found[name] for name in names if name in found})
        if given is not None:
            return given
    return None


def _objects(text: str) -> Iterator[Mapping[str, Any]]:
    place = text.find("{")
    while place >= 0:
        try:
            found, end = json.JSONDecoder().raw_decode(text, place)
        except ValueError:
            place = text.find("{", place + 1)
            continue
        if isinstance(found, Mapping):
            yield found
        place = text.find("{", end)
