"""Many verdicts at once: when to correct for their number, and when not to.

**"Everything passes" needs no correction.** If each priority passes falsely with probability at
most alpha, then so does the claim that all of them hold: if one is in truth violated, that very one
had to pass falsely (intersection-union; Berger, Technometrics 24, 1982, 295-300).

**"These ones failed" does.** Of 20 priorities that hold, one is listed as failed at alpha = .05
more often than not. `holm` adjusts p-values so that a list of failures names any priority falsely
with probability at most alpha, whatever depends on what; `p_value` gives the p-value that belongs
to an interval.

**"This slice is the worst" was searched for.** The largest of many differences is large by chance;
`searched_maximum` says how large, by giving every cluster's outcomes to another cluster.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
from attrs import frozen

from ..errors import MetricError
from ._checks import Floats, checked_scores, cluster_codes

__all__ = ["Searched", "holm", "p_value", "searched_maximum"]

MIN_P: Final = 1e-6
MAX_P: Final = 0.5
HALVINGS: Final = 24
BLOCK: Final = 1 << 22


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjust p-values for their number, step by step from the smallest.

    What is at most alpha afterwards may be listed; the list is free of errors with probability at
    least 1 - alpha. Source: Holm, Scandinavian Journal of Statistics 6 (1979) 65-70.
    """
    array = np.asarray(p_values, dtype=np.float64)
    if not ((array >= 0) & (array <= 1)).all():
        msg = f"p-values are from 0 to 1, got {list(p_values)}"
        raise MetricError(msg)
    order = np.argsort(array, kind="stable")
    stepped = np.maximum.accumulate(array[order] * np.arange(len(array), 0, -1))
    adjusted = np.empty(len(array))
    adjusted[order] = np.minimum(stepped, 1.0)
    return [float(one) for one in adjusted]


def p_value(decided: Callable[[float], bool]) -> float:
    """Give the smallest alpha at which a verdict would still be reached.

    `decided` says whether it is at a one-sided confidence, as in `lambda confidence:
    proportion(values, clusters, confidence).high < threshold`. Verdicts need a confidence of at
    least .5, so a p-value above .5 is given as 1; one below a millionth is given as that.
    """
    if not decided(1 - MAX_P):
        return 1.0
    if decided(1 - MIN_P):
        return MIN_P
    low, high = np.log(MIN_P), np.log(MAX_P)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if decided(1 - float(np.exp(middle))) else (middle, high)
    return float(np.exp(high))


@frozen(kw_only=True)
class Searched:
    """Says which slice differs most, by how much, and how often chance alone does as well.

    `differences` are mean inside minus mean overall. `adjusted` has a p-value for each slice that
    counts the search: how often the largest of all is at least as large as this one by chance.
    """

    slice: int
    p_value: float
    differences: Floats
    adjusted: Floats


def searched_maximum(
    values: npt.ArrayLike,
    members: npt.ArrayLike,
    clusters: npt.ArrayLike | None,
    *,
    seed: int,
    permutations: int = 2_000,
) -> Searched:
    """Find the slice with the largest mean, and its p-value with the search counted.

    `values` has one figure for each case (failure as 1, or a loss), `members` a column of booleans
    for each slice. Under the null, what happens to a cluster has nothing to do with its slices: the
    values of whole clusters are dealt anew among clusters of the same size. Differences are divided
    by their standard error under independence, so that small slices do not win by chance alone. The
    p-value is exact: it is at most alpha with probability at most alpha. Where no two clusters have
    the same size nothing can be dealt, and it is 1.
    Source: Westfall and Young, Resampling-Based Multiple Testing (1993), single step.
    """
    array = checked_scores(values, None)
    inside = np.asarray(members, dtype=bool)
    n = len(array)
    if inside.ndim != 2 or len(inside) != n:  # noqa: PLR2004 - cases by slices
        msg = f"expected {n} cases by slices, got an array of shape {inside.shape}"
        raise MetricError(msg)
    counts = inside.sum(axis=0)
    if not ((counts > 0) & (counts < n)).all():
        bad = int(np.flatnonzero((counts == 0) | (counts == n))[0])
        msg = f"slice {bad} holds {counts[bad]} of {n} cases: leave out slices of none and of all"
        raise MetricError(msg)
    centred = array - array.mean()
    deviation = np.sqrt(np.square(centred).mean())
    weights = inside / np.sqrt(counts * (n - counts) / (n - 1)) / (deviation or 1.0)
    seen = centred @ weights
    generator = np.random.default_rng(seed)
    deal = _dealer(clusters, n)
    largest = np.empty(permutations)
    step = max(BLOCK // n, 1)
    for start in range(0, permutations, step):
        rows = min(step, permutations - start)
        largest[start : start + rows] = (centred[deal(generator, rows)] @ weights).max(axis=1)
    # A rounding error must not make a tie with what was seen look like less.
    reached = np.sort(largest) + 1e-9 * max(1.0, float(np.abs(seen).max()))
    adjusted = (1 + permutations - np.searchsorted(reached, seen)) / (1 + permutations)
    best = int(np.argmax(seen))
    return Searched(
        slice=best,
        p_value=float(adjusted[best]),
        differences=np.array([array[inside[:, k]].mean() for k in range(len(counts))])
        - array.mean(),
        adjusted=adjusted,
    )


def _dealer(
    clusters: npt.ArrayLike | None, n: int
) -> Callable[[np.random.Generator, int], npt.NDArray[np.intp]]:
    """Give a function that draws, by row, from which case each case gets its value."""
    codes, _ = cluster_codes(clusters, n)
    order = np.argsort(codes, kind="stable")
    sizes = np.bincount(codes)
    starts = np.cumsum(sizes) - sizes
    # For each size of cluster: the cases of those clusters, one row for each cluster.
    blocks = [order[starts[sizes == size][:, None] + np.arange(size)] for size in np.unique(sizes)]

    def deal(generator: np.random.Generator, rows: int) -> npt.NDArray[np.intp]:
        dealt = np.empty((rows, n), dtype=np.intp)
        for block in blocks:
            drawn = np.argsort(generator.random((rows, len(block))), axis=1)
            dealt[:, block.ravel()] = block[drawn].reshape(rows, -1)
        return dealt

    return deal
