"""Tables for people: plain text for terminals and logs, HTML for notebooks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from attrs import field, frozen

__all__ = ["Table", "figure"]


def figure(value: float | None, digits: int = 3) -> str:
    """Write a figure, or a dash where there is none."""
    return "—" if value is None else f"{value:.{digits}f}"


def _texts(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(values)


def _rows(values: Iterable[Sequence[str]]) -> tuple[Sequence[str], ...]:
    return tuple(values)


@frozen
class Table:
    """Columns, rows of text, and a line above and below."""

    columns: tuple[str, ...] = field(converter=_texts)
    rows: tuple[Sequence[str], ...] = field(converter=_rows)
    title: str = ""
    notes: Sequence[str] = ()

    def text(self) -> str:
        """Write the table as aligned plain text; figures stand to the right."""
        grid = [self.columns, *self.rows]
        widths = [max(len(row[column]) for row in grid) for column in range(len(self.columns))]
        right = [
            bool(self.rows) and all(_is_figure(row[column]) for row in self.rows)
            for column in range(len(self.columns))
        ]

        def line(row: Sequence[str]) -> str:
            cells = (
                cell.rjust(width) if flush else cell.ljust(width)
                for cell, width, flush in zip(row, widths, right, strict=True)
            )
            return "  ".join(cells).rstrip()

        ruler = "  ".join("─" * width for width in widths)
        lines = [self.title] if self.title else []
        lines += [line(self.columns), ruler, *(line(row) for row in self.rows)]
        return "\n".join([*lines, *self.notes])

    def html(self) -> str:
        """Write the table as HTML, with everything escaped."""
        head = "".join(f"<th>{escape(column)}</th>" for column in self.columns)
        body = "".join(
            f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in self.rows
        )
        caption = f"<caption>{escape(self.title)}</caption>" if self.title else ""
        notes = "".join(f"<p>{escape(note)}</p>" for note in self.notes)
        return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{notes}"

    def markdown(self) -> str:
        """Write the table as Markdown."""

        def line(cells: Iterable[str]) -> str:
            return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"

        lines = [f"**{self.title}**", ""] if self.title else []
        lines += [line(self.columns), line("---" for _ in self.columns), *map(line, self.rows)]
        return "\n".join([*lines, *(part for note in self.notes for part in ("", note))])


def _is_figure(cell: str) -> bool:
    return cell in ("—", "") or cell.replace(",", "").lstrip("-+−").replace(".", "", 1).isdigit()
