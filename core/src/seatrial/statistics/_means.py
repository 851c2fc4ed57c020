"""Bounds for means of bounded scores and for paired drops, over clusters of any size."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from ..errors import MetricError
from ._checks import (
    Bounds,
    Floats,
    by_cluster,
    check_confidence,
    checked_scores,
    effective_clusters,
    t_quantile,
    unseen_size,
)
from ._exponential_weights import weighted_sum_cdf
from ._gaffke import bounds_of_means, distinct
from ._interval import Interval, Method, Weigh

__all__ = ["mean_of_bounded", "paired_drop", "smallest_error"]

ROUNDING: Final = 1e-13


def mean_of_bounded(
    values: npt.ArrayLike,
    clusters: npt.ArrayLike | None,
    confidence: float,
    bounds: Bounds,
    *,
    seed: int = 0,  # noqa: ARG001 - every bound can be called with one; this one draws nothing
    weigh: Weigh = "cases",
    largest: float | None = None,
) -> Interval:
    """Bound the mean of a score that has a smallest and a largest possible value.

    Gaffke's bound on clusters: they get independent exponential weights, and one more cluster that
    was never seen gets a weight too, with the lowest possible score for `low` and the highest for
    `high`. The bound is a quantile of the weighted mean. It is computed exactly, without
    resampling, however many distinct scores there are; `seed` changes nothing. For 0/1 scores of
    independent cases it is Clopper-Pearson's. That its miss rate never exceeds `1 - confidence` is
    conjectured and not proved; no simulation has found an exception for clusters of one size, and
    percentile and BCa bootstraps miss up to 55 % of drops that hang on few changed cases.

    `weigh` names the estimand: the mean over cases, or with "clusters" the mean over clusters of
    each cluster's own mean, in which a large cluster counts no more than a small one. `largest` is
    the number of cases of the largest cluster to expect: no bound can know of clusters larger than
    any that was drawn, so state it where they exist (15 clusters, of which one in 20 is 50 times as
    large as the others, may miss the mean 46 % of the time without it:
    `benchmarks/clusters_never_drawn.py`).

    A score without bounds (None) gets a cluster-robust t interval, which trusts the spread that it
    sees; without any spread it is infinite.
    Source: Gaffke, Mathematical Methods of Statistics 14 (2005); Learned-Miller and Thomas, arXiv
    1905.06208, section 3.
    """
    check_confidence(confidence)
    array = checked_scores(values, bounds)
    return _mean(array, clusters, confidence, bounds, "Gaffke", weigh, largest)


def paired_drop(
    clean: npt.ArrayLike,
    perturbed: npt.ArrayLike,
    clusters: npt.ArrayLike | None,
    confidence: float,
    *,
    seed: int = 0,  # noqa: ARG001 - every bound can be called with one; this one draws nothing
    bounds: Bounds = (0.0, 1.0),
    weigh: Weigh = "cases",
    largest: float | None = None,
) -> Interval:
    """Bound how much the mean score falls from clean to perturbed input, case by case.

    The drop is `clean - perturbed`: positive is worse if higher scores are better (swap the two
    otherwise). `perturbed` may be each case's mean over several variants. `bounds` are those of the
    score; the drop's own follow. Pairing removes what a case contributes to both sides, so this is
    narrower than the difference of two intervals. If no case changed at all, `high` is the
    largest fraction of clusters that could lose everything without one of them being seen: 59
    unchanged cases prove a drop of at most .05 at confidence .95.
    See `mean_of_bounded` for the method, `weigh` and `largest`.
    """
    check_confidence(confidence)
    before, after = checked_scores(clean, bounds), checked_scores(perturbed, bounds)
    if len(before) != len(after):
        msg = f"{len(before)} clean scores but {len(after)} perturbed ones: give one pair per case"
        raise MetricError(msg)
    spread = None if bounds is None else (bounds[0] - bounds[1], bounds[1] - bounds[0])
    return _mean(before - after, clusters, confidence, spread, "paired Gaffke", weigh, largest)


def smallest_error(
    values: npt.ArrayLike,
    clusters: npt.ArrayLike | None,
    threshold: float,
    bounds: tuple[float, float],
    *,
    at_most: bool = False,
    largest: float | None = None,
) -> float:
    """Give the smallest `1 - confidence` at which the bound of a mean still clears a threshold.

    That is the p-value of "at least" (with `at_most` of "at most") by the bound of
    `mean_of_bounded`, without searching for the bound itself.
    """
    sums, sizes = by_cluster(checked_scores(values, bounds), clusters)
    worst = bounds[1] if at_most else bounds[0]
    sign, size = -1.0 if at_most else 1.0, unseen_size(sizes, largest)
    if sign * float(sums.sum()) < sign * threshold * float(sizes.sum()):
        return 1.0
    if sign * worst >= sign * threshold:
        return 0.0
    rows, weights, counts = distinct(sums, sizes)
    away = sign * np.append(rows[0] - threshold * weights[0], size * (worst - threshold))
    return float(weighted_sum_cdf(away[None], np.append(counts[0], 1.0)[None])[0])


def _mean(
    values: Floats,
    clusters: npt.ArrayLike | None,
    confidence: float,
    bounds: Bounds,
    method: Method,
    weigh: Weigh,
    largest: float | None,
) -> Interval:
    sums, sizes = by_cluster(values, clusters)
    cases = len(values)
    if weigh == "clusters":
        values, largest = np.sort(sums / sizes), None
        sums, sizes = values, np.ones(len(sums))
    n, groups = len(values), len(sums)
    effective = effective_clusters(sizes)
    mean = float(sums.sum()) / n
    between = effective / max(effective - 1, 1) * float(np.square(sums - mean * sizes).sum()) / n**2
    if groups == 1 or between < (ROUNDING * float(np.abs(values).max())) ** 2:
        between = 0.0
    within = float(np.square(np.sort(values) - mean).sum()) / max(n - 1, 1) / n
    if bounds is not None:
        size = np.array([unseen_size(sizes, largest)])
        rows, weights, counts = distinct(sums, sizes)
        ends = bounds_of_means(rows, weights, bounds, confidence, counts=counts, unseen=size)
        low, high = (float(one[0]) for one in ends)
    else:
        reach = np.sqrt(between) * t_quantile(effective - 1, confidence) if between > 0 else np.inf
        low, high, method = mean - reach, mean + reach, "cluster t"
    return Interval(
        estimate=mean,
        low=min(low, mean),
        high=max(high, mean),
        confidence=confidence,
        method=method,
        cases=cases,
        clusters=groups,
        effective_clusters=effective,
        n_effective=min(n * within / between, float(n)) if between > 0 else effective,
        bounds=bounds,
    )
