"""What the perturbations share: take a text apart, edit some of its words, put it together."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from typing import Any

from attrs import frozen

from seatrial.errors import NotApplicable, ParameterError

from ._draws import seed_draws
from ._spans import Shield

__all__ = ["Edits", "WordEdits", "at_least", "rate"]

TRIES = 20


def rate(name: str, value: Any) -> float:
    """Check that a rate is a number from 0 to 1."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        msg = f"{name} must be a number from 0 to 1, got {value!r}"
        raise ParameterError(msg)
    return float(value)


def at_least(name: str, value: Any, smallest: int) -> int:
    """Check that a count of letters is whole and large enough to be edited."""
    if isinstance(value, bool) or not isinstance(value, int) or value < smallest:
        msg = f"{name} must be a whole number from {smallest}, got {value!r}"
        raise ParameterError(msg)
    return value


@frozen
class Edits(ABC):
    """Edits the free words of a text; subclasses say how."""

    name: str
    words: float
    shield: Shield

    def __call__(self, text: Any, /, *, seed: int) -> str:
        """Give the edited text: the same for the same seed, in any thread and process.

        Raises `NotApplicable` for a text in which no word may be edited, whatever the seed.
        """
        if not isinstance(text, str):
            msg = (
                f"{self.name} takes a text (str), got {type(text).__name__}; "
                "name the part of the input to act on with on='...'"
            )
            raise ParameterError(msg)
        if not self.words:
            return text
        pieces, free = self.shield.parse(text)
        seed_draws(seed)
        self.edit(pieces, free)
        return "".join(pieces)

    def inapplicable(self) -> NotApplicable:
        """Say that there is nothing to act on."""
        msg = f"{self.name}: the text has no word that it may edit"
        return NotApplicable(msg)

    @abstractmethod
    def edit(self, pieces: list[str], free: list[int]) -> None:
        """Edit pieces in place, only those whose indices are free."""


@frozen
class WordEdits(Edits):
    """Hands the free words that it accepts to an augmenter, and takes them back one for one."""

    accepts: Callable[[str], bool]
    augment: Callable[[list[str]], Iterable[str]]

    def edit(self, pieces: list[str], free: list[int]) -> None:
        """Put the augmented words back."""
        accepts = self.accepts
        places = [place for place in free if accepts(pieces[place])]
        if not places:
            raise self.inapplicable()
        words = [pieces[place] for place in places]
        for place, word, new in zip(places, words, self.augment(words), strict=True):
            if new != word:
                pieces[place] = self._harmless(word, new)

    def _harmless(self, word: str, new: str) -> str:
        """Edit a word anew for as long as the edited one would read as something protected.

        "notable" may not become "not able", nor "note" become "not", nor "so" become 80. A word of
        which nothing else can be made stays as it is.
        """
        for _ in range(TRIES):
            if not self.shield.keeps(new) and (word.isdigit() or not new.isdigit()):
                return new
            (new,) = self.augment([word])
        return word
