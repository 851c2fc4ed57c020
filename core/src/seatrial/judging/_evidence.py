"""The values that a verdict rests on: one row for each case, and what is not known of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from attrs import evolve, field, frozen

from .._cases import Case
from .._plans import Priority
from .._values import FrozenMapping

__all__ = ["Evidence", "Floats", "Mask", "Positions", "Reading"]

Floats = np.ndarray[Any, np.dtype[np.float64]]
Mask = np.ndarray[Any, np.dtype[np.bool_]]
Positions = np.ndarray[Any, np.dtype[np.int64]]


@frozen(eq=False)
class Reading:
    """Values, a row per case: NaN where unknown because it errored, is pending, or was skipped."""

    values: Floats
    errored: Mask
    pending: Mask

    @property
    def lost(self) -> Mask:
        """Where a value belongs to the sample and is not known."""
        return self.errored | self.pending

    def of(self, chosen: Mask | Positions) -> Reading:
        """Keep some cases."""
        return Reading(self.values[chosen], self.errored[chosen], self.pending[chosen])

    def filled(self, value: Floats) -> Reading:
        """Put a value wherever one was lost: the same for all, or one for each case."""
        nowhere = np.zeros_like(self.errored)
        return Reading(np.where(self.lost, value, self.values), nowhere, nowhere)


@frozen(eq=False)
class Evidence:
    """The clean value of each case and those of its variants, with what a score can be at all.

    Variants have a row for each case and a column for each of `cells` (label, severity) and
    replicate; so have the measured distances, and what a demand reads besides (`more`, by name).
    `at` are the positions of the cases in the report. `better` says that higher values are better,
    and `bounds` what a value can be at all.
    """

    priority: Priority
    cases: tuple[Case, ...]
    cells: tuple[tuple[str, int], ...]
    clean: Reading
    variants: Reading
    distance: Floats
    clusters: np.ndarray[Any, Any]
    bounds: tuple[float, float] | None
    better: bool
    at: Positions
    more: Mapping[str, Floats] = field(factory=FrozenMapping)

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of the cases."""
        return tuple(case.id for case in self.cases)

    def usable(self, *, paired: bool) -> Mask:
        """Tell which cases count: not those that were skipped, in any variant or (paired) clean."""
        known = (~np.isnan(self.variants.values) | self.variants.lost).any(axis=1)
        if paired:
            known &= ~np.isnan(self.clean.values) | self.clean.lost
        return np.asarray(known)

    def of(self, chosen: Mask | Positions) -> Evidence:
        """Keep some cases, or bring them into another order."""
        rows = np.arange(len(self.cases))[chosen].tolist()
        return evolve(
            self,
            cases=tuple(self.cases[row] for row in rows),
            clean=self.clean.of(chosen),
            variants=self.variants.of(chosen),
            distance=self.distance[chosen],
            more={name: values[chosen] for name, values in self.more.items()},
            clusters=self.clusters[chosen],
            at=self.at[chosen],
        )

    def lost(self, *, paired: bool) -> tuple[Mask, Mask]:
        """Tell which cases have something that errored, and which have something pending."""
        errored = self.variants.errored.any(axis=1)
        pending = self.variants.pending.any(axis=1)
        if paired:
            errored = errored | self.clean.errored
            pending = pending | self.clean.pending
        return np.asarray(errored), np.asarray(pending)

    def supposing(self, *, good: Mask | bool, clean: bool | None = None) -> Evidence:
        """Suppose the best or the worst score of the metric wherever one was lost.

        `good` may tell cases apart. Clean scores are supposed the other way unless `clean` says
        how: a poor score after a good clean one is the largest drop.
        """
        low, high = self.bounds or (np.nan, np.nan)
        best, worst = (high, low) if self.better else (low, high)
        first = ~np.asarray(good) if clean is None else np.asarray(clean)
        ours = np.where(np.asarray(good), best, worst)
        return evolve(
            self,
            clean=self.clean.filled(np.where(first, best, worst)),
            variants=self.variants.filled(ours[..., None]),
        )

    def means(self) -> Floats:
        """Average the known variants of each case; NaN where there is none."""
        return self.means_of(slice(None))

    def means_of(self, columns: Any) -> Floats:
        """Average the known variants of some columns."""
        scores = self.variants.values[:, columns]
        known = ~np.isnan(scores)
        total, count = np.where(known, scores, 0.0).sum(axis=1), known.sum(axis=1)
        return np.where(count > 0, total / np.maximum(count, 1), np.nan)

    def right(self, scores: Any) -> Mask:
        """Tell which scores lie on the better half of the metric's range."""
        low, high = self.bounds or (0.0, 1.0)
        half = (low + high) / 2
        return np.asarray(scores > half if self.better else scores < half, dtype=bool)

    def binary(self) -> bool:
        """Tell whether every known variant scored 0 or 1, the smallest and the largest score."""
        values = self.variants.values
        extreme = np.isin(values[~np.isnan(values)], (0.0, 1.0)).all()
        return bool(extreme) and self.bounds is not None and tuple(self.bounds) == (0.0, 1.0)
