"""Write records to a file, as its suffix says: CSV, JSON Lines, Parquet or Markdown."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from .._tables import marked
from .._values import did_you_mean
from .._writing import write_atomically
from ..errors import ComponentLoadError, PlanError
from ..runs.reporters._csv import csv_bytes

__all__ = ["SUFFIXES", "checked_suffix", "exported"]

Rows = Sequence[Mapping[str, Any]]


def checked_suffix(path: Path) -> None:
    """Refuse a file of a kind that is not written here, before anything is read."""
    if path.suffix not in SUFFIXES:
        hint = did_you_mean(path.suffix, SUFFIXES) or f"; there are {', '.join(SUFFIXES)}"
        msg = f"{path}: the kind of file is told by its suffix, and {path.suffix!r} is none{hint}"
        raise PlanError(msg)


def exported(path: Path, rows: Iterable[Mapping[str, Any]]) -> int:
    """Write rows, which all get the same columns; give how many there are."""
    found = list(rows)
    names = list(dict.fromkeys(name for row in found for name in row))
    whole = [{name: row.get(name) for name in names} for row in found]
    write_atomically(path, SUFFIXES[path.suffix](whole))
    return len(whole)


def _lines(rows: Rows) -> bytes:
    return "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows).encode(
        "utf-8", "backslashreplace"
    )


def _parquet(rows: Rows) -> bytes:
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError as error:
        msg = "to write Parquet, install pyarrow: pip install pyarrow"
        raise ComponentLoadError(msg) from error
    names = list(rows[0]) if rows else []
    columns = {name: _alike([row[name] for row in rows]) for name in names}
    buffer = pa.BufferOutputStream()
    parquet.write_table(pa.table(columns), buffer)
    return bytes(buffer.getvalue().to_pybytes())


def _alike(values: list[Any]) -> list[Any]:
    """Give the values of a column one type: a group may hold numbers in one case, texts in another.

    Whole numbers and fractions mix; everything else that does becomes text.
    """
    kinds = {type(value) for value in values} - {type(None)}
    if len(kinds) <= 1 and not kinds & {dict, list}:
        return values
    if kinds <= {int, float}:
        return [None if value is None else float(value) for value in values]
    return [None if value is None else _text(value) for value in values]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _markdown(rows: Rows) -> bytes:
    """Write a section for each record, with one line for what is known of it."""
    lines = ["# Records", ""]
    for row in rows:
        lines += [f"## {marked(str(row['record']))}", ""]
        for name, value in row.items():
            if name != "record" and value is not None and value != "":
                shown = f"{value:.4g}" if isinstance(value, float) else _text(value)
                lines.append(f"- {marked(name)}: {_picture(shown)}")
        lines.append("")
    return "\n".join(lines).encode("utf-8", "backslashreplace")


def _picture(text: str) -> str:
    return f"![]({text})" if text.endswith(".png") and " " not in text else marked(text)


SUFFIXES: Mapping[str, Callable[[Rows], bytes]] = {
    ".csv": csv_bytes,
    ".jsonl": _lines,
    ".parquet": _parquet,
    ".md": _markdown,
}
"""What each kind of file is written by."""
