"""Greedy search over words: the most influential first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product
from random import Random
from types import MappingProxyType
from typing import Any

from attrs import frozen

from seatrial import Perturbation, Use, derive
from seatrial.errors import ParameterError
from seatrial.protocols import Loss, Search

from ._bounds import SLACK, check_bound, far, worst
from ._draws import draws_from
from ._spans import free_words, in_the_case_of, protected_by

__all__ = ["greedy_words"]

FEWEST = 4  # letters of a word that may be mistyped

Choice = tuple[int, ...]
"""For each spot which option stands there; 0 is the word itself."""


@frozen
class Space:
    """The texts that can be made: some words, and for each what may stand in its place."""

    text: str
    spots: Sequence[tuple[int, int]]
    options: Sequence[Sequence[str]]
    distance: float

    def write(self, choice: Choice) -> str:
        """Write the text of a choice."""
        pieces, at = [], 0
        for (start, end), options, index in zip(self.spots, self.options, choice, strict=True):
            pieces += [self.text[at:start], options[index]]
            at = end
        return "".join([*pieces, self.text[at:]])

    def holds(self, text: str) -> bool:
        """Tell whether a text lies within the bound."""
        return far(self.text, text) <= self.distance + SLACK

    def size(self, limit: int) -> int:
        """Count the changed texts, up to one more than `limit`."""
        texts = 1
        for options in self.options:
            texts *= len(options)
            if texts - 1 > limit:
                break
        return texts - 1

    def whole(self) -> Iterator[str]:
        """Give every changed text within the bound."""
        for choice in product(*(range(len(options)) for options in self.options)):
            text = self.write(choice)
            if any(choice) and self.holds(text):
                yield text


def greedy_words(
    *,
    distance: float,
    queries: int = 128,
    replacements: Mapping[str, Sequence[str]] = MappingProxyType({}),
    of: Use[Perturbation] | None = None,
    severity: int = 0,
    candidates: int = 8,
    protect: Sequence[str] = (),
    alters: Sequence[str] = (),
) -> Search:
    """Replace words one after another by what is worst for the model, within a bound.

    Half of the queries at most rank the words: the more the loss grows when a word is missing, the
    earlier its turn. Then each word is tried with at most `candidates` others: those that the table
    `replacements` lists (by the word in small letters), those that the perturbation `of` makes of
    the word (at rung `severity`; 0: any rung), or, with neither, the word with two letters in the
    wrong order or one left out. If the queries suffice for all texts that can be so made, all are
    tried. `distance` bounds the normalised edit distance to the input. Where the model's answers
    tell nothing (the loss stays equal), words are replaced all the same.
    Numbers with their units, negation and sides stay as they are, unless `alters` names "numbers",
    "negation" or "laterality"; so does what the regular expressions `protect` match. No drug names
    are known here: protect them where they matter.
    Source: word importance as in TextFooler (Jin et al., AAAI 2020) and TextBugger (Li et al., NDSS
    2019).
    """
    check_bound(distance)
    protected = protected_by(protect, alters)
    if candidates < 1:
        msg = f"candidates must be a whole number from 1 up, got {candidates!r}"
        raise ParameterError(msg)
    table = {word.lower(): tuple(others) for word, others in replacements.items()}
    draw = draws_from(of, severity) if of is not None else None

    def options(word: str, seed: int) -> list[str]:
        found = [in_the_case_of(word, one) for one in table.get(word.lower(), ())]
        if draw:
            found += [draw(word, derive(seed, index)) for index in range(candidates)]
        elif not table:
            found += mistyped(word)
        some = [one for one in dict.fromkeys(found) if one and one != word]
        if len(some) > candidates:
            some = Random(seed).sample(some, candidates)
        return [word, *some]

    def search(text: str, /, *, seed: int, loss: Loss) -> str:
        space = _space(text, free_words(text, protected), options, seed, distance)
        budget = min(queries, loss.left)
        if space.size(budget) <= budget:
            texts = list(space.whole())
            return worst(texts, loss(texts)) if texts else text
        return _climb(space, loss, budget, Random(seed))

    return search


def _space(
    text: str,
    words: Sequence[tuple[int, int]],
    options: Callable[[str, int], list[str]],
    seed: int,
    distance: float,
) -> Space:
    """Gather the words that have a replacement."""
    found = [
        (span, options(text[slice(*span)], derive(seed, index))) for index, span in enumerate(words)
    ]
    some = [(span, known) for span, known in found if len(known) > 1]
    return Space(text, [span for span, _ in some], [known for _, known in some], distance)


def mistyped(word: str) -> list[str]:
    """List the word with two neighbouring letters swapped, or one left out, but not the first."""
    if len(word) < FEWEST:
        return []
    swapped = [word[:at] + word[at + 1] + word[at] + word[at + 2 :] for at in range(len(word) - 1)]
    return swapped[1:] + [word[:at] + word[at + 1 :] for at in range(1, len(word))]


def _climb(space: Space, loss: Loss, budget: int, draw: Random) -> str:
    stop = loss.left - budget
    choice = [0] * len(space.spots)
    best = loss([space.text])[0] if budget > 1 else 0.0
    for spot in _ranked(space, loss, (loss.left - stop) // 2, draw):
        found: dict[int, str] = {}
        for index in range(1, len(space.options[spot])):
            tried = space.write((*choice[:spot], index, *choice[spot + 1 :]))
            if space.holds(tried):
                found[index] = tried
        some = list(found)[: loss.left - stop]
        if not some:
            continue
        losses: list[Any] = loss([found[index] for index in some])
        chosen = worst(list(zip(some, losses, strict=True)), losses)
        if chosen[1] >= best:
            choice[spot], best = chosen
        if best >= 1.0 or loss.left <= stop:
            break
    return space.write(tuple(choice))


def _ranked(space: Space, loss: Loss, queries: int, draw: Random) -> list[int]:
    """Order the words by what the model makes of the text without each; at random where equal."""
    spots = draw.sample(range(len(space.spots)), len(space.spots))
    some = spots[:queries]
    gone = [space.text[: space.spots[at][0]] + space.text[space.spots[at][1] :] for at in some]
    losses = dict(zip(some, loss(gone) if gone else [], strict=True))
    return sorted(spots, key=lambda at: -losses.get(at, -1.0))
