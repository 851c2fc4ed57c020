"""The area under the ROC curve, its difference between two scorings, and how sure either is.

The AUROC is the probability that a positive case scores higher than a negative one, ties counting
half. Every case has a *placement*: the fraction of the other class that it beats. Placements come
from one ranking (Sun and Xu, IEEE Signal Processing Letters 21, 2014, 1389-1393). The AUROC is
their mean over either class, and varies as the sum of both means does (DeLong, DeLong and
Clarke-Pearson, Biometrics 44, 1988, 837-845); cases of one cluster move together (Obuchowski,
Biometrics 53, 1997, 567-578).
"""

from __future__ import annotations

from collections.abc import Iterator
from math import sqrt
from typing import Final

import numpy as np
import numpy.typing as npt
from attrs import frozen

from ..errors import MetricError
from ._checks import (
    Floats,
    by_cluster,
    check_confidence,
    checked_scores,
    cluster_codes,
    effective_clusters,
    t_quantile,
    unseen_size,
)
from ._gaffke import bounds_of_means, distinct
from ._interval import Interval

__all__ = ["Placements", "auroc", "auroc_drop", "bound_of_area", "placements"]

MIN_CLUSTERS: Final = 2
MIN_DF: Final = 1e-3


@frozen
class Placements:
    """The AUROC and what each case adds: the fraction of the other class that it beats.

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
    for `low` and best for `high`, of the size that a case's own cluster has on average; Student's t
    for the effective number of clusters of the rarer class; and a correction for skewness (Johnson,
    Journal of the American Statistical Association 73, 1978, 536-544), which only ever widens:
    without it, 20 positives of which few are ranked last miss the AUROC 11 % of the time at a
    nominal 5 %, with it up to 5.7 %. So the interval is also at least as wide as Gaffke's bounds of
    the placements of either class alone (`mean_of_bounded`), which hold however few there are and
    however many ties, if the other class is large; an AUROC of 1 gets a `low` below 1. Fewer than
    two clusters of a class say nothing: the interval is (0, 1), "undefined".
    """
    return bound_of_area(placements(targets, scores, clusters), (0.0, 1.0), confidence)


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
    return bound_of_area(found, (-1.0, 1.0), confidence)


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


def bound_of_area(found: Placements, bounds: tuple[float, float], confidence: float) -> Interval:
    """Bound an area, or a difference of areas whose placements lie in `bounds`."""
    check_confidence(confidence)
    groups = len(np.unique(found.clusters))
    of_each = [np.bincount(found.clusters[one]) for one in (found.positive, ~found.positive)]
    sizes = [one[one > 0].astype(np.float64) for one in of_each]
    effective = min(effective_clusters(one) for one in sizes)
    defined = min(map(len, sizes)) >= MIN_CLUSTERS
    low, high = bounds
    if defined:
        down, up = (_reach(found, end, effective, confidence) for end in bounds)
        lows, highs = zip(*_of_each_class(found, bounds, confidence), strict=True)
        low = max(low, min(found.area - down, *lows))
        high = min(high, max(found.area + up, *highs))
    return Interval(
        estimate=found.area,
        low=low,
        high=high,
        confidence=confidence,
        method="DeLong" if defined else "undefined",
        cases=len(found.of),
        clusters=groups,
        effective_clusters=effective,
        n_effective=effective,
        bounds=bounds,
    )


def _of_each_class(
    found: Placements, bounds: tuple[float, float], confidence: float
) -> Iterator[tuple[float, float]]:
    """Bound the area as the mean of the placements of one class, as if the other were known."""
    for mine in (found.positive, ~found.positive):
        rows = distinct(*by_cluster(found.of[mine], found.clusters[mine]))
        low, high = bounds_of_means(rows[0], rows[1], bounds, confidence, counts=rows[2])
        yield float(low[0]), float(high[0])


def _reach(found: Placements, unseen: float, effective: float, confidence: float) -> float:
    """Give how far the area may lie towards `unseen`, where one more cluster of each class lies."""
    off = found.of - found.area
    clusters = int(found.clusters.max()) + 1
    variance, parts, ends = 0.0, [], []
    for mine in (found.positive, ~found.positive):
        sizes = np.bincount(found.clusters[mine], minlength=clusters).astype(np.float64)
        order = np.lexsort((off[mine], found.clusters[mine]))
        sums = np.bincount(found.clusters[mine][order], off[mine][order], minlength=clusters)
        worth, size = effective_clusters(sizes), unseen_size(sizes)
        cases = sizes.sum() + size
        ends.append(size * (unseen - found.area) / cases)
        parts.append(sums / cases)
        squares = np.square(np.sort(parts[-1])).sum() + ends[-1] ** 2
        variance += (worth + 1) / worth * float(squares)
    worth = effective_clusters(np.bincount(found.clusters).astype(np.float64))
    product = float(np.sort(parts[0] * parts[1]).sum())
    variance += 2 * worth / max(worth - 1, 1) * product
    both = np.sort(np.concatenate([parts[0] + parts[1], ends]))
    spread = float(np.square(both).sum())
    skewness = float((both**3).sum()) / spread**1.5 if spread > 0 else 0.0
    z = t_quantile(np.inf, confidence)
    towards = max(skewness if unseen > found.area else -skewness, 0.0)
    quantile = t_quantile(max(effective - 1, MIN_DF), confidence)
    return (quantile + towards * (2 * z**2 + 1) / 6) * sqrt(max(variance, 0.0))
