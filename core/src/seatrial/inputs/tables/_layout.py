"""Which columns of a table are what, and the cases that its rows make."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, TypeVar

from attrs import field, frozen

from ..._cases import Case
from ...errors import PlanError
from ._cells import Cells
from ._reading import Reading
from ._rows import Row, Rows, refused

__all__ = ["Layout", "chosen", "some_left"]

T = TypeVar("T")
OWN = ("input", "target", "id", "cluster")
"""What a column is taken for by its name where nothing is stated."""

SHOWN = 5


def _names(value: str | Iterable[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def _parts(value: str | Iterable[str] | None) -> str | tuple[str, ...] | None:
    return value if value is None or isinstance(value, str) else tuple(value)


@frozen(kw_only=True)
class Layout:
    """Which columns are the input, the target, the id, the groups and the cluster; and which rows.

    What is None is the column of that name, if there is one. Several columns of the input, or a
    list with one, are named parts.
    """

    input: str | tuple[str, ...] | None = field(default=None, converter=_parts)
    target: str | None = None
    id: str | None = None
    groups: tuple[str, ...] = field(default=(), converter=_names)
    cluster: str | None = None
    where: Mapping[str, Any] = field(factory=dict)
    limit: int | None = None
    sample: str = "first"
    seed: int = 0
    empty: str = "refuse"

    def cases(self, rows: Rows, reading: Reading) -> Generator[Case, None, bool]:
        """Make the cases, and tell at the end whether the limit left out any.

        Raises `FileError` that names each row that makes none.
        """
        columns = self._columns(rows, reading)
        cells = Cells.of(rows, reading, numbers=lambda name: name not in columns["input"])
        problems = list(rows.problems)
        made = []
        chosen_rows, more = self._rows(rows, cells, columns["id"], problems)
        for row in chosen_rows:
            try:
                case = self._case(row, cells, columns)
            except PlanError as error:
                problems.append(f"{row.place}: {error}")
                continue
            if case is not None:
                made.append(case)
        if problems:
            raise refused(rows.name, problems)
        yield from made
        return more

    def _columns(self, rows: Rows, reading: Reading) -> dict[str, Any]:
        """Find the columns that are stated, or that have the names that are looked for."""
        found: dict[str, Any] = {
            name: getattr(self, name) or (name if name in rows.columns else None) for name in OWN
        }
        if found["input"] is None and "file" in reading.types:
            found["input"] = "file"
        given = found["input"] or ()
        found["input"] = (given,) if isinstance(given, str) else given
        stated = [*found["input"], found["target"], found["id"], found["cluster"], *self.groups]
        wanted = [one for one in (*stated, *self.where, *reading.types) if one is not None]
        problems = [*rows.absent(wanted)]
        if not given:
            some = ", ".join(map(repr, rows.columns)) or "none"
            problems.append(
                f"{rows.name}: which column is the input? give input = one of its columns: {some}"
            )
        if problems:
            raise refused(rows.name, [*rows.problems, *problems])
        return found

    def _rows(
        self, rows: Rows, cells: Cells, named: str | None, problems: list[str]
    ) -> tuple[Sequence[Row], bool]:
        """Choose the rows that are wanted, each with an id of its own as its label.

        Tell also whether there are more of them.
        """
        inside = self._inside(rows, cells)
        known: dict[str, str] = {}

        def with_ids() -> Iterator[Row]:
            for row in inside:
                try:
                    label = row.label if named is None else cells.name(row, named)
                except PlanError as error:
                    problems.append(f"{row.place}: {error}")
                    continue
                if label in known:
                    problems.append(f"{row.place}: the id {label!r} is that of {known[label]} too")
                    continue
                known[label] = row.place
                yield Row(row.place, label, row.values)

        found, rest = chosen(with_ids(), self.limit, self.sample, self.seed, lambda row: row.label)
        if not found and not problems and not rows.problems:
            raise PlanError(self._none(rows, cells))
        told = len(problems)
        more = some_left(rest)
        del problems[told:]  # a row that nobody asked for may be wrong
        return found, more

    def _inside(self, rows: Rows, cells: Cells) -> Iterator[Row]:
        for row in rows.rows:
            if all(_matches(cells, row, name, wanted) for name, wanted in self.where.items()):
                yield row

    def _none(self, rows: Rows, cells: Cells) -> str:
        if not self.where:
            return f"{rows.name} has no rows"
        told = []
        for name, wanted in self.where.items():
            there = dict.fromkeys(repr(cells.loose(row, name)) for row in rows.rows)
            some = ", ".join(list(there)[:SHOWN]) + (", ..." if len(there) > SHOWN else "")
            told.append(f"{name} = {wanted!r}" + (f" (it has {some})" if some else ""))
        return f"no row of {rows.name} has {' and '.join(told)}"

    def _case(self, row: Row, cells: Cells, columns: Mapping[str, Any]) -> Case | None:
        target, cluster = columns["target"], columns["cluster"]
        parts = columns["input"]
        if self.empty != "keep":
            lacking = [one for one in (target, cluster) if one and cells.empty(row, one)]
            if all(cells.empty(row, one) for one in parts):
                lacking[:0] = parts
            if lacking and self.empty == "skip":
                return None
            if lacking:
                msg = (
                    f"{', '.join(map(repr, lacking))} {'is' if len(lacking) == 1 else 'are'} empty "
                    "(empty = 'skip' leaves such rows out, 'keep' takes them)"
                )
                raise PlanError(msg)
        whole = not isinstance(self.input, tuple)
        groups = {name: cells.read(row, name) for name in self.groups if not cells.empty(row, name)}
        return Case(
            row.label,
            cells.part(row, parts[0]) if whole else {one: cells.part(row, one) for one in parts},
            None if target is None else cells.read(row, target),
            groups,
            None if cluster is None or cells.empty(row, cluster) else cells.name(row, cluster),
        )


def chosen(
    values: Iterable[T], limit: int | None, sample: str, seed: int, name: Callable[[T], str]
) -> tuple[Sequence[T], Iterator[T]]:
    """Take the first values, or some at random: those whose ids are first in an order of hashes.

    The order of two ids never depends on what else there is, so a sample changes little when values
    are added. The rest is given beside them, and not read before it is asked for.
    """
    source = iter(values)
    if limit is None:
        return list(source), source
    if sample == "first":
        return list(islice(source, limit)), source

    def drawn(value: T) -> bytes:
        return hashlib.blake2b(f"{seed}|{name(value)}".encode(), digest_size=16).digest()

    ordered = sorted(source, key=drawn)
    return ordered[:limit], iter(ordered[limit:])


def some_left(rest: Iterator[Any]) -> bool:
    """Tell whether there is a rest; what of it cannot be read is there too."""
    try:
        return next(rest, None) is not None
    except Exception:  # noqa: BLE001 - nobody asked for it
        return True


def _matches(cells: Cells, row: Row, name: str, wanted: Any) -> bool:
    have = cells.loose(row, name)
    return any(have == one for one in (wanted if isinstance(wanted, list | tuple) else (wanted,)))
