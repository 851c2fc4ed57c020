"""Gaffke's bounds for means of bounded scores over clusters of any size, without resampling.

Clusters get independent exponential weights, and so does one more cluster that was never seen, with
the worst possible score: the bound is a quantile of the weighted mean (Gaffke, Mathematical Methods
of Statistics 14, 2005; Learned-Miller and Thomas, arXiv 1905.06208). For 0/1 scores of independent
cases it is Clopper and Pearson's bound.

A cluster that is large is drawn as easily as one that is small, but says more. So the unseen
cluster has the mean size of a cluster *that a case is in*, `sum(m**2) / sum(m)`, or the size of the
largest cluster to expect, if that is stated and larger. For equal sizes this is their size.
"""

from __future__ import annotations

import numpy as np

from ._checks import Floats
from ._exponential_weights import solve_increasing, weighted_sum_cdf

__all__ = ["bounds_of_means", "distinct"]


def bounds_of_means(
    sums: Floats,
    sizes: Floats,
    bounds: tuple[float, float],
    confidence: float,
    *,
    counts: Floats | None = None,
    unseen: Floats | None = None,
) -> tuple[Floats, Floats]:
    """Give the low and the high end for each row of sums and sizes of clusters, rows by clusters.

    `counts` says how often each cluster occurs, by default once; a cluster of size 0 is none.
    `unseen` is the size of the cluster never seen, by row. Neither end passes the mean.
    """
    often = np.ones(sums.shape) if counts is None else counts
    if unseen is None:
        unseen = (often * np.square(sizes)).sum(axis=1) / (often * sizes).sum(axis=1)
    rows = len(sums)
    worst = np.repeat([bounds[0], -bounds[1]], rows)
    found = _lower_bounds(
        np.concatenate([sums, -sums]),
        np.concatenate([sizes, sizes]),
        np.concatenate([often, often]),
        np.concatenate([unseen, unseen]),
        worst,
        1 - confidence,
    )
    return found[:rows], -found[rows:]


def _lower_bounds(
    sums: Floats, sizes: Floats, counts: Floats, unseen: Floats, worst: Floats, alpha: float
) -> Floats:
    """Give the `alpha` quantile of each row's weighted mean, at most the mean itself."""
    mean = (counts * sums).sum(axis=1) / (counts * sizes).sum(axis=1)
    above = np.concatenate([sums, (unseen * worst)[:, None]], axis=1)
    below = np.concatenate([sizes, unseen[:, None]], axis=1)
    often = np.concatenate([counts, np.ones((len(sums), 1))], axis=1)
    found = solve_increasing(
        lambda points, rows: weighted_sum_cdf(
            above[rows] - points[:, None] * below[rows], often[rows]
        ),
        np.minimum(worst, mean),
        mean,
        np.full(len(sums), alpha),
    )
    low: Floats = np.minimum(found, mean)
    return low


def distinct(sums: Floats, sizes: Floats) -> tuple[Floats, Floats, Floats]:
    """Count equal clusters once: sums, sizes and counts, each one row by distinct clusters."""
    order = np.lexsort((sizes, sums))
    sums, sizes = sums[order], sizes[order]
    new = np.append(True, (np.diff(sums) != 0) | (np.diff(sizes) != 0))
    starts = np.flatnonzero(new)
    counts = np.diff(starts, append=len(sums)).astype(np.float64)
    return sums[starts][None], sizes[starts][None], counts[None]
