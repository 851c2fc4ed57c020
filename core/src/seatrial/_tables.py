"""Tables for people: plain text for terminals and logs, HTML for notebooks."""

from __future__ import annotations

import json
import re
import shutil
import sys
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from html import escape
from typing import Any

from attrs import field, frozen

from ._layout import Piece, laid_out, prose

__all__ = ["Table", "figure", "json_text", "legible", "marked", "printable"]

LINES = {"\n": "⏎", "\t": "⇥"}
UNSEEN = ("Cc", "Cf", "Cs", "Zl", "Zp")
"""Categories of characters that steer a terminal or hide: control, format, surrogate, line ends."""
JOINING = "\u200c\u200d\u00ad"  # they belong to the spelling of several scripts
STEERING = re.compile("[\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""What JSON may leave as it is and a terminal obeys, or cannot write."""
MARKED = re.compile(r"([\\`*_{}\[\]<>#|~&])")
ASCII = str.maketrans({"─": "-", "…": "...", "—": "-", "–": "-", "−": "-", "·": "|", "×": "x"}) | (
    str.maketrans({"⏎": "\\n", "⇥": "\\t", "≤": "<=", "≥": ">=", "→": "->"})
)
"""How the signs of our own tables are written where an encoding has none of them."""


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


def json_text(value: Any, indent: int | None = 2, *, ascii_only: bool = False) -> str:
    """Write plain data as JSON in which no character steers a terminal."""
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only, allow_nan=False)
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
    """Columns, rows of text, and a line above and below; without columns it is prose alone.

    `spare` names the columns that are left out first where there is not room for all.
    """

    columns: tuple[str, ...] = field(converter=_texts)
    rows: tuple[Sequence[str], ...] = field(converter=_rows)
    title: str = ""
    notes: Sequence[str] = ()
    spare: Sequence[str] = ()

    def text(self, width: int | None = None) -> str:
        """Write the table as aligned plain text; figures stand to the right.

        Without a width every row is one line; with one, it is folded at words (`lines`).
        """
        return "\n".join(map(_joined, self.lines(width)))

    def __str__(self) -> str:
        stdout = sys.stdout
        width = shutil.get_terminal_size().columns if stdout and stdout.isatty() else None
        encoding = getattr(stdout, "encoding", None) or "utf-8"
        lines = self.lines(width, lambda text: legible(text, encoding))
        return "\n".join(_joined(line) for line in lines)

    def lines(
        self, width: int | None = None, spell: Callable[[str], str] = str
    ) -> Iterator[Sequence[Piece]]:
        """Give the lines of the table, in pieces that know their cell.

        No line is wider than `width`. `spell` writes each text in the letters that there are.
        """

        def shown(text: str) -> str:
            return spell(printable(text))

        if self.title:
            yield from ([(line, "")] for line in prose(shown(self.title), width))
        left_out: Sequence[str] = ()
        if self.columns:
            heads = [shown(column) for column in self.columns]
            rows = [[shown(cell) for cell in row] for row in self.rows]
            laid, left_out = laid_out(heads, rows, width, self.spare)
            yield from ([(spell(part), cell) for part, cell in line] for line in laid)
        notes = [printable(note, lines=True) for note in self.notes]
        notes += [f"not shown for want of room: {', '.join(left_out)}"] if left_out else []
        for note in notes:
            yield from ([(line, "")] for line in prose(spell(note), width))

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

        def line(cells: Iterable[str]) -> str:
            return f"| {' | '.join(cells)} |"

        lines = [f"**{marked(self.title)}**", ""] if self.title else []
        if self.columns:
            lines += [line(map(marked, self.columns)), line("---" for _ in self.columns)]
            lines += [line(map(marked, row)) for row in self.rows]
        notes = [part for note in self.notes for part in ("", marked(note))]
        return "\n".join([*lines, *notes]).rstrip("\n")


def _joined(line: Sequence[Piece]) -> str:
    return "".join(text for text, _ in line).rstrip()


def marked(text: str) -> str:
    """Write a text so that Markdown shows it as it is."""
    return MARKED.sub(r"\\\1", printable(text))


def legible(text: str, encoding: str) -> str:
    """Write a text in the letters of an encoding: its own signs by ASCII ones, the rest by codes.

    So a terminal of code page 1252 shows a table whose columns still stand below each other.
    """
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        plain = text.translate(ASCII)
        return plain.encode(encoding, "backslashreplace").decode(encoding)
    return text
