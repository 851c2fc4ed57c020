"""Results of causal tests as plain text and plain data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from attrs import asdict

from seatrial.statistics import Interval

__all__ = ["bounded", "plainly", "table"]


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], *notes: str) -> str:
    """Align columns of text; the first stands to the left, the others to the right."""
    grid = [columns, *rows]
    widths = [max(len(row[place]) for row in grid) for place in range(len(columns))]

    def line(row: Sequence[str]) -> str:
        cells = (
            cell.rjust(width) if place else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        return "  ".join(cells).rstrip()

    ruler = "  ".join("─" * width for width in widths)
    return "\n".join([title, line(columns), ruler, *map(line, rows), *notes])


def bounded(found: Interval | None, *, signed: bool = False) -> str:
    """Write an estimate with its interval, or a dash where there is none."""
    if found is None:
        return "—"
    sign = "+" if signed else ""
    return f"{found.estimate:{sign}.3f} [{found.low:{sign}.3f}, {found.high:{sign}.3f}]"


def plainly(value: Any) -> dict[str, Any]:
    """Give a result as dictionaries, lists and numbers, ready for JSON."""
    return asdict(value, value_serializer=lambda _, __, one: _listed(one))


def _listed(value: Any) -> Any:
    if hasattr(value, "tolist"):
        return value.tolist()
    return list(value) if isinstance(value, tuple) else value
