"""A language model as the judge of answers: a generative reward model."""

from __future__ import annotations

import asyncio
import inspect
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from attrs import frozen

from seatrial import Case, Failed
from seatrial.errors import ModelError
from seatrial.kit import answer_of, texts_of

from ._corrections import Correction, correction_of

__all__ = ["Corrector", "Grader", "corrected_by", "judged_by"]

GRADE = (
    "You grade answers. Find the final answer of the proposed solution and that of the reference, "
    "and compare only these two. A solution without a final answer, or with more than one, is "
    "wrong. Write a JSON object and nothing else, with two keys: justification (100 words at most) "
    'and correctness ("correct" or "wrong").'
)
CORRECT = (
    "You find mistakes in wrong solutions. Name the first step that is wrong; it must not be the "
    "final answer. Write a JSON object and nothing else, with four keys: justification (100 words "
    "at most), before (everything in the solution before that step, copied word for word), step "
    "(the wrong step, copied word for word) and correction (one right and clear step to put in its "
    "place)."
)
RIGHT = {"correct": True, "wrong": False}


def judged_by(model: Any) -> Grader:
    """Let a language model say whether an answer is right, as FinDAP does (Ke et al. 2025, app. H).

    `model` writes text: a local model or an endpoint. It reads the question, the case's target as
    the reference, and the answer, and compares final answers. Give what comes out as `judge`.
    """
    return Grader(model)


def corrected_by(model: Any) -> Corrector:
    """Let a language model name the first wrong step of an answer, as FinDAP does (appendix H).

    Give what comes out as `critic` of `stepwise_pairs`; what it quotes is checked there.
    """
    return Corrector(model)


@frozen
class Grader:
    """Calls an answer right or wrong; None where the model's reply is no JSON that says so."""

    model: Any

    @property
    def identity(self) -> str | None:
        """That of the model that judges."""
        return getattr(self.model, "identity", None)

    def __call__(self, case: Case, answer: str, /) -> bool | None:
        """Judge one answer. Raises `ModelError` where the model does not reply."""
        for found in _replied(self.model, GRADE, case, answer):
            said = found.get("correctness")
            if isinstance(said, str) and said.strip().lower() in RIGHT:
                return RIGHT[said.strip().lower()]
        return None


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
        for found in _replied(self.model, CORRECT, case, answer):
            given = correction_of({name: found[name] for name in names if name in found})
            if given is not None:
                return given
        return None


def _replied(model: Any, instruction: str, case: Case, answer: str) -> Iterator[Mapping[str, Any]]:
    """Ask the model, and give every JSON object in its reply."""
    parts = [instruction, "Question:\n" + "\n".join(texts_of(case.input))]
    if case.target is not None:
        parts.append(f"Reference:\n{case.target}")
    parts.append(f"Proposed solution:\n{answer}")
    (reply,) = _answers(model, [[{"role": "user", "content": "\n\n".join(parts)}]])
    if isinstance(reply, Failed):
        msg = f"the judge gave no answer on case {case.id!r}: {reply.reason}"
        raise ModelError(msg)
    text = str(answer_of(reply).value)
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


def _answers(model: Any, inputs: Sequence[Any]) -> Any:
    given = model(inputs)
    if not inspect.isawaitable(given):
        return given

    async def waited() -> Any:
        return await given

    return asyncio.run(waited())
