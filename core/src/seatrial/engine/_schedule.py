"""The whole workload by position: 40 bytes a unit, so that a million records fit in memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from attrs import frozen

from .._cases import Case
from ..runs._encoding import Row
from ._worker import Task
from ._workload import Unit, Workload

__all__ = ["Batch", "Course"]

Batch = tuple[Sequence[int], Sequence[Task]]
"""Positions in the plan, and what to do for each."""

KEY = 16


@frozen(eq=False)
class Course:
    """Every unit of a workload in order: what it is, its seed, and the key of its record."""

    cases: tuple[Case, ...]
    labels: tuple[str, ...]
    units: np.ndarray[Any, np.dtype[np.int32]]
    seeds: np.ndarray[Any, np.dtype[np.int64]]
    keys: bytes
    clean_at: np.ndarray[Any, np.dtype[np.int64]]
    clean_units: int

    @classmethod
    def plot(cls, work: Workload) -> Course:
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
            if len(seeds) == 1 << 16:
                pack()
        pack()
        table = np.concatenate([rows for rows, _ in blocks])
        clean_units = int((table[:, 0] < 0).sum())
        clean_at = np.full(len(work.cases), -1, dtype=np.int64)
        clean_at[table[:clean_units, 3]] = np.arange(clean_units)
        drawn = np.concatenate([drawn for _, drawn in blocks])
        labels = tuple(use.label for use in work.plan.perturbations)
        return cls(work.cases, labels, table, drawn, bytes(keys), clean_at, clean_units)

    def __len__(self) -> int:
        return len(self.seeds)

    def key(self, position: int) -> bytes:
        """Give the key of one unit's record."""
        return self.keys[KEY * position : KEY * position + KEY]

    def rows(self) -> Iterator[tuple[int, bytes, int, int, int, int]]:
        """Give (position, key, use, severity, replicate, case) of every unit."""
        for position, unit in enumerate(self.units):
            yield position, self.key(position), *unit.tolist()

    def uses(self, pending: np.ndarray[Any, np.dtype[np.bool_]]) -> set[str]:
        """Name the perturbations that some pending unit needs."""
        return {self.labels[use] for use in set(self.units[pending, 0].tolist()) if use >= 0}

    def phases(
        self, pending: np.ndarray[Any, np.dtype[np.bool_]], size: int
    ) -> tuple[Iterable[Batch], Iterable[Batch]]:
        """Cut what is pending into batches: the clean inputs, and after them the perturbed ones."""
        middle = self.clean_units
        return (
            self._batches(pending, 0, middle, size),
            self._batches(pending, middle, len(self), size),
        )

    def _batches(
        self, pending: np.ndarray[Any, np.dtype[np.bool_]], start: int, stop: int, size: int
    ) -> Iterator[Batch]:
        """Cut at fixed positions: a resumed run asks for the batches of an uninterrupted one.

        Some models' answers depend, in the last bits, on what else is in the batch.
        """
        for low in range(start, stop, size):
            chosen = np.flatnonzero(pending[low : min(low + size, stop)]) + low
            if len(chosen):
                yield chosen.tolist(), [self._task(position) for position in chosen.tolist()]

    def _task(self, position: int) -> Task:
        unit = Unit(*self.units[position].tolist())
        seed = int(self.seeds[position])
        return unit, self.cases[unit.case], None if seed < 0 else seed

    def entries(
        self, batch: Batch, rows: Sequence[Row]
    ) -> Iterator[tuple[bytes, int | None, Row, bytes | None]]:
        """Give the store what it needs of each measured row."""
        for position, (unit, _, seed), row in zip(*batch, rows, strict=True):
            clean = self.key(int(self.clean_at[unit.case])) if unit.use >= 0 else None
            yield self.key(position), seed, row, clean
