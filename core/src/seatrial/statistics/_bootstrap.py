"""Resampling of clusters by exponential weights, for figures that are not linear in the weights.

Weights are drawn once for all columns of a matrix, and the unseen cluster gets a weight too. Means
and drops need none of this: their bounds are exact.
Source: Rubin, Annals of Statistics 9 (1981) 130-134.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Final

import numpy as np
import numpy.typing as npt

from ..errors import MetricError
from ._checks import Bounds, Floats, checked_scores, cluster_codes, unseen_size

__all__ = [
    "resampled_means",
    "sums_by_cluster",
]

BLOCK: Final = 1 << 21


def sums_by_cluster(
    values: npt.ArrayLike, clusters: npt.ArrayLike | None, bounds: Bounds
) -> tuple[Floats, Floats, Floats]:
    """Sum up each cluster in each column: scores, cases that have one, and (over all) squares.

    Rows come sorted, so that neither rounding nor weights depend on the order of the cases.
    """
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 2 or not array.size:  # noqa: PLR2004 - cases by cells
        msg = f"expected scores of cases by cells, got an array of shape {array.shape}"
        raise MetricError(msg)
    known = ~np.isnan(array)
    if not known.any(axis=0).all():
        empty = int(np.flatnonzero(~known.any(axis=0))[0])
        msg = f"cell {empty} has no measured case"
        raise MetricError(msg)
    checked_scores(array[known], bounds)
    codes, found = cluster_codes(clusters, len(array))
    filled = np.where(known, array, 0.0)
    if found < len(array):
        order = np.lexsort((*filled.T, codes))
        starts = np.searchsorted(codes[order], np.arange(found))
        sums = np.add.reduceat(filled[order], starts, axis=0)
        sizes = np.add.reduceat(known[order].astype(np.float64), starts, axis=0)
    else:
        sums, sizes = filled, known.astype(np.float64)
    squares = np.square(np.sort(filled, axis=0)).sum(axis=0)
    order = np.lexsort((*sizes.T, *sums.T))
    return sums[order], sizes[order], squares


def resampled_means(
    sums: Floats, sizes: Floats, seed: int, resamples: int, largest: float | None = None
) -> tuple[Floats, Floats, Floats]:
    """Draw weights once and give, by resample and cell: the mean, its weight, and an unseen one.

    The mean is `(sums weighted) / (sizes weighted)`; the third is the weight of one more cluster of
    the size that a case's own cluster has on average (or `largest`, if larger), which only the
    caller knows how to score.
    """
    clusters, cells = sums.shape
    means = sums.sum(axis=0) / sizes.sum(axis=0)
    # What is centred may be summed in single precision: the rounding is a millionth of the spread.
    centred = (sums - means * sizes).astype(np.float32)
    alike = bool((sizes == sizes[:, :1]).all())
    counts = (sizes[:, :1] if alike else sizes).astype(np.float32)
    both = np.concatenate([centred, counts], axis=1)
    found = np.empty((resamples, both.shape[1]), dtype=np.float32)
    step = min(max(BLOCK // clusters, 1), resamples)
    # Drawing is what takes the time. Each half of a block has a generator of its own, so that the
    # two may be drawn at once and the figures do not depend on it.
    *halves, last = (np.random.default_rng(one) for one in np.random.SeedSequence(seed).spawn(3))
    weights = np.empty((2, step, clusters), dtype=np.float32)

    def draw(half: int) -> None:
        halves[half].standard_exponential(dtype=np.float32, out=weights[half])

    with ThreadPoolExecutor(2) as pool:
        for start in range(0, resamples, 2 * step):
            list(pool.map(draw, (0, 1)))
            rows = weights.reshape(2 * step, clusters)[: resamples - start]
            np.matmul(rows, both, out=found[start : start + 2 * step])
    weight = found[:, cells:].astype(np.float64)
    average = np.array([unseen_size(column, largest) for column in sizes.T])
    unseen = last.standard_exponential((resamples, 1)) * average
    return found[:, :cells] / weight + means, weight, unseen
