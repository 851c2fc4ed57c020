"""Two texts beside each other: which words differ, and which letters of these."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import groupby

from .._layout import Piece, fold

__all__ = ["WORD", "differences", "flowed", "marked", "shortened"]

TOKEN = re.compile(r"\s+|\w+|[^\w\s]")
SAME, WORD, LETTER = "", "word", "letter"
"""What a piece is: as in the other text, part of a word that differs, or what differs in it."""
AROUND, LONGEST = 80, 600
ALIKE = 0.5
SEARCHED = 250_000  # pairs of tokens
MARKS = {"-": ("[-", "-]"), "+": ("{+", "+}")}


def differences(before: str, after: str) -> tuple[list[Piece], list[Piece]]:
    """Cut two texts into pieces that say what differs: words first, then letters in them."""
    ours, theirs = TOKEN.findall(before), TOKEN.findall(after)
    first, second = _ends(ours, theirs)
    old: list[Piece] = [("".join(ours[:first]), SAME)]
    new: list[Piece] = [("".join(theirs[:first]), SAME)]
    a, b = ours[first : len(ours) - second], theirs[first : len(theirs) - second]
    for gone, come in _aligned(a, b):
        left, right = ([(gone, SAME)],) * 2 if gone == come else _letters(gone, come)
        old += left
        new += right
    end = "".join(ours[len(ours) - second :])
    return _merged([*old, (end, SAME)]), _merged([*new, (end, SAME)])


def _ends(a: Sequence[str], b: Sequence[str]) -> tuple[int, int]:
    """Count the tokens that both share at the beginning and at the end."""
    short = min(len(a), len(b))
    first = next((at for at in range(short) if a[at] != b[at]), short)
    rest = short - first
    last = next((at for at in range(rest) if a[-1 - at] != b[-1 - at]), rest)
    return first, last


def _aligned(a: Sequence[str], b: Sequence[str]) -> list[tuple[str, str]]:
    """Pair stretches of tokens: equal ones, and what stands in the place of what.

    After typing errors token stands for token: that needs no search, which in a text that repeats
    itself would find what is equal anywhere. The search of long texts leaves out common words.
    """
    if len(a) == len(b) and _in_place(a, b) >= ALIKE:
        return list(zip(a, b, strict=True))
    matcher = SequenceMatcher(None, a, b, autojunk=len(a) * len(b) > SEARCHED)
    return [("".join(a[i:j]), "".join(b[k:m])) for _, i, j, k, m in matcher.get_opcodes()]


def _in_place(a: Sequence[str], b: Sequence[str]) -> float:
    """Give the fraction of letters that stand in the same place of the same word."""
    pairs = [(one, other) for one, other in zip(a, b, strict=True) if not one.isspace()]
    same = sum(x == y for one, other in pairs for x, y in zip(one, other, strict=False))
    return same / max(sum(max(len(one), len(other)) for one, other in pairs), 1)


def _letters(gone: str, come: str) -> tuple[list[Piece], list[Piece]]:
    """Tell the letters that differ in words that do; of quite other words all of them do."""
    matcher = SequenceMatcher(None, gone, come, autojunk=False)
    if not gone or not come or matcher.ratio() < ALIKE:
        return [(gone, LETTER)], [(come, LETTER)]
    old, new = [], []
    for kind, i, j, k, m in matcher.get_opcodes():
        style = WORD if kind == "equal" else LETTER
        old.append((gone[i:j], style))
        new.append((come[k:m], style))
    return old, new


def _merged(pieces: Sequence[Piece]) -> list[Piece]:
    """Join neighbours of one kind, and drop what is empty."""
    found = []
    for style, some in groupby((one for one in pieces if one[0]), key=lambda one: one[1]):
        found.append(("".join(text for text, _ in some), style))
    return found


def marked(pieces: Sequence[Piece], sign: str) -> str:
    """Write pieces without colours: what is gone as [-so-], what has come as {+so+}."""
    opening, closing = MARKS[sign]
    found = []
    for same, some in groupby(pieces, key=lambda one: one[1] == SAME):
        text = "".join(text for text, _ in some)
        found.append(text if same else f"{opening}{text}{closing}")
    return "".join(found)


def shortened(pieces: Sequence[Piece]) -> list[Piece]:
    """Leave out of a long text what is far from any difference; a text without one keeps ends."""
    if sum(len(text) for text, _ in pieces) <= LONGEST:
        return list(pieces)
    found = []
    for at, (text, style) in enumerate(pieces):
        if style != SAME or len(text) <= 2 * AROUND:
            found.append((text, style))
            continue
        alone = len(pieces) == 1
        room = LONGEST // 2 if alone else AROUND
        head = f"{text[:room].rpartition(' ')[0]} " if at or alone else ""
        tail = f" {text[-room:].partition(' ')[2]}" if at < len(pieces) - 1 or alone else ""
        found.append((f"{head}…{tail}", style))
    return _cut(found)


def _cut(pieces: Sequence[Piece]) -> list[Piece]:
    """End a text that differs nearly everywhere after a while."""
    found: list[Piece] = []
    room = 2 * LONGEST
    for text, style in pieces:
        if len(text) > room:
            return [*found, (text[:room], style), (" …", SAME)]
        found.append((text, style))
        room -= len(text)
    return found


def flowed(pieces: Sequence[Piece], width: int | None) -> Iterator[list[Piece]]:
    """Fold pieces at spaces into lines of a width."""
    text = "".join(part for part, _ in pieces)
    if width is None:
        yield list(pieces)
        return
    at = 0
    for line in fold(text, width):
        start = text.index(line, at)
        at = start + len(line)
        yield _between(pieces, start, at)


def _between(pieces: Sequence[Piece], start: int, end: int) -> list[Piece]:
    found, at = [], 0
    for text, style in pieces:
        if part := text[max(start - at, 0) : max(end - at, 0)]:
            found.append((part, style))
        at += len(text)
    return found
