"""A language model as the judge of answers: a generative reward model."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from attrs import frozen

from seatrial import Case
from seatrial.kit import texts_of

from ._corrections import Correction, correction_of
from ._judge import asked_right, judge_of, replies, right_in

__all__ = ["Corrector", "Grader", "corrected_by", "judged_by"]

CORRECT = (
    "You find mistakes in wrong solutions. Name the first step that is wrong; it must not be the "
    "final answer. Write a JSON object and nothing else, with four keys: justification (100 words "
    "at most), before (everything in the solution before that step, copied word for word), step "
    "(the wrong step, copied word for word) and correction (one right and clear step to put in its "
    "place)."
)
"""Quotes of several lines need fields: this reply is JSON, and a judgement stands in [[...]]."""


def judged_by(model: Any) -> Grader:
    """Let a language model say whether an answer is right, as FinDAP does (Ke et al. 2025, app. H).

    `model` writes text: a local model or an endpoint. It reads the question, the case's target as
    the reference, and the answer, and compares final answers, as for `posttrain.judged-right`: the
    last [[correct]] or [[wrong]] of its reply counts. Give what comes out as `judge`.
    """
    return Grader(judge_of(model))


def corrected_by(model: Any) -> Corrector:
    """Let a language model name the first wrong step of an answer, as FinDAP does (appendix H).

    Give what comes out as `critic` of `stepwise_pairs`; what it quotes is checked there.
    """
    return Corrector(judge_of(model))


@frozen
class Grader:
    """Calls an answer right or wrong; None where the model's reply says neither."""

    model: Any

    @property
    def identity(self) -> str | None:
        """That of the model that judges."""
        return getattr(self.model, "identity", None)

    def __call__(self, case: Case, answer: str, /) -> bool | None:
        """Judge one answer. Raises `ModelError` where the model does not reply."""
        (reply,) = replies(self.model, [(case, asked_right(case, answer))])
        return right_in(reply)


@frozen
class Corrector:
    """Names the first wrong step; None where the model's reply is no JSON with these fields."""

    model: Any

    @property
    def identity(self) -> str | None:
        """That of the model that corrects."""
        return getattr(self.model, "identity", None)

    def __call__(self, case: Case, answer: str, /) -> Correction | None:
        """Correct one answer. Raises `ModelError` where the model does not reply."""
        names = ("step", "correction", "before", "justification")
        for found in _replied(self.model, case, answer):
            given = correction_of({name: found[name] for name in names if name in found})
            if given is not None:
                return given
        return None


def _replied(model: Any, case: Case, answer: str) -> Iterator[Mapping[str, Any]]:
    """Ask the model, and give every JSON object in its reply."""
    parts = [CORRECT, "Question:\n" + "\n".join(texts_of(case.input))]
    if case.target is not None:
        parts.append(f"Reference:\n{case.target}")
    parts.append(f"Proposed solution:\n{answer}")
    (text,) = replies(model, [(case, "\n\n".join(parts))])
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
