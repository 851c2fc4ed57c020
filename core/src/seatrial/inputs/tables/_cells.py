"""Reads the cells of one table, each by the type of its column."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from attrs import frozen

from ...errors import PlanError
from ._reading import Reading
from ._rows import NOTHING, Row, Rows, value_at
from ._types import as_number, is_empty, kept, number_columns, typed

__all__ = ["Cells"]


@frozen
class Cells:
    """How the cells of a table are read: stated types, columns of numbers, texts."""

    types: Mapping[str, str]
    numbers: frozenset[str]
    folder: Path

    @classmethod
    def of(cls, rows: Rows, reading: Reading, *, numbers: Callable[[str], bool]) -> Cells:
        """Find out which columns of a file of texts hold numbers, of those that may."""
        found: set[str] = set()
        if rows.texts:
            may = [one for one in rows.columns if numbers(one) and one not in reading.types]
            found = number_columns(may, (row.values for row in rows.rows))
        return cls(reading.types, frozenset(found), reading.folder or rows.folder)

    def read(self, row: Row, name: str) -> Any:
        """Give the value of a cell; raises `PlanError` where it is not of the stated type."""
        value = value_at(row.values, name)
        if value is NOTHING:
            return None
        try:
            if name in self.numbers:
                return as_number(value)
            if name in self.types and not is_empty(value):
                return typed(value, self.types[name], self.folder)
            return None if is_empty(value) and not isinstance(value, str) else kept(value)
        except PlanError as error:
            msg = f"{name}: {error}"
            raise PlanError(msg) from error

    def part(self, row: Row, name: str) -> Any:
        """Give a part of the input: a text that is missing is an empty one."""
        found = self.read(row, name)
        return "" if found is None else found

    def empty(self, row: Row, name: str) -> bool:
        """Tell whether a cell holds nothing."""
        value = value_at(row.values, name)
        if name in self.numbers:
            return as_number(value) is None
        return value is NOTHING or is_empty(value)

    def loose(self, row: Row, name: str) -> Any:
        """Give the value of a cell for choosing rows; the raw one where its type is wrong."""
        try:
            return self.read(row, name)
        except PlanError:
            return value_at(row.values, name)

    def name(self, row: Row, column: str) -> str:
        """Read an id or a cluster: a text, or a whole number."""
        value = kept(value_at(row.values, column))
        if value is NOTHING or is_empty(value):
            msg = f"{column!r} is empty"
            raise PlanError(msg)
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, str | int):
            msg = f"{column!r} must be a text or a whole number, got {value!r:.60}"
            raise PlanError(msg)
        return str(value)
