"""The area under the ROC curve, its difference between two scorings, and how sure either is.

The AUROC is the chance that a positive case scores higher than a negative one, ties counting half.
Every case has a *placement*: the share of the other class that it beats. Placements come from one
ranking (Sun and Xu, IEEE Signal Processing Letters 21, 2014, 1389-1393), and their spread is the
variance (DeLong, DeLong and Clarke-Pearson, Biometrics 44, 1988, 837-845); cases of one cluster
move together (Obuchowski, Biometrics 53, 1997, 567-578).
"""

from __future__ import annotations

from math import sqrt
from typing import Final

import numpy as np
import numpy.typing as npt
from attrs import frozen

from ..errors import MetricError
from ._checks import (
    Floats,
    check_confidence,
    checked_scores,
    cluster_codes,
    share_unseen,
    t_quantile,
)
from ._interval import Interval

__all__ = ["Placements", "auroc", "auroc_drop", "delong_variance", "placements"]

FEWEST: Final = 2


@frozen
class Placements:
    """The AUROC and what each case adds: the share of the other class that it beats.

    `clusters` has one code for each case; `positive` says which cases are positive.
    """

    area: float
    of: Floats
    positive: npt.NDArray[np.bool_]
    clusters: npt.NDArray[np.intp]


def auroc(
    targets: npt.ArrayLike,
    scores: npt.ArrayLike,
    clusters: npt.ArrayLike | None,
    confidence: float,
) -> Interval:
    """Bound the AUROC of `scores`, higher for positive; `targets` are 0 or 1 (or booleans).

    DeLong's variance, clustered, as if one more cluster of each class had been seen, ranked worst
    for `low` and best for `high`, with Student's t for the number of clusters of the rarer class.
    Also at least as wide as if a share of that class, too small to be seen, were ranked so. So an
    AUROC of 1 gets a `low` below 1: the cases that are misranked may be those that were not drawn.
    On the logit scale `low` would lie up to five times as far from an AUROC near 1. Fewer than two
    clusters of a class say nothing: the interval is (0, 1), "undefined".
    """
    return _bounded(placements(targets, scores, clusters), (0.0, 1.0), confidence)


def auroc_drop(
    targets: npt.ArrayLike,
    clean: npt.ArrayLike,
    perturbed: npt.ArrayLike,
    clusters: npt.ArrayLike | None,
    confidence: float,
) -> Interval:
    """Bound how much the AUROC falls from clean to perturbed scores of the same cases.

    The drop is positive where the perturbed scores rank worse. Paired: what a case adds to both
    cancels. Never of width zero: see `auroc`.
    """
    before = placements(targets, clean, clusters)
    after = placements(targets, perturbed, clusters)
    drop = before.area - after.area
    found = Placements(drop, before.of - after.of, before.positive, before.clusters)
    return _bounded(found, (-1.0, 1.0), confidence)


def placements(
    targets: npt.ArrayLike, scores: npt.ArrayLike, clusters: npt.ArrayLike | None
) -> Placements:
    """Rank once and give every case's placement; a tie counts half."""
    values = checked_scores(scores, None)
    labels = checked_scores(targets, (0.0, 1.0))
    if len(labels) != len(values):
        msg = f"{len(labels)} targets but {len(values)} scores: give one pair per case"
        raise MetricError(msg)
    if not np.isin(labels, (0.0, 1.0)).all():
        msg = "targets of an AUROC are 0 or 1"
        raise MetricError(msg)
    positive = labels == 1
    if positive.all() or not positive.any():
        msg = f"an AUROC needs both classes, but all {len(labels)} cases are of one"
        raise MetricError(msg)
    ranked = np.sort(values[~positive]), np.sort(values[positive])
    of = np.empty(len(values))
    for mine, others in ((positive, ranked[0]), (~positive, ranked[1])):
        below = np.searchsorted(others, values[mine], side="left")
        upto = np.searchsorted(others, values[mine], side="right")
        of[mine] = (below + upto) / (2 * len(others))
    of[~positive] = 1 - of[~positive]
    area = float(np.sort(of[positive]).mean())
    return Placements(area, of, positive, cluster_codes(clusters, len(values))[0])


def delong_variance(found: Placements, unseen: float | None = None) -> float:
    """Give the variance of the area; with `unseen`, as if one more pair were placed so.

    Obuchowski's estimator, which is DeLong's where every cluster is one case.
    """
    off = found.of - found.area
    both = np.zeros(found.clusters.max() + 1), np.zeros(found.clusters.max() + 1)
    kinds: list[tuple[float, float]] = []
    total = 0.0
    for kind, mine in enumerate((found.positive, ~found.positive)):
        np.add.at(both[kind], found.clusters[mine], off[mine])
        cases, groups = float(mine.sum()), float(len(np.unique(found.clusters[mine])))
        squares = float(np.square(np.sort(both[kind])).sum())
        if unseen is not None:
            # One more cluster of average size, wholly misplaced (or wholly right).
            size = cases / groups
            squares += (size * (unseen - found.area)) ** 2
            cases, groups = cases + size, groups + 1
        total += groups / (groups - 1) * squares / cases**2
        kinds.append((cases, groups))
    groups = float(len(np.unique(found.clusters)))
    product = float(np.sort(both[0] * both[1]).sum())
    return total + 2 * groups / (groups - 1) * product / (kinds[0][0] * kinds[1][0])


def _bounded(found: Placements, bounds: tuple[float, float], confidence: float) -> Interval:
    check_confidence(confidence)
    estimate, groups = found.area, float(len(np.unique(found.clusters)))
    rarest = min(len(np.unique(found.clusters[one])) for one in (found.positive, ~found.positive))
    low, high = bounds
    if rarest >= FEWEST:
        quantile, blind = t_quantile(rarest - 1, confidence), share_unseen(rarest, confidence)
        reach = [quantile * sqrt(max(delong_variance(found, end), 0.0)) for end in bounds]
        low = max(low, min(estimate - reach[0], estimate - blind * (estimate - low)))
        high = min(high, max(estimate + reach[1], estimate + blind * (high - estimate)))
    return Interval(
        estimate=estimate,
        low=low,
        high=high,
        confidence=confidence,
        method="DeLong" if rarest >= FEWEST else "undefined",
        cases=len(found.of),
        clusters=int(groups),
        n_effective=groups,
        bounds=bounds,
    )
