"""Several views of a case and its answer in one Gaussian process, each as strong as it proves."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import reduce
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from attrs import evolve, frozen

from seatrial import derive

from ._threads import one_thread
from ._validation import Learning, area, logistic
from ._variances import solve, variances

__all__ = ["Factor", "Fitted", "View", "fit_views", "folds_of"]

FOLDS: Final = 5
MOST_FITTED: Final = 6000
"""So many cases are learned from at most: the time goes with their cube."""

MOST_WEIGHED: Final = 2000
"""So many cases tell the variances of the views: they are few numbers."""

FLATTEST: Final = 0.01
"""The least slope from score to log-odds: without evidence, cases differ little and keep order."""

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.intp]


@frozen(eq=False)
class Factor:
    """A table of features, and how alike it makes two cases.

    That is the inner product of their rows, or with `near` a Gaussian of their distance: then what
    one feature says may hang on the others.
    """

    table: Callable[[Any], Any]
    near: bool = False

    def alike(self, some: Any, others: Any) -> npt.NDArray[np.float32]:
        """Compare every row of one table with every row of another."""
        product = some @ others.T
        inner = np.asarray(product.toarray() if hasattr(product, "toarray") else product)
        if self.near:
            squares = (some**2).sum(axis=1)[:, None] + (others**2).sum(axis=1)[None]
            inner = np.exp((inner - squares / 2) / some.shape[1])
        return inner.astype(np.float32)


@frozen(eq=False)
class View:
    """One way to look at a case and its answer: cases are alike where all factors say so."""

    name: str
    factors: tuple[Factor, ...]


@frozen(eq=False)
class _Kernel:
    """The views of some cases, each with its weight, ready to be compared with other cases."""

    views: Mapping[View, float]
    tables: Mapping[Factor, Any]
    scales: Mapping[Factor, float]

    @classmethod
    def of(cls, views: Sequence[View], rows: Any) -> _Kernel:
        tables = {one: one.table(rows) for view in views for one in view.factors}
        scales = {one: _scale(one, table) for one, table in tables.items()}
        return cls(dict.fromkeys(views, 1.0), tables, scales)

    def only(self, rows: Rows) -> _Kernel:
        return evolve(self, tables={one: table[rows] for one, table in self.tables.items()})

    def weighted(self, weights: Floats) -> _Kernel:
        """Weigh the views, and forget those of weight 0."""
        views = {view: float(one) for view, one in zip(self.views, weights, strict=True) if one > 0}
        used = {factor: self.tables[factor] for view in views for factor in view.factors}
        return _Kernel(views, used, self.scales)

    def each(self, tables: Mapping[Factor, Any]) -> Iterator[npt.NDArray[np.float32]]:
        """Give for each view how alike other cases are to these."""
        alike = {
            one: one.alike(tables[one], table) / np.float32(self.scales[one])
            for one, table in self.tables.items()
        }
        for view in self.views:
            yield reduce(np.multiply, [alike[one] for one in view.factors])

    def together(self, tables: Mapping[Factor, Any], shape: tuple[int, int]) -> Floats:
        """Give the weighted sum of all views."""
        total = np.zeros(shape)
        for weight, one in zip(self.views.values(), self.each(tables), strict=True):
            total += weight * one
        return total


def _scale(factor: Factor, table: Any) -> float:
    """Give the mean likeness of a case to itself."""
    if factor.near:
        return 1.0
    squares = table.multiply(table) if hasattr(table, "multiply") else table**2
    return float(squares.sum()) / table.shape[0] or 1.0


@frozen(eq=False)
class Fitted:
    """What was learned: how much each view explains, and the odds of failure of an unseen case."""

    kernel: _Kernel
    base: float
    effects: Floats
    slope: float
    intercept: float
    explained: dict[str, float]
    auroc: float

    @one_thread()
    def probabilities(self, rows: Any) -> list[float]:
        """Give the probability of failure of each case."""
        tables = {one: one.table(rows) for one in self.kernel.tables}
        alike = self.kernel.together(tables, (len(rows), len(self.effects)))
        odds = self.slope * (self.base + alike @ self.effects) + self.intercept
        return [float(one) for one in 1 / (1 + np.exp(-np.clip(odds, -30, 30)))]


def folds_of(learning: Learning, seed: int) -> list[tuple[Rows, Rows]]:
    """Deal whole clusters to five parts (fewer where there are fewer), failures spread evenly.

    Empty where failures or successes stand in fewer than two clusters.
    """
    from sklearn.model_selection import StratifiedGroupKFold

    clusters, failed = np.asarray(learning.clusters), learning.failed
    many = min(FOLDS, *(len(np.unique(clusters[failed == kind])) for kind in (True, False)))
    if many < len((True, False)):
        return []
    deal = StratifiedGroupKFold(
        n_splits=many, shuffle=True, random_state=derive(seed, "folds") % 2**32
    )
    parts = [(fit, rest) for fit, rest in deal.split(failed, failed, clusters)]
    sound = all(len(np.unique(failed[fit])) == len((0, 1)) for fit, _ in parts)
    return parts if sound else []


@one_thread()
def fit_views(
    views: Sequence[View],
    rows: Sequence[Any],
    learning: Learning,
    folds: Sequence[tuple[Rows, Rows]],
    seed: int,
) -> Fitted:
    """Fit all views at once; turn scores into probabilities by those of cases not learned from.

    How much of the variance of failure a view explains is estimated from the outcomes, so one that
    says nothing is given no weight. Source: Rasmussen and Williams, Gaussian Processes for Machine
    Learning (2006), chapters 2.7 and 6.5.
    """
    drawn = _evenly(learning.failed, derive(seed, "drawn"))
    mine = np.sort(drawn[:MOST_FITTED])
    failed = learning.failed.astype(np.float64)
    kernel = _Kernel.of(views, rows)
    few = np.sort(drawn[:MOST_WEIGHED])
    weighing = kernel.only(few)
    found = variances(failed[few], list(weighing.each(weighing.tables)))
    kernel, noise = kernel.only(mine).weighted(found[:-1]), float(found[-1])
    failed = failed[mine]
    alike = kernel.together(kernel.tables, (len(mine), len(mine)))
    scores = np.zeros(len(mine))
    for fit, rest in ((np.isin(mine, a), np.isin(mine, b)) for a, b in folds):
        base, effects = solve(failed[fit], alike[np.ix_(fit, fit)], noise)
        scores[rest] = base + alike[np.ix_(rest, fit)] @ effects
    base, effects = solve(failed, alike, noise)
    spread = float(scores.std()) or 1.0
    line = logistic(1.0).fit(scores[:, None] / spread, failed > 0)
    return Fitted(
        kernel,
        base,
        effects,
        max(float(line.coef_[0, 0]), FLATTEST) / spread,
        float(line.intercept_[0]),
        dict(zip((view.name for view in views), map(float, found / found.sum()), strict=False)),
        area(failed > 0, scores),
    )


def _evenly(failed: npt.NDArray[np.bool_], seed: int) -> Rows:
    """Draw an order whose beginning, however short, has failures and successes in proportion."""
    drawn = np.random.default_rng(seed).permutation(len(failed))
    place = np.zeros(len(failed))
    for kind in (True, False):
        mine = drawn[failed[drawn] == kind]
        place[mine] = np.arange(len(mine)) / len(mine)
    return np.argsort(place, kind="stable")
