"""Where a text may be edited: its words, less the spans that carry doses, drugs, negation ..."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from functools import cache
from itertools import accumulate

from attrs import frozen

from seatrial.errors import ParameterError

from ._contexts import CONTEXTS, Context
from ._vocabulary import ENDINGS, KINDS, WORDS

__all__ = ["Shield", "shield"]

LATIN = "A-Za-zÀ-ÖØ-öø-ɏḀ-ỿ"
MARKS = "\u0300-\u036f"  # combining accents: an edit beside one would tear it from its letter
JOINTS = re.compile(r"[-'’ ]")
LONGEST = 64  # no word is longer; nlpaug's work grows with the square of a word's length
TAIL = 3  # no ending is shorter; most words are done with after one look at their last letters


def _words(letters: str) -> re.Pattern[str]:
    """Match whole words with their hyphens and apostrophes, none that a digit or a mark touches."""
    return re.compile(
        rf"((?<![\w{MARKS}])(?<!\w[-'’])[{letters}]++(?:[-'’][{letters}]++)*+(?![\w{MARKS}]))"
    )


@frozen
class Shield:
    """Tells which words of a text may be edited.

    Words are in Latin letters; digits count as letters only where numbers may be altered. `kept`
    and `endings` are looked up word by word, `contexts` and the user's `own` patterns in the text.
    """

    word: re.Pattern[str]
    kept: frozenset[str]
    endings: tuple[str, ...]
    tails: frozenset[str]
    contexts: tuple[Context, ...]
    own: tuple[re.Pattern[str], ...]

    def keeps(self, word: str) -> bool:
        """Tell whether a word is protected whatever stands beside it."""
        low = word.lower()
        if low in self.kept or word in self.kept:
            return True
        if low[-TAIL:] in self.tails and low.endswith(self.endings):
            return True
        return not low.isalpha() and any(
            part in self.kept or part.endswith(self.endings) for part in JOINTS.split(low)
        )

    def parse(self, text: str) -> tuple[list[str], list[int]]:
        """Cut a text into pieces, which join to the very same text, and tell which may be edited.

        Pieces with odd indices are words; the others are what stands between them.
        """
        pieces = self.word.split(text)
        keeps = self.keeps
        free = [
            index
            for index in range(1, len(pieces), 2)
            if len(pieces[index]) <= LONGEST and not keeps(pieces[index])
        ]
        if free and (spans := self._spans(text, pieces)):
            ends = list(accumulate(map(len, pieces)))
            covered: set[int] = set()
            for start, end in spans:
                covered.update(range(bisect_right(ends, start), bisect_right(ends, end - 1) + 1))
            free = [index for index in free if index not in covered]
        return pieces, free

    def _spans(self, text: str, pieces: list[str]) -> list[tuple[int, int]]:
        low = text.replace("İ", "I").lower()  # the one letter that grows in lower case
        words = {piece.lower() for piece in pieces[1::2]}
        spans = []
        for context in self.contexts:
            if context.occurs(low, words):
                searched = text if context.capitals else low
                spans += [match.span() for match in context.pattern.finditer(searched)]
        for pattern in self.own:
            spans += [match.span() for match in pattern.finditer(text) if match.group()]
        return spans


def shield(*, protect: Sequence[str], alters: Sequence[str]) -> Shield:
    """Check what a user wants protected beyond the kinds, and which kinds not."""
    for name, given in {"protect": protect, "alters": alters}.items():
        if not isinstance(given, list | tuple) or not all(isinstance(one, str) for one in given):
            msg = f"{name} must be a tuple of strings, got {given!r}"
            raise ParameterError(msg)
    if unknown := sorted(set(alters) - set(KINDS)):
        msg = f"alters names unknown kinds {', '.join(unknown)}; the kinds are {', '.join(KINDS)}"
        raise ParameterError(msg)
    return _shield(tuple(protect), frozenset(alters))


@cache
def _shield(protect: tuple[str, ...], alters: frozenset[str]) -> Shield:
    kinds = [kind for kind in KINDS if kind not in alters]
    own = []
    for pattern in protect:
        try:
            own.append(re.compile(rf"(?<!\w)(?:{pattern})(?!\w)", re.IGNORECASE))
        except re.error as error:
            msg = f"protect has {pattern!r}, which is no regular expression: {error}"
            raise ParameterError(msg) from error
    endings = tuple(ending for kind in kinds for ending in ENDINGS[kind])
    return Shield(
        word=_words(f"{LATIN}0-9" if "numbers" in alters else LATIN),
        kept=frozenset().union(*(WORDS[kind] for kind in kinds)),
        endings=endings,
        tails=frozenset(ending[-TAIL:] for ending in endings),
        contexts=tuple(context for kind in kinds for context in CONTEXTS[kind]),
        own=tuple(own),
    )
