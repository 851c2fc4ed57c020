"""Exact bounds, and checked input, on which all intervals stand."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from ..errors import MetricError, PlanError

__all__ = [
    "Bounds",
    "Floats",
    "binomial_high",
    "binomial_low",
    "by_cluster",
    "check_confidence",
    "checked_scores",
    "cluster_codes",
    "effective_clusters",
    "t_quantile",
    "unseen_fraction",
    "unseen_size",
]

Floats = npt.NDArray[np.float64]
Bounds = tuple[float, float] | None

MIN_CONFIDENCE: Final = 0.5


def check_confidence(confidence: float) -> None:
    """Refuse a confidence that no verdict could mean."""
    number = isinstance(confidence, int | float | np.number)
    if not number or not MIN_CONFIDENCE <= confidence < 1.0:
        msg = f"confidence must be at least {MIN_CONFIDENCE} and below 1, got {confidence!r}"
        raise PlanError(msg)


def binomial_low(successes: float, n: float, confidence: float) -> float:
    """Give the lower Clopper-Pearson bound; both numbers may be fractional."""
    from scipy.special import betaincinv

    if successes <= 0:
        return 0.0
    return float(betaincinv(successes, n - successes + 1, 1 - confidence))


def binomial_high(successes: float, n: float, confidence: float) -> float:
    """Give the upper Clopper-Pearson bound; both numbers may be fractional."""
    return 1.0 - binomial_low(n - successes, n, confidence)


def unseen_fraction(clusters: float, confidence: float) -> float:
    """Give the largest fraction that could behave otherwise with none of it among the clusters."""
    return float(1.0 - (1.0 - confidence) ** (1.0 / clusters))


def t_quantile(df: float, confidence: float) -> float:
    from scipy.special import stdtrit

    return float(stdtrit(df, confidence))


def checked_scores(values: npt.ArrayLike, bounds: Bounds) -> Floats:
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1 or not len(array):
        msg = f"expected a list of at least one score, got an array of shape {array.shape}"
        raise MetricError(msg)
    if not np.isfinite(array).all():
        first = int(np.flatnonzero(~np.isfinite(array))[0])
        msg = (
            f"score {first} of {len(array)} is {array[first]}: take such cases out, and count them"
        )
        raise MetricError(msg)
    if bounds is not None and not ((array >= bounds[0]) & (array <= bounds[1])).all():
        msg = f"scores run from {array.min()} to {array.max()}, outside their bounds {bounds}"
        raise MetricError(msg)
    return array


def cluster_codes(clusters: npt.ArrayLike | None, n: int) -> tuple[npt.NDArray[np.intp], int]:
    if clusters is None:
        return np.arange(n), n
    labels = np.asarray(clusters)
    if labels.shape != (n,):
        msg = f"expected one cluster for each of {n} cases, got an array of shape {labels.shape}"
        raise MetricError(msg)
    found, codes = np.unique(labels, return_inverse=True)
    return codes, len(found)


def by_cluster(values: Floats, clusters: npt.ArrayLike | None) -> tuple[Floats, Floats]:
    """Sum up each cluster, sorted so that rounding does not depend on the order of the cases."""
    codes, found = cluster_codes(clusters, len(values))
    order = np.lexsort((values, codes))
    starts = np.searchsorted(codes[order], np.arange(found))
    sums = np.add.reduceat(values[order], starts)
    sizes = np.bincount(codes, minlength=found).astype(np.float64)
    order = np.lexsort((sizes, sums))
    return sums[order], sizes[order]


def unseen_size(sizes: Floats, largest: float | None = None) -> float:
    """Give the size that a cluster never seen is given: what a case's own cluster has on average.

    That is `sum(m**2) / sum(m)`, or `largest` where a larger cluster is to be expected.
    """
    usual = float(np.square(sizes).sum() / sizes.sum())
    if largest is None:
        return usual
    if not largest >= 1:
        msg = f"the largest cluster to expect has at least one case, got {largest!r}"
        raise PlanError(msg)
    return max(usual, float(largest))


def effective_clusters(sizes: Floats) -> float:
    """Give the number of equal clusters that say as much: `sum(m)**2 / sum(m**2)`."""
    return float(sizes.sum() ** 2 / np.square(sizes).sum())
