"""Rows of what is in memory: data frames, data sets of the library `datasets`, mappings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import Any

from ...errors import PlanError
from .._boundary import call
from ._rows import Row, Rows

__all__ = ["is_in_memory", "rows_in_memory"]

WHAT = "the cases"
FRAME = ("pandas", "DataFrame")
SETS = (("datasets", "Dataset"), ("datasets", "IterableDataset"))
SPLITS = (("datasets", "DatasetDict"), ("datasets", "IterableDatasetDict"))


def is_in_memory(value: Any) -> bool:
    """Tell whether this is a data frame or a data set."""
    return any(_is_a(value, library, name) for library, name in (FRAME, *SETS, *SPLITS))


def rows_in_memory(value: Any, split: str | None = None) -> Rows | None:
    """Give the rows of a data frame, a data set or a list of mappings; None for the rest."""
    if _is_a(value, *FRAME):
        return _frame(value)
    if any(_is_a(value, *one) for one in SPLITS):
        value = _split(value, split)
    if any(_is_a(value, *one) for one in SETS):
        return _data_set(value)
    if isinstance(value, list | tuple) and value and isinstance(value[0], Mapping):
        columns = dict.fromkeys(chain.from_iterable(one for one in value if _is_row(one)))
        return Rows("the rows", columns, _numbered(value))
    return None


def _is_a(value: Any, library: str, name: str) -> bool:
    """Recognise a class of a library that need not be installed."""
    return any(
        one.__name__ == name and one.__module__.partition(".")[0] == library
        for one in type(value).__mro__
    )


def _is_row(value: Any) -> bool:
    return isinstance(value, Mapping)


def _frame(frame: Any) -> Rows:
    columns = [str(one) for one in frame.columns]
    twice = [name for name in dict.fromkeys(columns) if columns.count(name) > 1]
    problems = [f"two columns of the data frame are named {name!r}" for name in twice]

    def rows() -> Iterator[Row]:
        for label, *values in call(WHAT, lambda: list(frame.itertuples(name=None))):
            named = dict(zip(columns, values, strict=True))
            yield Row(f"the data frame, row {label!r}", str(label), named)

    return Rows("the data frame", columns, rows(), problems=tuple(problems))


def _split(data: Any, split: str | None) -> Any:
    names = list(data)
    if split in names:
        return data[split]
    if split is None and len(names) == 1:
        return data[names[0]]
    msg = f"the data set has the splits {', '.join(map(repr, names))}: give split, one of them"
    raise PlanError(msg)


def _data_set(data: Any) -> Rows:
    first: list[Any] = []
    source = iter(data)
    columns = data.column_names
    if columns is None:  # a stream of which nothing is known until it is read
        first = call(WHAT, lambda: [one for _, one in zip(range(1), source, strict=False)])
        columns = list(first[0]) if first else []
    return Rows("the data set", columns, _numbered(chain(first, source)))


def _numbered(values: Iterable[Any]) -> Iterator[Row]:
    source = iter(values)
    number = 0
    while True:
        found = call(WHAT, next, source, None)
        if found is None:
            return
        number += 1
        if not isinstance(found, Mapping):
            msg = f"row {number}: a mapping of columns to values is wanted, got {found!r:.60}"
            raise PlanError(msg)
        yield Row(f"row {number}", str(number), found)
