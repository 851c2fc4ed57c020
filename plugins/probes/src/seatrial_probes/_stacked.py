"""Several predictors of failure, each with a view of its own, combined by stacking."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from attrs import frozen

from seatrial import derive

from ._threads import one_thread
from ._validation import Learning, area, logistic

__all__ = ["View", "folds_of", "stack"]

FOLDS: Final = 5
STRENGTH: Final = 1.0
"""The C of the combining regression: its columns are few and standardised."""

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.intp]
Fit = Callable[[Any, npt.NDArray[np.bool_]], Callable[[Any], Floats]]


@frozen(eq=False)
class View:
    """One way to look at a case and its answer: a table of features, and ways to learn from it.

    `table` makes the features of any cases; `fits` are the candidates of which the best by
    cross-validation is taken.
    """

    name: str
    table: Callable[[Any], Any]
    fits: tuple[Fit, ...]


@frozen(eq=False)
class Stacked:
    """The fitted views, the regression that combines them, and how each did by itself."""

    views: tuple[View, ...]
    scorers: tuple[Callable[[Any], Floats], ...]
    middle: Floats
    spread: Floats
    model: Any
    alone: dict[str, float]
    auroc: float

    @one_thread()
    def probabilities(self, rows: Any) -> list[float]:
        """Give the probability of failure of each case."""
        columns = [
            scorer(view.table(rows)) for view, scorer in zip(self.views, self.scorers, strict=True)
        ]
        table = (np.column_stack(columns) - self.middle) / self.spread
        return [float(one) for one in self.model.predict_proba(table)[:, 1]]


def by_logistic(strength: float) -> Fit:
    """Learn a logistic regression with an L2 penalty."""

    def fit(table: Any, failed: npt.NDArray[np.bool_]) -> Callable[[Any], Floats]:
        model = logistic(strength).fit(table, failed)
        return lambda rows: np.asarray(model.decision_function(rows), dtype=np.float64)

    return fit


def by_trees(seed: int) -> Fit:
    """Learn boosted trees: what one feature means may hang on another."""

    def fit(table: Any, failed: npt.NDArray[np.bool_]) -> Callable[[Any], Floats]:
        from sklearn.ensemble import HistGradientBoostingClassifier

        model = HistGradientBoostingClassifier(
            max_iter=100,
            learning_rate=0.05,
            max_leaf_nodes=8,
            min_samples_leaf=20,
            l2_regularization=1.0,
            early_stopping=False,
            random_state=seed % 2**32,
        ).fit(table, failed)
        return lambda rows: np.asarray(model.decision_function(rows), dtype=np.float64)

    return fit


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
def stack(
    views: Sequence[View], rows: Any, learning: Learning, folds: Sequence[tuple[Rows, Rows]]
) -> Stacked:
    """Fit every view, and a logistic regression on what each says of cases it did not learn from.

    Source: Wolpert, Neural Networks 5 (1992) 241-259.
    """
    failed = learning.failed
    unseen, scorers, alone = [], [], {}
    for view in views:
        table = view.table(rows)
        tried = [_cross_validated(fit, table, failed, folds) for fit in view.fits]
        areas = [area(failed, scores) for scores in tried]
        best = int(np.argmax(areas))
        unseen.append(tried[best])
        alone[view.name] = areas[best]
        scorers.append(view.fits[best](table, failed))
    whole = np.column_stack(unseen)
    middle, spread = whole.mean(axis=0), whole.std(axis=0)
    spread[spread == 0] = 1.0
    whole = (whole - middle) / spread
    together = _cross_validated(by_logistic(STRENGTH), whole, failed, folds)
    model = logistic(STRENGTH).fit(whole, failed)
    return Stacked(
        tuple(views), tuple(scorers), middle, spread, model, alone, area(failed, together)
    )


def _cross_validated(
    fit: Fit, table: Any, failed: npt.NDArray[np.bool_], folds: Sequence[tuple[Rows, Rows]]
) -> Floats:
    scores = np.zeros(len(failed))
    for mine, rest in folds:
        scores[rest] = fit(table[mine], failed[mine])(table[rest])
    return scores
