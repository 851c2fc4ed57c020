"""Bounds for scores that are no mean over cases: macro F1, MCC, or the drop of one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
import numpy.typing as npt

from ..errors import MetricError
from ._checks import (
    Bounds,
    Floats,
    check_confidence,
    cluster_codes,
    effective_clusters,
    t_quantile,
    unseen_fraction,
    unseen_size,
)
from ._gaffke import bounds_of_means
from ._interval import Interval, Method

__all__ = ["jackknife"]

MAX_GROUPS: Final = 200
HALVINGS: Final = 16


def jackknife(
    score: Callable[[npt.NDArray[np.intp]], float],
    n: int,
    clusters: npt.ArrayLike | None,
    confidence: float,
    bounds: Bounds,
    *,
    rarest: float | None = None,
    largest: float | None = None,
    seed: int = 0,  # noqa: ARG001 - every bound can be called with one; this one draws nothing
) -> Interval:
    """Bound a score that is no mean over cases: macro F1, MCC, AUROC, or the drop of one.

    `score` gets the positions of the cases to use, in ascending order, and gives the score of those
    alone. Clusters are dealt into at most 200 groups, and each group is left out once: what the
    score loses by it says what the group adds (Wolter, Introduction to Variance Estimation, 2007,
    chapter 4). These parts are bounded as in `mean_of_bounded`, with one more part that was never
    seen and has the worst (best) possible score; for a mean it is the same interval, whatever the
    sizes of the clusters. For a drop, let `score` give the clean score minus the perturbed one, and
    give its own bounds.

    `rarest` is the number of clusters among which the unseen one counts, by default all: give the
    number of clusters with the rarest class for scores that hang on it. For `largest` see
    `mean_of_bounded`. A Student's t interval of
    the same parts, as in textbooks, missed the F1 score of 30 clusters 6.6 % of the time at a
    nominal 5 %, because it cannot see skewness; it is left for scores without bounds.

    A score that is too high (low) on few cases, as a calibration error is, shows it on halves of
    the groups: by how much two halves differ from the whole on average says how much the whole is
    off, if a bias falls with the root of *n*, and `low` (`high`) lies so much further out. For a
    mean that is nothing at all. What is left of it is not nothing: a perfectly calibrated model of
    60 cases still seems to be off more often than said (12 %), of 300 hardly (6 %).

    If the score is undefined once some group is left out (the only case of a class), or there is
    only one cluster, the interval spans the bounds and its method is "undefined".
    """
    check_confidence(confidence)
    if n < 1:
        msg = "there are no cases to score"
        raise MetricError(msg)
    codes, found = cluster_codes(clusters, n)
    effective = effective_clusters(np.bincount(codes).astype(np.float64))
    estimate = float(score(np.arange(n)))
    low, high = bounds or (-np.inf, np.inf)
    method: Method = "undefined"
    groups = min(found, MAX_GROUPS)
    without = _left_out(score, codes % groups, groups)
    if len(without) and np.isfinite(without).all():
        few = effective if rarest is None else min(effective, max(rarest, 1))
        few = min(few, n / unseen_size(np.bincount(codes).astype(np.float64), largest))
        sizes = np.bincount(codes % groups, minlength=groups).astype(np.float64)
        parts = (n - sizes) * (estimate - without)
        parts -= sizes / n * parts.sum()
        order = np.lexsort((sizes, parts))
        parts, sizes = parts[order], sizes[order]
        if bounds is None:
            worth = effective_clusters(sizes)
            spread = worth / max(worth - 1, 1e-9) * float(np.square(parts).sum())
            reach = t_quantile(max(worth - 1, 1e-9), confidence) * np.sqrt(spread) / n
            low, high, method = estimate - float(reach), estimate + float(reach), "jackknife t"
        else:
            ends = bounds_of_means(
                (parts + estimate * sizes)[None],
                sizes[None],
                bounds,
                confidence,
                unseen=np.array([n / few]),
            )
            unseen = unseen_fraction(few, confidence)
            low = max(low, min(float(ends[0][0]), estimate + unseen * (low - estimate)))
            high = min(high, max(float(ends[1][0]), estimate + unseen * (high - estimate)))
            method = "jackknife Gaffke"
        bias = _bias(score, codes % groups, groups, estimate)
        bottom, top = bounds or (-np.inf, np.inf)
        low, high = max(bottom, low - max(bias, 0.0)), min(top, high - min(bias, 0.0))
    return Interval(
        estimate=estimate,
        low=low,
        high=high,
        confidence=confidence,
        method=method,
        cases=n,
        clusters=found,
        effective_clusters=effective,
        n_effective=effective,
        bounds=bounds,
    )


def _bias(
    score: Callable[[npt.NDArray[np.intp]], float],
    group: npt.NDArray[np.intp],
    groups: int,
    estimate: float,
) -> float:
    """Estimate how much the score is off because cases are few, from pairs of halves."""
    rng, found = np.random.default_rng(0), []
    for _ in range(HALVINGS):
        first = np.isin(group, rng.permutation(groups)[: groups // 2])
        try:
            pair = [float(score(np.flatnonzero(half))) for half in (first, ~first)]
        except MetricError:  # a half without some class
            continue
        found.append(np.average(pair, weights=(first.sum(), (~first).sum())) - estimate)
    return float(np.mean(found)) / (2**0.5 - 1) if found and np.isfinite(found).all() else 0.0


def _left_out(
    score: Callable[[npt.NDArray[np.intp]], float], group: npt.NDArray[np.intp], groups: int
) -> Floats:
    """Score without each group in turn; nothing where that is undefined."""
    if groups == 1:
        return np.empty(0)
    try:
        return np.array([float(score(np.flatnonzero(group != one))) for one in range(groups)])
    except MetricError:
        return np.empty(0)
