"""Small random edits of texts, among which an explanation may choose."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from attrs import evolve, frozen

from seatrial import Case, Outcome, Perturbation, Use, derive
from seatrial.errors import NotApplicable, ParameterError, PlanError

__all__ = ["EDITS", "Part", "Proposer", "part_of"]

WORD: Final = re.compile(r"\S+")
SYNONYMS: Final = (
    ("big", "large"),
    ("small", "little"),
    ("quick", "fast"),
    ("begin", "start"),
    ("end", "finish"),
    ("buy", "purchase"),
    ("need", "require"),
    ("use", "employ"),
    ("help", "assist"),
    ("get", "obtain"),
    ("make", "create"),
    ("keep", "retain"),
    ("often", "frequently"),
    ("maybe", "perhaps"),
    ("because", "since"),
    ("also", "too"),
    ("many", "numerous"),
    ("about", "roughly"),
)
_ALIKE: Final = {one: other for pair in SYNONYMS for one, other in (pair, pair[::-1])}

Draw = Callable[[list[str], random.Random, Sequence[str]], list[str] | None]
"""Changes words at random, with the words that may be put in; None where it cannot."""


@frozen
class Part:
    """The text of an input that is edited, and how to put another in its place."""

    text: str
    replaced: Callable[[str], Any]


def part_of(given: Any, on: str | None) -> Part:
    """Find the text to edit: the input, its part `on` (or `question`, or the last), a message."""
    if isinstance(given, str) and on is None:
        return Part(given, str)
    if isinstance(given, Mapping):
        texts = [name for name, part in given.items() if isinstance(part, str)]
        name = on or ("question" if "question" in texts else next(reversed(texts), None))
        if name in texts:
            return Part(given[name], lambda text: {**given, name: text})
    elif isinstance(given, Sequence) and given and isinstance(given[-1], Mapping) and on is None:
        *before, last = given
        return Part(last["content"], lambda text: (*before, {**last, "content": text}))
    what = f"no text {on!r}" if on else "no text"
    msg = f"counterfactual edits change texts, and this {type(given).__name__} has {what} to edit"
    raise PlanError(msg)


def _dropped(words: list[str], draw: random.Random, _: Sequence[str]) -> list[str] | None:
    place = draw.randrange(len(words))
    return [*words[:place], *words[place + 1 :]] if len(words) > 1 else None


def _swapped(words: list[str], draw: random.Random, _: Sequence[str]) -> list[str] | None:
    if len(words) < 2:  # noqa: PLR2004 - two to change places
        return None
    place = draw.randrange(len(words) - 1)
    return [*words[:place], words[place + 1], words[place], *words[place + 2 :]]


def _replaced(words: list[str], draw: random.Random, pool: Sequence[str]) -> list[str] | None:
    place = draw.randrange(len(words))
    return [*words[:place], draw.choice(pool), *words[place + 1 :]]


def _inserted(words: list[str], draw: random.Random, pool: Sequence[str]) -> list[str] | None:
    place = draw.randrange(len(words) + 1)
    return [*words[:place], draw.choice(pool), *words[place:]]


def _synonym(words: list[str], draw: random.Random, _: Sequence[str]) -> list[str] | None:
    places = [place for place, word in enumerate(words) if word.lower() in _ALIKE]
    if not places:
        return None
    place = draw.choice(places)
    return [*words[:place], _ALIKE[words[place].lower()], *words[place + 1 :]]


EDITS: Final[Mapping[str, Draw]] = {
    "drop": _dropped,
    "swap": _swapped,
    "replace": _replaced,
    "insert": _inserted,
    "synonym": _synonym,
}
"""Edits of one word: leave it out, let it change places with the next, put another in its place
(any that the outcomes use), put another between, or take a synonym from a short neutral list."""


@frozen
class Proposer:
    """Draws candidate edits of an input: `size` edits each, of kinds drawn at random.

    A kind is one of `EDITS`, or a perturbation of texts, which is one edit at severity 1.
    """

    kinds: tuple[Any, ...]
    pool: tuple[str, ...]
    size: int
    on: str | None

    @classmethod
    def of(
        cls, kinds: Sequence[Any], outcomes: Sequence[Outcome], size: int, on: str | None
    ) -> Proposer:
        """Take kinds by name or as perturbations, and the words of all outcomes to put in."""
        texts = [part_of(one.input, on).text for one in outcomes]
        pool = sorted({word.strip(".,;:!?\"'()") for text in texts for word in WORD.findall(text)})
        return cls(tuple(map(_kind, kinds)), tuple(word for word in pool if word), size, on)

    def proposed(self, outcome: Outcome, count: int, seed: int) -> list[Any]:
        """Give up to so many different candidates for an outcome's input, in the order drawn."""
        part = part_of(outcome.input, self.on)
        found: dict[str, None] = {}
        for attempt in range(4 * count):
            if len(found) == count:
                break
            path = derive(seed, outcome.case.id, outcome.perturbation, outcome.severity, attempt)
            text = self._edited(part.text, path)
            if text is not None and text != part.text:
                found[text] = None
        return [part.replaced(text) for text in found]

    def _edited(self, text: str, seed: int) -> str | None:
        draw = random.Random(seed)
        for step in range(self.size):
            kind = draw.choice(self.kinds)
            if isinstance(kind, str):
                edited = self._worded(text, EDITS[kind], draw)
                if edited is None:
                    return None
                text = edited
            else:
                try:
                    text = kind(text, seed=derive(seed, "edit", step))
                except NotApplicable:
                    return None
        return text

    def _worded(self, text: str, change: Draw, draw: random.Random) -> str | None:
        """Change words of one line, so that the others stay as they are."""
        lines = text.split("\n")
        places = [place for place, line in enumerate(lines) for _ in WORD.findall(line)]
        if not places:
            return None
        place = draw.choice(places)
        words = change(WORD.findall(lines[place]), draw, self.pool)
        if words is None:
            return None
        return "\n".join([*lines[:place], " ".join(words), *lines[place + 1 :]])


def _kind(given: Any) -> Any:
    if isinstance(given, str) and given in EDITS:
        return given
    use = given() if isinstance(given, Perturbation) else given
    if not isinstance(use, Use) or not isinstance(use.component, Perturbation):
        msg = f"an edit is one of {', '.join(EDITS)} or a perturbation, not {given!r}"
        raise ParameterError(msg)
    one = use.component
    if one.modality != "text" or one.sees_case or one.searches:
        msg = f"{one.name} does not change a text by itself, so it is no edit"
        raise ParameterError(msg)
    return one.at(1, use.params)


def as_case(outcome: Outcome, given: Any) -> Case:
    """Give the case that a predictor sees: the input, and no target."""
    return evolve(outcome.case, input=given, target=None)
