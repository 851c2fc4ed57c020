"""Ratios of means where the denominator was measured too: it has an uncertainty of its own."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..errors import MetricError
from ._bootstrap import resampled_means, sums_by_cluster
from ._checks import Floats, check_confidence, checked_scores, effective_clusters
from ._interval import Interval

__all__ = ["mean_of_ratios"]

Ends = tuple[float, float]


def mean_of_ratios(
    above: npt.ArrayLike,
    below: npt.ArrayLike,
    clusters: npt.ArrayLike | None,
    confidence: float,
    *,
    bounds: Ends,
    seed: int,
    above_bounds: Ends | None = None,
    reference: npt.ArrayLike | None = None,
    paired: bool = True,
    largest: float | None = None,
    resamples: int = 10_000,
) -> Interval:
    """Bound the mean over columns of the mean of `above` over that of `below`.

    Both have a row for each case and a column for each ratio, all within `bounds`: errors under
    each corruption, and those of a reference model. `above_bounds` are those of `above` where they
    are others: of differences between two models. Where the cases are the same (`paired`), both
    are resampled with the same weights of clusters; else `reference` has the clusters of `below`,
    which are resampled on their own. In each resample one cluster that was never seen has the
    values that make the ratios largest, or smallest (`largest`: see `mean_of_bounded`). `high` is
    infinite where the mean of a denominator may well be zero.

    Raises `MetricError` if the mean of a column of `below` is not above zero: its ratio is
    undefined.
    Source: Rubin, Annals of Statistics 9 (1981) 130-134, with Gaffke's unseen cluster; compare
    Fieller, Journal of the Royal Statistical Society B 16 (1954) 175-185.
    """
    check_confidence(confidence)
    ours, theirs = np.asarray(above, dtype=np.float64), np.asarray(below, dtype=np.float64)
    fits = ours.ndim == 2 and ours.shape[1:] == theirs.shape[1:]  # noqa: PLR2004 - cases by ratios
    if not fits or (paired and len(ours) != len(theirs)):
        msg = (
            f"{ours.shape} numerators and {theirs.shape} denominators: give cases by ratios, and "
            "the same cases where they are paired"
        )
        raise MetricError(msg)
    base = theirs.mean(axis=0)
    if not (base > 0).all():
        at = int(np.flatnonzero(~(base > 0))[0])
        msg = f"the mean of denominator {at} is {base[at]:g}: a ratio to it is undefined"
        raise MetricError(msg)
    columns, ours_bounds = ours.shape[1], above_bounds or bounds
    if paired:
        checked_scores(theirs.ravel(), bounds)
        wide = min(bounds[0], ours_bounds[0]), max(bounds[1], ours_bounds[1])
        sums, sizes, _ = sums_by_cluster(np.concatenate([ours, theirs], axis=1), clusters, wide)
        drawn, fraction = _drawn(sums, sizes, seed, resamples, largest)
        draws = (drawn[:, :columns], fraction), (drawn[:, columns:], fraction)
    else:
        parts = [
            sums_by_cluster(*one)
            for one in ((ours, clusters, ours_bounds), (theirs, reference, bounds))
        ]
        sizes = parts[0][1]
        draws = (
            _drawn(parts[0][0], parts[0][1], seed, resamples, largest),
            _drawn(parts[1][0], parts[1][1], seed + 1, resamples, largest),
        )
    lowest, highest = _extreme_ratios(*draws, ours_bounds, bounds)
    estimate = float((ours.mean(axis=0) / base).mean())
    effective = effective_clusters(sizes[:, 0])
    return Interval(
        estimate=estimate,
        low=min(estimate, float(np.quantile(lowest, 1 - confidence, method="lower"))),
        high=max(estimate, float(np.quantile(highest, confidence, method="higher"))),
        confidence=confidence,
        method="ratio bootstrap",
        cases=len(ours),
        clusters=len(sizes),
        effective_clusters=effective,
        n_effective=effective,
        bounds=None,
    )


def _drawn(
    sums: Floats, sizes: Floats, seed: int, resamples: int, largest: float | None
) -> tuple[Floats, Floats]:
    """Resample the means, and how much of the weight the unseen cluster takes."""
    means, weight, unseen = resampled_means(sums, sizes, seed, resamples, largest)
    return means, (unseen / (weight + unseen))[:, :1]


def _extreme_ratios(
    above: tuple[Floats, Floats], below: tuple[Floats, Floats], ours: Ends, theirs: Ends
) -> tuple[Floats, Floats]:
    """Give each resample's smallest and largest mean ratio over what the unseen cluster may be."""
    least, most = (above[0] + above[1] * (end - above[0]) for end in ours)
    small, large = (below[0] + below[1] * (end - below[0]) for end in theirs)
    with np.errstate(divide="ignore", invalid="ignore"):
        lowest = np.where(least < 0, least / small, least / large)
        highest = np.where(most > 0, most / small, most / large)
    lowest = np.where((large <= 0) | ((small <= 0) & (least < 0)), -np.inf, lowest)
    highest = np.where((large <= 0) | ((small <= 0) & (most > 0)), np.inf, highest)
    return lowest.mean(axis=1), highest.mean(axis=1)
