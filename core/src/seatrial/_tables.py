"""Tables for people: plain text for terminals and logs, HTML for notebooks."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

from attrs import field, frozen

__all__ = ["Table", "figure", "json_text", "printable"]

LINES = {"\n": "⏎", "\t": "⇥"}
UNSEEN = ("Cc", "Cf", "Cs", "Zl", "Zp")
"""Categories of characters that steer a terminal or hide: control, format, surrogate, line ends."""
JOINING = "\u200c\u200d\u00ad"  # they belong to the spelling of several scripts
STEERING = re.compile("[\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""What JSON may leave as it is and a terminal obeys, or cannot write."""
MARKED = re.compile(r"([\\`*_{}\[\]<>#|~&])")


def printable(text: str, *, lines: bool = False) -> str:
    """Write text so that it can only be read: control sequences are shown as such.

    Models, cases and titles may hold any character. With `lines`, line ends and tabs stay.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_shown(letter, lines=lines) for letter in text)


def _shown(letter: str, *, lines: bool) -> str:
    if letter in LINES:
        return letter if lines else LINES[letter]
    if unicodedata.category(letter) not in UNSEEN or letter in JOINING:
        return letter
    return letter.encode("unicode_escape").decode()


def json_text(value: Any, indent: int | None = 2) -> str:
    """Write plain data as JSON in which no character steers a terminal."""
    text = json.dumps(value, indent=indent, ensure_ascii=False, allow_nan=False)
    return STEERING.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def figure(value: float | None, digits: int = 3) -> str:
    """Write a figure, or a dash where there is none."""
    return "—" if value is None else f"{value:.{digits}f}"


def _texts(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(values)


def _rows(values: Iterable[Sequence[str]]) -> tuple[Sequence[str], ...]:
    return tuple(values)


@frozen
class Table:
    """Columns, rows of text, and a line above and below; without columns it is prose alone."""

    columns: tuple[str, ...] = field(converter=_texts)
    rows: tuple[Sequence[str], ...] = field(converter=_rows)
    title: str = ""
    notes: Sequence[str] = ()

    def text(self) -> str:
        """Write the table as aligned plain text; figures stand to the right."""
        rows = [[printable(cell) for cell in row] for row in self.rows]
        grid = [[printable(cell) for cell in self.columns], *rows]
        widths = [max(len(row[column]) for row in grid) for column in range(len(self.columns))]
        right = [
            bool(rows) and all(_is_figure(row[column]) for row in rows)
            for column in range(len(self.columns))
        ]

        def line(row: Sequence[str]) -> str:
            cells = (
                cell.rjust(width) if flush else cell.ljust(width)
                for cell, width, flush in zip(row, widths, right, strict=True)
            )
            return "  ".join(cells).rstrip()

        ruler = "  ".join("─" * width for width in widths)
        lines = [printable(self.title)] if self.title else []
        if self.columns:
            lines += [line(grid[0]), ruler, *(line(row) for row in rows)]
        return "\n".join([*lines, *(printable(note, lines=True) for note in self.notes)])

    def html(self) -> str:
        """Write the table as HTML, with everything escaped."""

        def shown(text: str) -> str:
            return escape(printable(text))

        head = "".join(f"<th>{shown(column)}</th>" for column in self.columns)
        body = "".join(
            f"<tr>{''.join(f'<td>{shown(cell)}</td>' for cell in row)}</tr>" for row in self.rows
        )
        caption = f"<caption>{shown(self.title)}</caption>" if self.title else ""
        notes = "".join(f"<p>{shown(note)}</p>" for note in self.notes)
        if not self.columns:
            return (f"<p>{shown(self.title)}</p>" if self.title else "") + notes
        return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{notes}"

    def markdown(self) -> str:
        """Write the table as Markdown, with everything escaped."""

        def shown(text: str) -> str:
            return MARKED.sub(r"\\\1", printable(text))

        def line(cells: Iterable[str]) -> str:
            return f"| {' | '.join(cells)} |"

        lines = [f"**{shown(self.title)}**", ""] if self.title else []
        if self.columns:
            lines += [line(map(shown, self.columns)), line("---" for _ in self.columns)]
            lines += [line(map(shown, row)) for row in self.rows]
        notes = [part for note in self.notes for part in ("", shown(note))]
        return "\n".join([*lines, *notes]).rstrip("\n")


def _is_figure(cell: str) -> bool:
    return cell in ("—", "") or cell.replace(",", "").lstrip("-+−").replace(".", "", 1).isdigit()
