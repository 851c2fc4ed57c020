"""Rows of a table: what each holds, and where it stands."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from attrs import field, frozen

from ..._values import did_you_mean
from ...errors import FileError

__all__ = ["NOTHING", "Row", "Rows", "refused", "value_at"]

SHOWN = 10
LINE = re.compile(r", (?:line|row) ([0-9]+):")
COLUMNS_SHOWN = 12
SEPARATORS = (";", "\t", "|", ",")


class _Nothing:
    def __repr__(self) -> str:
        return "nothing"


NOTHING = _Nothing()
"""What stands where a row has no such column."""


@frozen
class Row:
    """One row: its place for messages, the id that it has by itself, and its values by column."""

    place: str
    label: str
    values: Mapping[str, Any]


def _names(columns: Iterable[Any]) -> tuple[str, ...]:
    return tuple(map(str, columns))


@frozen
class Rows:
    """The rows of one source.

    `texts` says that every value is a text whose type is still to be found out (CSV). `folder` is
    where relative paths in the rows begin, and `problems` are rows that could not be read.
    """

    name: str
    columns: tuple[str, ...] = field(converter=_names)
    rows: Iterable[Row]
    texts: bool = False
    folder: Path = Path()
    problems: tuple[str, ...] = ()
    delimiter: str | None = None

    def absent(self, wanted: Iterable[str]) -> list[str]:
        """Say which columns there are none of, with those that there are."""
        lacking = [one for one in dict.fromkeys(wanted) if not self.has(one)]
        if not lacking:
            return []
        alone = self.columns[0] if len(self.columns) == 1 else ""
        found = next((one for one in SEPARATORS if one in alone and one != self.delimiter), None)
        if self.delimiter is not None and found is not None:
            told = f"{self.name} has one column, {alone!r}"
            told += f"; if {found!r} stands between its values, give delimiter = {found!r}"
            return [f"{told}, or write {self.delimiter!r} there"]
        some = ", ".join(map(repr, self.columns[:COLUMNS_SHOWN]))
        more = len(self.columns) - COLUMNS_SHOWN
        there = f"; it has {some}{f' and {more} more' if more > 0 else ''}"
        return [
            f"{self.name} has no column {one!r}{did_you_mean(one, self.columns)}"
            f"{there if at == len(lacking) - 1 else ''}"
            for at, one in enumerate(lacking)
        ]

    def has(self, name: str) -> bool:
        """Tell whether there is a column, or what begins a path such as `answers.text`."""
        return name in self.columns or ("." in name and name.partition(".")[0] in self.columns)


def value_at(values: Mapping[str, Any], name: str) -> Any:
    """Read a column, or a value inside one by a path (`answers.text`); NOTHING where it ends."""
    if name in values:
        return values[name]
    found: Any = values
    for part in name.split("."):
        if not isinstance(found, Mapping) or part not in found:
            return NOTHING
        found = found[part]
    return found


def refused(name: str, problems: Iterable[str]) -> FileError:
    """Name the first rows that are wrong, in the order of the file, and count the others."""
    found = tuple(sorted(problems, key=_line))
    more = (f"and {len(found) - SHOWN:,} more",) if len(found) > SHOWN else ()
    return FileError(name, (*found[:SHOWN], *more))


def _line(problem: str) -> int:
    told = LINE.search(problem)
    return int(told[1]) if told else 0
