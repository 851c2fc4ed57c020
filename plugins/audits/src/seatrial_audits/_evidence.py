"""When something is no accident: rank tests, runs, and the mean of clustered values."""

from __future__ import annotations

from collections.abc import Sequence
from math import erfc, sqrt
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from seatrial import statistics

__all__ = [
    "ERROR_RATE",
    "MIN_CASES",
    "area",
    "bounded_area",
    "bounded_mean",
    "codes_of",
    "runs",
    "two_sided",
]

ERROR_RATE = 1e-3
"""How often an audit may report an effect that is not there, over all that it looks at."""

MIN_CASES = 20
"""Fewer cases than this of a class say nothing about it."""

Floats = npt.NDArray[np.float64]


def codes_of(values: Sequence[object]) -> npt.NDArray[np.intp]:
    """Number values in order of their first appearance."""
    known: dict[object, int] = {}
    return np.array([known.setdefault(value, len(known)) for value in values], dtype=np.intp)


def two_sided(z: float) -> float:
    """Give the probability of a normal deviate at least this far from 0."""
    return erfc(abs(z) / sqrt(2))


def area(positive: npt.NDArray[np.bool_], scores: Floats) -> Floats:
    """Give the AUROC of each column of `scores` [cases, columns], ties counting half."""
    count = int(positive.sum())
    found = np.empty(scores.shape[1])
    for column in range(scores.shape[1]):
        _, inverse, sizes = np.unique(scores[:, column], return_inverse=True, return_counts=True)
        middle = np.cumsum(sizes) - (sizes - 1) / 2
        ranks = middle[inverse]
        found[column] = (ranks[positive].sum() - count * (count + 1) / 2) / (
            count * (len(positive) - count)
        )
    return found


def bounded_area(
    positive: npt.NDArray[np.bool_],
    scores: Floats,
    clusters: npt.NDArray[np.intp],
    looks: int,
) -> tuple[float, float]:
    """Bound one AUROC so that `looks` such bounds all hold but for `ERROR_RATE`."""
    confidence = 1 - ERROR_RATE / (2 * looks)
    found = statistics.auroc(positive.astype(int), scores, clusters, confidence)
    return float(found.low), float(found.high)


def bounded_mean(
    values: Floats, clusters: npt.NDArray[np.intp], looks: int
) -> tuple[float, float, float]:
    """Give the mean of clustered values, with bounds of which `looks` hold but for `ERROR_RATE`."""
    mean = float(values.mean())
    sums = np.bincount(clusters, weights=values - mean)
    groups = len(np.unique(clusters))
    if groups < MIN_CASES:
        return mean, -np.inf, np.inf
    spread = sqrt(groups / (groups - 1) * float((sums**2).sum())) / len(values)
    reach = NormalDist().inv_cdf(1 - ERROR_RATE / (2 * looks)) * spread
    return mean, mean - reach, mean + reach


def runs(codes: npt.NDArray[np.intp]) -> tuple[float, float, float]:
    """Compare how often neighbours have the same code with what is expected of a random order.

    Gives the observed fraction, the fraction expected of a shuffled sequence, and the two-sided
    p-value (Barton and David, Biometrika 44, 1957: the number of runs of several kinds is nearly
    normal).
    """
    n = len(codes)
    counts = np.bincount(codes).astype(float)
    squares, cubes = float((counts**2).sum()), float((counts**3).sum())
    number = 1 + int((codes[1:] != codes[:-1]).sum())
    expected = n + 1 - squares / n
    variance = (squares * (squares + n * (n + 1)) - 2 * n * cubes - n**3) / (n * n * (n - 1))
    p_value = two_sided((number - expected) / sqrt(variance)) if variance > 0 else 1.0
    return (n - number) / (n - 1), (n - expected) / (n - 1), p_value
