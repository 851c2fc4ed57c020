"""Scores of the same cases before and after: the change, and what was lost and won."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from attrs import frozen

from .._cases import Case, cluster_of
from ..statistics import paired_drop
from ..statistics._rates import mcnemar
from ._evidence import Floats, Mask

__all__ = ["Change", "Pairs"]


@frozen(kw_only=True)
class Change:
    """How the mean score of some cases changed; `change` above zero is better, in either direction.

    It is about one metric of one cell (of one group of its cases). `lost` and `won` name the cases
    that went from the better half of the metric's range to the worse, and the other way; `p_value`
    is McNemar's exact one for that, `p_value_holm` the same corrected for the number of changes.
    """

    perturbation: str = ""
    severity: int = 0
    metric: str = ""
    group: str = ""
    before: float
    after: float
    change: float
    interval: tuple[float, float]
    cases: int
    lost: tuple[str, ...]
    won: tuple[str, ...]
    p_value: float
    p_value_holm: float = 1.0


@frozen(eq=False)
class Pairs:
    """A score before and a score after for each case."""

    cases: Sequence[Case]
    before: Floats
    after: Floats
    bounds: Any
    better: bool

    def of(self, chosen: Mask) -> Pairs:
        """Keep some cases."""
        cases = [self.cases[at] for at in np.flatnonzero(chosen).tolist()]
        return Pairs(cases, self.before[chosen], self.after[chosen], self.bounds, self.better)

    def change(self, confidence: float) -> Change:
        """Bound the mean change, and count what was lost and won."""
        spread = None if self.bounds is None else (float(self.bounds[0]), float(self.bounds[1]))
        clusters = np.array([cluster_of(case) for case in self.cases], dtype=object)
        first, second = (self.before, self.after) if self.better else (self.after, self.before)
        drop = paired_drop(first, second, clusters, confidence, seed=0, bounds=spread)
        sign = 1.0 if self.better else -1.0
        middle = 0.5 if spread is None else sum(spread) / 2
        was, is_ = sign * self.before > sign * middle, sign * self.after > sign * middle
        return Change(
            before=float(self.before.mean()),
            after=float(self.after.mean()),
            change=0.0 - drop.estimate,
            interval=(-drop.high, -drop.low),
            cases=len(self.cases),
            lost=self._named(was & ~is_),
            won=self._named(is_ & ~was),
            p_value=_no_change(was, is_, clusters),
        )

    def _named(self, chosen: Mask) -> tuple[str, ...]:
        return tuple(self.cases[at].id for at in np.flatnonzero(chosen).tolist())


def _no_change(was: Mask, is_: Mask, clusters: np.ndarray[Any, Any]) -> float:
    """Test that nothing changed: each cluster speaks once, for what more of its cases did."""
    _, codes = np.unique(clusters, return_inverse=True)
    balance = np.bincount(codes, is_.astype(np.float64) - was.astype(np.float64))
    return mcnemar(int((balance < 0).sum()), int((balance > 0).sum()))
