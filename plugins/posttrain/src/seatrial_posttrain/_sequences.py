"""Cases as token sequences, each with its mask: documents whole, instructions by their answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from attrs import frozen

from seatrial import Case
from seatrial.errors import ModelError, PlanError

if TYPE_CHECKING:
    from seatrial_transformers import Trainable

__all__ = ["Sequenced", "sequences_of"]


@frozen
class Sequenced:
    """Tokens, and which of them are trained on; `part` is the part of the mixture."""

    ids: tuple[int, ...]
    scored: tuple[bool, ...]
    part: str

    @property
    def targets(self) -> int:
        """How many tokens are trained on. The first of a sequence follows nothing and never is."""
        return sum(self.scored[1:])


def sequences_of(
    trainable: Trainable, case: Case, *, group: str | None, most: int
) -> list[Sequenced]:
    """Give a document in chunks, or an instruction whole.

    A chunk begins with the last token of the one before, so each token of a document but its first
    is trained on exactly once. Raises `PlanError` for an instruction that is longer than `most`.
    """
    try:
        kind, ids, scored = _read(trainable, case)
    except ModelError as error:
        msg = f"case {case.id!r} cannot be learned from: {error}"
        raise PlanError(msg) from error
    part = kind if group is None else f"{kind}/{case.groups.get(group, 'none')}"
    if kind == "cpt":
        return [Sequenced(one, (True,) * len(one), part) for one in _chunks(ids, most)]
    if len(ids) > most:
        msg = (
            f"case {case.id!r} has {len(ids)} tokens, and a row takes {most}: raise row_tokens, or "
            "leave it out (an instruction is never cut)"
        )
        raise PlanError(msg)
    return [Sequenced(ids, scored, part)]


def _read(trainable: Trainable, case: Case) -> tuple[str, tuple[int, ...], tuple[bool, ...]]:
    if case.target is not None:
        prompt, (answer,) = trainable.encoded(case.input, [case.target])
        mask = (*(False for _ in prompt), *(True for _ in answer))
        return "it", (*prompt, *answer), mask
    if isinstance(case.input, str):
        if not case.input.strip():
            msg = "the document is empty"
            raise ModelError(msg)
        ids = trainable.document(case.input)
        return "cpt", ids, (True,) * len(ids)
    if isinstance(case.input, Sequence) and all(map(_is_turn, case.input)):
        return "it", *trainable.dialogue(case.input)
    msg = (
        "without a target, its input must be a document (a text) or a whole conversation, each "
        "turn with role and content"
    )
    raise ModelError(msg)


def _is_turn(value: Any) -> bool:
    return hasattr(value, "keys") and "role" in value


def _chunks(ids: Sequence[int], most: int) -> Iterator[tuple[int, ...]]:
    for start in range(0, max(1, len(ids) - 1), most - 1):
        yield tuple(ids[start : start + most])
