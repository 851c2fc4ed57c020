"""Lay columns out in the width of a terminal: folded at words, or one block for each row."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import zip_longest

from attrs import frozen

__all__ = ["GAP", "Piece", "fold", "laid_out", "prose", "width_of"]

GAP = 2
COMFORT = 20
"""How wide a folded column should be, if that can be had by leaving others out."""
RULE = "─"
EMPTY = ("", "—")
SPACE = re.compile(r"(?<!…) (?!…)")
"""Where a line may end: an interval such as `0.9 … 1` stays in one."""

Piece = tuple[str, str]
"""What stands in a line, and the cell that it is a part of."""


@frozen
class _Column:
    """The lines of one column: how wide they are as they stand, and what cannot be folded."""

    natural: int
    longest_word: int
    comfort: int
    empty: bool
    figures: bool

    @classmethod
    def of(cls, head: str, cells: Sequence[str]) -> _Column:
        """Measure a column."""
        words = [word for cell in (head, *cells) for word in SPACE.split(cell)]
        longest = max(map(width_of, words), default=0)
        widest = max(map(width_of, cells), default=0)
        return cls(
            max(width_of(head), widest),
            longest,
            max(longest, min(widest, COMFORT)),
            all(cell in EMPTY for cell in cells),
            bool(cells) and all(map(_is_figure, cells)),
        )


def width_of(text: str) -> int:
    """Tell how many columns of a terminal a text takes."""
    if text.isascii():
        return len(text)
    return sum(map(_width, text))


def _width(letter: str) -> int:
    if unicodedata.combining(letter) or unicodedata.category(letter) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1


def _is_figure(cell: str) -> bool:
    """Tell whether a cell holds a number, or nothing: such columns stand to the right."""
    return cell in EMPTY or cell.replace(",", "").lstrip("-+−").replace(".", "", 1).isdigit()


def fold(text: str, width: int, *, indent: str = "") -> list[str]:
    """Cut a text into lines of a width, at spaces; only a word that is wider is cut itself.

    The first line begins as the text does, the others with the `indent`.
    """
    words = text.lstrip(" ")
    lines, begun = [text[: len(text) - len(words)]], False
    for word in SPACE.split(words):
        longer = f"{lines[-1]} {word}" if begun else f"{lines[-1]}{word}"
        if begun and width_of(longer) > width:
            longer = f"{indent}{word}"
            lines.append("")
        lines[-1], begun = longer, True
        while width_of(lines[-1]) > width:
            head = _head(lines[-1], max(width, len(indent) + 1))
            lines[-1:] = [head, f"{indent}{lines[-1][len(head) :]}"]
    return lines


def prose(text: str, width: int | None) -> Iterator[str]:
    """Give the lines of a text; one that is folded goes on to the right of its own beginning."""
    for line in text.splitlines() or [""]:
        indent = " " * (len(line) - len(line.lstrip(" ")) + GAP)
        yield from [line] if width is None else fold(line, width, indent=indent)


def _head(text: str, width: int) -> str:
    """Take as much of a text as goes into a width, and one letter at least."""
    taken = 0
    for at, letter in enumerate(text):
        taken += _width(letter)
        if taken > width and at:
            return text[:at]
    return text


def laid_out(
    heads: Sequence[str],
    rows: Sequence[Sequence[str]],
    width: int | None = None,
    spare: Sequence[str] = (),
) -> tuple[list[list[Piece]], list[str]]:
    """Give the lines of a table, in pieces, and the columns that there is no room for.

    Without a width every row is one line. With one, columns that say nothing are left out first,
    then the `spare` ones in their order; the others are folded at words. Where even their longest
    words do not stand side by side, every row becomes a block with one line for each column.
    """
    columns = [_Column.of(head, [row[at] for row in rows]) for at, head in enumerate(heads)]
    shown = list(range(len(heads)))
    if width is None or _needed(columns, shown, "natural") <= width:
        lines = _side_by_side(heads, rows, shown, columns, [one.natural for one in columns])
        return list(lines), []
    shown = [at for at in shown if not columns[at].empty or not rows] or shown
    kept, left_out = list(shown), []
    for name in spare:
        if _needed(columns, kept, "comfort") <= width:
            break
        if name in heads and (at := list(heads).index(name)) in kept:
            kept.remove(at)
            left_out.append(name)
    if _needed(columns, kept, "longest_word") > width:
        return list(_stacked(heads, rows, shown, width)), []
    widths = _shared(columns, kept, width)
    return list(_side_by_side(heads, rows, kept, columns, widths)), left_out


def _needed(columns: Sequence[_Column], shown: Sequence[int], what: str) -> int:
    widths: list[int] = [getattr(columns[at], what) for at in shown]
    return sum(widths) + GAP * (len(shown) - 1)


def _shared(columns: Sequence[_Column], shown: Sequence[int], width: int) -> list[int]:
    """Give every column its longest word, and share the rest: first for comfort, then for more."""
    widths = [one.longest_word for one in columns]
    room = width - sum(widths[at] for at in shown) - GAP * (len(shown) - 1)
    for what in ("comfort", "natural"):
        while room > 0:
            lacks = {at: getattr(columns[at], what) - widths[at] for at in shown}
            at = max(lacks, key=lambda one: lacks[one])
            if lacks[at] <= 0:
                break
            widths[at] += 1
            room -= 1
    return widths


def _side_by_side(
    heads: Sequence[str],
    rows: Sequence[Sequence[str]],
    shown: Sequence[int],
    columns: Sequence[_Column],
    widths: Sequence[int],
) -> Iterator[list[Piece]]:
    yield from _row(heads, shown, columns, widths)
    yield [("  ".join(RULE * widths[at] for at in shown), "")]
    for row in rows:
        yield from _row(row, shown, columns, widths)


def _row(
    row: Sequence[str], shown: Sequence[int], columns: Sequence[_Column], widths: Sequence[int]
) -> Iterator[list[Piece]]:
    folded = [fold(row[at], widths[at]) for at in shown]
    for parts in zip_longest(*folded, fillvalue=""):
        line: list[Piece] = []
        for at, part in zip(shown, parts, strict=True):
            blank = " " * (widths[at] - width_of(part))
            line += [(blank, ""), (part, row[at])] if columns[at].figures else [(part, row[at])]
            line += [] if columns[at].figures else [(blank, "")]
            line.append((" " * GAP, ""))
        yield _trimmed(line)


def _stacked(
    heads: Sequence[str], rows: Sequence[Sequence[str]], shown: Sequence[int], width: int
) -> Iterator[list[Piece]]:
    beside = min(max((width_of(heads[at]) for at in shown), default=0), max(width // 2 - GAP, 1))
    for row in rows:
        for at in shown:
            names = fold(heads[at], beside)
            values = fold(row[at], max(width - beside - GAP, 1))
            for name, value in zip_longest(names, values, fillvalue=""):
                blank = " " * (beside - width_of(name) + GAP)
                yield _trimmed([(name, ""), (blank, ""), (value, row[at])])
        yield []


def _trimmed(line: list[Piece]) -> list[Piece]:
    while line and not line[-1][0].strip():
        line.pop()
    return line
