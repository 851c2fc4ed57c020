"""Pairs in tokens, and what makes one unfit for training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from attrs import frozen

from seatrial import Preference
from seatrial.errors import ModelError, PlanError
from seatrial.kit import digest

if TYPE_CHECKING:
    from seatrial_transformers import Trainable

__all__ = ["Pair", "pairs_of"]


@frozen
class Pair:
    """One preference in tokens; `case` names what it was made of, for messages."""

    prompt: tuple[int, ...]
    chosen: tuple[int, ...]
    rejected: tuple[int, ...]
    case: str

    @property
    def tokens(self) -> int:
        """The length of the prompt with the longer completion."""
        return len(self.prompt) + max(len(self.chosen), len(self.rejected))

    @property
    def key(self) -> str:
        """The name of its content."""
        return digest([self.prompt, self.chosen, self.rejected])


def pairs_of(trainable: Trainable, preferences: Sequence[Preference]) -> list[Pair]:
    """Give each preference in tokens. Raises `PlanError` for one that teaches nothing.

    Nothing is cut off: a pair that the model cannot take whole is refused.
    """
    found = []
    for place, one in enumerate(preferences):
        name = one.case_id or f"number {place}"
        try:
            prompt, (chosen, rejected) = trainable.encoded(one.input, [one.chosen, one.rejected])
        except ModelError as error:
            msg = f"the preference of case {name!r} cannot be learned from: {error}"
            raise PlanError(msg) from error
        if chosen == rejected:
            msg = (
                f"the preference of case {name!r} has two equal sides, {one.chosen!r:.60}: leave "
                "it out"
            )
            raise PlanError(msg)
        pair = Pair(prompt, chosen, rejected, name)
        if trainable.window is not None and pair.tokens > trainable.window:
            msg = (
                f"the preference of case {name!r} has {pair.tokens} tokens, and the model takes "
                f"{trainable.window}: leave it out, or shorten its input (nothing is cut off)"
            )
            raise PlanError(msg)
        found.append(pair)
    return found
