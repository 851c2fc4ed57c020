"""The whole workload by position: 40 bytes a unit, so that a million records fit in memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from attrs import frozen

from .._cases import Case
from ..runs._encoding import Row
from ._workload import Batch, Task, Unit, Workload

__all__ = ["Batch", "Schedule"]

Positions = np.ndarray[Any, np.dtype[np.int64]]
Marks = np.ndarray[Any, np.dtype[np.bool_]]

KEY = 16
AT_ONCE = 1 << 16


@frozen(eq=False)
class Schedule:
    """Every unit of a workload in order: what it is, its seed, and the key of its record."""

    cases: tuple[Case, ...]
    labels: tuple[str, ...]
    units: np.ndarray[Any, np.dtype[np.int32]]
    seeds: Positions
    keys: bytes
    clean_at: Positions

    @classmethod
    def of(cls, work: Workload) -> Schedule:
        """Walk through the units once."""
        units: list[int] = []
        seeds: list[int] = []
        keys = bytearray()
        blocks: list[tuple[Any, Any]] = []

        def pack() -> None:
            rows = np.array(units, dtype=np.int32).reshape(-1, 4)
            blocks.append((rows, np.array(seeds, dtype=np.int64)))
            units.clear()
            seeds.clear()

        for unit, seed, key in work.keyed():
            units += (unit.use, unit.severity, unit.replicate, unit.case)
            seeds.append(-1 if seed is None else seed)
            keys += key
            if len(seeds) == AT_ONCE:
                pack()
        pack()
        table = np.concatenate([rows for rows, _ in blocks])
        clean = np.flatnonzero(table[:, 0] < 0)
        clean_at = np.full(len(work.cases), -1, dtype=np.int64)
        clean_at[table[clean, 3]] = clean
        drawn = np.concatenate([drawn for _, drawn in blocks])
        labels = tuple(use.label for use in work.plan.perturbations)
        return cls(work.cases, labels, table, drawn, bytes(keys), clean_at)

    def __len__(self) -> int:
        return len(self.seeds)

    def key(self, position: int) -> bytes:
        """Give the key of one unit's record."""
        return self.keys[KEY * position : KEY * position + KEY]

    def rows(self) -> Iterator[tuple[int, bytes, int, int, int, int]]:
        """Give (position, key, use, severity, replicate, case) of every unit."""
        for low in range(0, len(self), AT_ONCE):
            for position, unit in enumerate(self.units[low : low + AT_ONCE].tolist(), low):
                yield position, self.key(position), *unit

    def uses(self, pending: Marks) -> set[str]:
        """Name the perturbations that some pending unit needs."""
        return {self.labels[use] for use in set(self.units[pending, 0].tolist()) if use >= 0}

    def batches(self, pending: Marks, size: int) -> Iterator[Batch]:
        """Cut what is pending into batches, case by case: all variants of a case lie together."""
        return self.in_order(np.argsort(self.units[:, 3], kind="stable"), pending, size)

    def in_order(self, positions: Positions, pending: Marks, size: int) -> Iterator[Batch]:
        """Cut units into batches in the order given: whole cases, until there are `size` units.

        What is not pending is left out after the cut, so that a resumed run asks for the batches of
        an uninterrupted one: some models' answers depend, in the last bits, on what else is in the
        batch. Within a case the clean input comes first.
        """
        for some in _cut(positions, self.units[positions, 3], size):
            chosen = some[pending[some]].tolist()
            if chosen:
                yield chosen, self._tasks(chosen)

    def _tasks(self, positions: list[int]) -> list[Task]:
        pairs = zip(self.units[positions].tolist(), self.seeds[positions].tolist(), strict=True)
        return [
            (Unit(*unit), self.cases[unit[-1]], None if seed < 0 else seed) for unit, seed in pairs
        ]

    def entries(
        self, batch: Batch, rows: Sequence[Row]
    ) -> Iterator[tuple[bytes, int | None, Row, bytes | None]]:
        """Give the store what it needs of each measured row."""
        for position, (unit, _, seed), row in zip(*batch, rows, strict=True):
            clean = self.key(int(self.clean_at[unit.case])) if unit.use >= 0 else None
            yield self.key(position), seed, row, clean


def _cut(positions: Positions, cases: Any, size: int) -> Iterator[Positions]:
    ends = [*(np.flatnonzero(np.diff(cases)) + 1).tolist(), len(positions)]
    low = 0
    for end in ends:
        if end - low >= size or end == len(positions):
            if end > low:
                yield positions[low:end]
            low = end
