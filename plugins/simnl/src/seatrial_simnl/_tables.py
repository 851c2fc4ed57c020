"""Tables as plain text and as Markdown."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["markdown", "plain"]


def plain(rows: Sequence[Sequence[str]], title: str) -> str:
    """Line up the columns, the first to the left and the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(
            cell.ljust(width) if place == 0 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    lines.insert(1, "-" * (sum(widths) + 2 * (len(widths) - 1)))
    return "\n".join([title, "", *lines])


def markdown(rows: Sequence[Sequence[str]]) -> str:
    """Write a table of Markdown; the head is the first row."""
    escaped = [[cell.replace("|", "\\|") for cell in row] for row in rows]
    head, *body = escaped
    rule = ["---", *["---:"] * (len(head) - 1)]
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, rule, *body))
