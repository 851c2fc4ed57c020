"""Whether a model's confidence says how often it is right: Brier score, ECE, risk and coverage."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from ..errors import MetricError
from ._bootstrap import resampled_means, sums_by_cluster
from ._checks import (
    Floats,
    check_confidence,
    checked_scores,
    effective_clusters,
    unseen_fraction,
    unseen_size,
)
from ._gaffke import bounds_of_means, distinct
from ._interval import Interval

__all__ = ["brier_scores", "expected_calibration_error", "risk_under_coverage"]

BINS: Final = 15


def brier_scores(stated: npt.ArrayLike, right: npt.ArrayLike) -> Floats:
    """Give each case's squared distance of stated confidence from outcome, 0 to 1, lower is better.

    Its mean is the Brier score; bound it with `mean_of_bounded` like any score.
    Source: Brier, Monthly Weather Review 78 (1950) 1-3.
    """
    said, was = _checked(stated, right)
    return np.square(said - was)


def expected_calibration_error(
    stated: npt.ArrayLike,
    right: npt.ArrayLike,
    clusters: npt.ArrayLike | None,
    confidence: float,
    *,
    seed: int,
    bins: int = BINS,
    largest: float | None = None,
    resamples: int = 10_000,
) -> Interval:
    """Bound the expected calibration error over bins of equal width, 0 to 1, lower is better.

    The estimate is biased upwards: with few cases for a bin, luck alone looks like miscalibration,
    and a perfectly calibrated model of 300 cases shows about .05. So the ends are asymmetric.
    `high` is the quantile of a cluster bootstrap, which shares that bias and is never too low by
    it. `low` subtracts it: each cluster goes to either half with probability one half, the *signs*
    of the bins' gaps are read from one half, and the mean gap along those signs, which cannot
    exceed the true error for any signs, is bounded on the other half.

    One more cluster that was never seen is reckoned with at both ends (`largest`: see
    `mean_of_bounded`). What is bounded is the error of the binned confidence; within a bin, errors
    of both signs cancel.
    Source: Naeini, Cooper and Hauskrecht, AAAI 2015, 2901-2907.
    """
    check_confidence(confidence)
    said, was = _checked(stated, right)
    sums, sizes, _ = sums_by_cluster(_by_bin(said, was, bins), clusters, (-1.0, 1.0))
    drawn, weight, unseen = resampled_means(sums, sizes, seed, resamples, largest)
    error = np.abs(drawn).sum(axis=1)
    weight_of_unseen = (unseen / (weight + unseen))[:, 0]
    estimate = error_of_bins(said, was, bins=bins)
    high = float(np.quantile(error + weight_of_unseen * (1 - error), confidence, method="higher"))
    effective = effective_clusters(sizes[:, 0])
    blind = unseen_fraction(len(said) / unseen_size(sizes[:, 0], largest), confidence)
    return Interval(
        estimate=estimate,
        low=min(_low(sums, sizes[:, 0], confidence, seed, largest), estimate),
        high=max(high, estimate + blind * (1 - estimate)),
        confidence=confidence,
        method="bootstrap of bins",
        cases=len(said),
        clusters=len(sums),
        effective_clusters=effective,
        n_effective=effective,
        bounds=(0.0, 1.0),
    )


def error_of_bins(stated: npt.ArrayLike, right: npt.ArrayLike, *, bins: int = BINS) -> float:
    """Give the expected calibration error alone, without an interval."""
    gaps = np.sort(_by_bin(*_checked(stated, right), bins), axis=0)
    return float(np.abs(gaps.sum(axis=0)).sum() / len(gaps))


def _by_bin(said: Floats, was: Floats, bins: int) -> Floats:
    """Put stated confidence minus outcome of each case into the column of its bin."""
    bin_of = np.minimum((said * bins).astype(np.intp), bins - 1)
    return np.where(bin_of[:, None] == np.arange(bins), (said - was)[:, None], 0.0)


def risk_under_coverage(stated: npt.ArrayLike, right: npt.ArrayLike) -> float:
    """Give the area under the curve of risk by coverage: the mean error over all cut-offs.

    Cases are answered from the most confident down; ties are answered together. 0 is best. It is no
    mean over cases: bound it with `jackknife`.
    Source: Geifman and El-Yaniv, NeurIPS 2017.
    """
    said, was = _checked(stated, right)
    levels, at = np.unique(-said, return_inverse=True)
    answered = np.bincount(at, minlength=len(levels))
    wrong = np.bincount(at, 1 - was, minlength=len(levels)).cumsum()
    return float((wrong / answered.cumsum()) @ answered / len(said))


def _low(sums: Floats, sizes: Floats, confidence: float, seed: int, largest: float | None) -> float:
    """Bound the error from below: signs from one half of the clusters, the mean from the other."""
    first = np.random.default_rng(seed).random(len(sums)) < 1 / 2
    if first.all() or not first.any():
        return 0.0
    signs = np.sign(sums[first].sum(axis=0))
    along = sums[~first] @ signs
    rows, counts, often = distinct(along, sizes[~first])
    unseen = np.array([unseen_size(sizes[~first], largest)])
    ends = bounds_of_means(rows, counts, (-1.0, 1.0), confidence, counts=often, unseen=unseen)
    low = ends[0]
    return max(0.0, float(low[0]))


def _checked(stated: npt.ArrayLike, right: npt.ArrayLike) -> tuple[Floats, Floats]:
    said, was = checked_scores(stated, (0.0, 1.0)), checked_scores(right, (0.0, 1.0))
    if len(said) != len(was):
        msg = f"{len(said)} stated confidences but {len(was)} outcomes: give one pair per case"
        raise MetricError(msg)
    return said, was
