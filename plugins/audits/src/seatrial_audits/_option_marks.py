"""One option that is written otherwise than the rest: marked, or in capitals."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

__all__ = ["marks_of"]

REACH = 20  # characters before an option in which its mark stands
LONGEST = 16  # characters after it
LISTED = re.compile(r"(?<!\w)(?:[A-Za-z]|\d{1,2})(?=[.):]|$)")
BEFORE = re.compile(r"\S{0,8}[^\S\n]*$")
AFTER = re.compile(r"[^\S\n]*[^\w\s]*")


def marks_of(text: str, options: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Name the place of the one option that is written otherwise, and say in what.

    Looked at are what stands before each option and after it, and whether it is in capitals. Of two
    options neither is the odd one; there the value says how both are written. Letters and numbers
    that list the options are all unlike, and mark none.
    """
    if len(options) < 2:  # noqa: PLR2004 - one option cannot differ from others
        return
    small = _small(text)
    starts = [small.find(_small(one)) for one in options]
    spans = [(at, at + len(one)) for at, one in zip(starts, options, strict=True)]
    shown = [
        text[at:end] if at >= 0 else one for (at, end), one in zip(spans, options, strict=True)
    ]
    yield from _odd("one option in capitals", [str(_is_loud(one)) for one in shown])
    if min(starts) < 0:
        return
    before, after = [], []
    for at, end in spans:
        mark = BEFORE.search(text[max(at - REACH, 0) : at])
        before.append(LISTED.sub("#", mark[0].strip() if mark else ""))
        rest = text[end : end + LONGEST + 1].partition("\n")[0]
        short = AFTER.match(rest) if len(rest) > LONGEST else None
        after.append(rest if short is None else short[0])
    yield from _odd("a mark at one option", before)
    yield from _odd("a mark after one option", after)


def _odd(where: str, marks: Sequence[str]) -> Iterator[tuple[str, str]]:
    if len(marks) == 2:  # noqa: PLR2004
        if marks[0] != marks[1]:
            yield where, " | ".join(marks)
        return
    odd = [at for at, one in enumerate(marks) if marks.count(one) == 1]
    if len(odd) == 1:
        yield where, str(odd[0])


def _small(text: str) -> str:
    """Write a text in small letters, if that leaves each letter in its place."""
    small = text.lower()
    return small if len(small) == len(text) else text


def _is_loud(text: str) -> bool:
    """Tell a text in capitals; a single letter is none."""
    letters = [one for one in text if one.isalpha()]
    return len(letters) > 1 and all(one.isupper() for one in letters)
