"""Learning from outcomes: regularisation is chosen on validation, and the search is counted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from attrs import field, frozen

from seatrial import Explanation, Outcome, derive
from seatrial.errors import MetricError
from seatrial.statistics import held_out

from ._threads import one_thread

__all__ = ["Learning", "Selected", "area", "logistic", "one_sided", "permutation_test", "select"]

VALIDATION: Final = 1 / 3
"""The fraction of what an explainer is given that it selects on: with a quarter kept for the test,
that is half, a quarter and a quarter, as in the paper."""

PERMUTATIONS: Final = 1000
ROUNDING: Final = 1e-12

Floats = npt.NDArray[np.float64]
Booleans = npt.NDArray[np.bool_]


@frozen
class Learning:
    """The outcomes that an explainer may learn from, as arrays, and who is kept for selection."""

    outcomes: tuple[Outcome, ...]
    failed: Booleans
    clusters: tuple[str, ...]
    kept: Booleans | None
    """True for those that settings are selected on; None where either side lacks a class."""

    @classmethod
    def of(cls, outcomes: Sequence[Outcome], seed: int) -> Learning:
        """Split the outcomes by cluster, with as many failures on either side as they allow."""
        failed = np.array([not one.right for one in outcomes])
        clusters = tuple(one.case.cluster or one.case.id for one in outcomes)
        try:
            kept = held_out(failed, clusters, fraction=VALIDATION, seed=derive(seed, "validation"))
        except MetricError:
            return cls(tuple(outcomes), failed, clusters, None)
        both = all(len(np.unique(failed[side])) == len((0, 1)) for side in (kept, ~kept))
        return cls(tuple(outcomes), failed, clusters, kept if both else None)


@frozen
class Selected:
    """What was fitted on everything with the setting that did best on validation."""

    features: Any
    model: Any
    strength: float
    details: dict[str, Any] = field(factory=dict)

    @one_thread()
    def probabilities(self, inputs: Any) -> list[float]:
        """Give the probability of failure of each input."""
        found = self.model.predict_proba(self.features.transform(inputs))[:, 1]
        return [float(one) for one in found]


def one_sided(outcomes: Sequence[Outcome]) -> Explanation | None:
    """Say so where there is nothing to tell apart: no outcomes, no failure, or no success."""
    if not outcomes:
        return Explanation("there are no outcomes to learn from")
    wrong = sum(not one.right for one in outcomes)
    if 0 < wrong < len(outcomes):
        return None
    if wrong:
        said = f"all {wrong} answers are wrong: there is no success to tell failures from"
    else:
        said = f"none of the {len(outcomes)} answers is wrong: there is no failure to explain"
    return Explanation(said)


@one_thread()
def select(
    prepare: Callable[[], Any], inputs: Any, learning: Learning, *, grid: Sequence[float], seed: int
) -> Selected:
    """Fit a logistic regression with the L2 strength C that ranks best on validation.

    `prepare` makes what turns inputs into features (scikit-learn's `fit` and `transform`); it is
    fitted on the training part alone while C is chosen, then on everything. Equal grades go to the
    stronger regularisation. Where validation is impossible, the middle of the grid is taken.
    """
    grid = sorted(grid)
    strength = grid[len(grid) // 2]
    details: dict[str, Any] = {"selected": {"reason": "too few to validate on"}}
    if learning.kept is not None:
        strength, details = _validated(prepare, inputs, learning, learning.kept, grid, seed)
    features = prepare().fit(inputs)
    model = logistic(strength).fit(features.transform(inputs), learning.failed)
    details["selected"] |= {"C": strength}
    return Selected(features, model, strength, details)


def _validated(
    prepare: Callable[[], Any],
    inputs: Any,
    learning: Learning,
    kept: Booleans,
    grid: Sequence[float],
    seed: int,
) -> tuple[float, dict[str, Any]]:
    failed = learning.failed
    features = prepare().fit(inputs[~kept])
    train, validation = features.transform(inputs[~kept]), features.transform(inputs[kept])
    scores = np.stack(
        [
            logistic(strength).fit(train, failed[~kept]).decision_function(validation)
            for strength in grid
        ]
    )
    clusters = [one for one, here in zip(learning.clusters, kept, strict=True) if here]
    areas, p = permutation_test(scores, failed[kept], clusters, seed=seed)
    best = int(np.argmax(areas > areas.max() - ROUNDING))
    searched = {"settings": len(grid), "best": float(areas[best]), "p": p}
    curve = [{"C": c, "auroc": float(a)} for c, a in zip(grid, areas, strict=True)]
    return grid[best], {"searched": searched, "selected": {}, "curve": curve}


def logistic(strength: float) -> Any:
    """Make a logistic regression with an L2 penalty, as scikit-learn scales its C."""
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=strength, max_iter=2000)


def area(failed: Booleans, scores: npt.ArrayLike) -> float:
    """Give the AUROC of failure: ties count half."""
    return float(_areas(failed[None].astype(float), np.asarray(scores, dtype=float)[None])[0, 0])


@one_thread()
def permutation_test(
    scores: Floats, failed: Booleans, clusters: Sequence[str], *, seed: int
) -> tuple[Floats, float]:
    """Give the AUROC of each row of scores, and how often chance makes the best as good.

    Under the null, what happens to a cluster has nothing to do with its scores: the failures of
    whole clusters are dealt anew among clusters of the same size, and the best of all rows counts
    (Westfall and Young, Resampling-Based Multiple Testing, 1993, single step).
    """
    areas = _areas(failed[None].astype(float), scores)[0]
    largest = _areas(_dealt(failed, clusters, seed), scores).max(axis=1)
    reached = int((largest >= areas.max() - ROUNDING).sum())
    return areas, (1 + reached) / (1 + PERMUTATIONS)


def _areas(labels: Floats, scores: Floats) -> Floats:
    """Give the AUROC for each row of labels (alike in number) and each row of scores."""
    from scipy.stats import rankdata

    positive = labels[0].sum()
    sums = labels @ rankdata(scores, axis=1).T
    found: Floats = (sums - positive * (positive + 1) / 2) / (
        positive * (labels.shape[1] - positive)
    )
    return found


def _dealt(failed: Booleans, clusters: Sequence[str], seed: int) -> Floats:
    generator = np.random.default_rng(derive(seed, "permutations"))
    codes = np.unique(np.asarray(clusters), return_inverse=True)[1]
    order, sizes = np.argsort(codes, kind="stable"), np.bincount(codes)
    starts = np.cumsum(sizes) - sizes
    dealt = np.empty((PERMUTATIONS, len(failed)))
    for size in np.unique(sizes):
        block = order[starts[sizes == size][:, None] + np.arange(size)]
        drawn = np.argsort(generator.random((PERMUTATIONS, len(block))), axis=1)
        dealt[:, block.ravel()] = failed[block[drawn]].reshape(PERMUTATIONS, -1)
    return dealt
