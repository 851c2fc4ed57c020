"""Errors in the order of words, and words that are missing.

nlpaug's own `RandomWordAug` is not used for these: a word changes places with whatever stands
beside it, a "not" or a comma too; one swap may undo another; and of the first two words, if both
are to be deleted, the second one stays.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

from attrs import frozen

from ._draws import some
from ._edits import Edits, rate
from ._spans import shield

__all__ = ["delete_words", "swap_words"]

WORD = re.compile(r"\w")


@frozen
class SwapWords(Edits):
    """Lets neighbours change places, each word at most once, so that no swap undoes another."""

    def edit(self, pieces: list[str], free: list[int]) -> None:
        """Draw among the pairs, which are drawn first and hence the same on every rung."""
        pairs = _pairs(pieces, free)
        if not pairs:
            raise self.inapplicable()
        for first in some(pairs, math.ceil(self.words * len(pairs))):
            pieces[first], pieces[first + 2] = pieces[first + 2], pieces[first]


@frozen
class DeleteWords(Edits):
    """Leaves words out, and with each the single space that would be left over; one word stays."""

    def edit(self, pieces: list[str], free: list[int]) -> None:
        """Empty the pieces that are drawn."""
        alone = not WORD.search("".join(set(pieces) - {pieces[place] for place in free}))
        most = len(free) - alone
        if most < 1:
            raise self.inapplicable()
        for place in sorted(some(free, min(math.ceil(self.words * len(free)), most))):
            pieces[place] = ""
            before, after = pieces[place - 1], pieces[place + 1]
            if before.endswith(" "):
                pieces[place - 1] = before[:-1]
            elif after.startswith(" "):
                pieces[place + 1] = after[1:]


def swap_words(
    *, words: float, protect: Sequence[str] = (), alters: Sequence[str] = ()
) -> SwapWords:
    """Let neighbouring words change places, never across punctuation or anything protected.

    `words` is the fraction, rounded up, of the pairs into which the words that may be edited fall.
    """
    return SwapWords(**_edits("nlpaug.swap-words", words, protect, alters))


def delete_words(
    *, words: float, protect: Sequence[str] = (), alters: Sequence[str] = ()
) -> DeleteWords:
    """Leave words out.

    `words` is the fraction, rounded up, of the words that may be edited.
    """
    return DeleteWords(**_edits("nlpaug.delete-words", words, protect, alters))


def _edits(
    name: str, words: float, protect: Sequence[str], alters: Sequence[str]
) -> dict[str, Any]:
    guard = shield(protect=protect, alters=alters)
    return {"name": name, "words": rate("words", words), "shield": guard}


def _pairs(pieces: Sequence[str], free: Sequence[int]) -> list[int]:
    """Cut each run of free words into pairs, and give the first of each.

    In a run of odd length the odd one out is drawn: the first word or the last.
    """
    pairs: list[int] = []
    run: list[int] = []
    for place in [*free, len(pieces) + 2]:
        if run and (place != run[-1] + 2 or not _blank(pieces[place - 1])):
            skip = some([0, 1], 1)[0] if len(run) % 2 else 0
            pairs += run[skip : len(run) - 1 : 2]
            run = []
        run.append(place)
    return pairs


def _blank(between: str) -> bool:
    return between.isspace() and len(between.splitlines()) == 1 and between[-1] not in "\r\n"
