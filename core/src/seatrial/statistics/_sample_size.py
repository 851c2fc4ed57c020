"""How many cases decide: before a run (what could pass at all) and after (how many more)."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil, isclose, sqrt
from typing import Final

from ..errors import PlanError
from ._checks import binomial_low, check_confidence, unseen_fraction
from ._interval import Interval

__all__ = ["cases_needed", "minimum_cases"]

MAX_CASES: Final = 10**9
RATES: Final = frozenset({"Clopper-Pearson", "Korn-Graubard"})
BOUNDED: Final = frozenset({"Gaffke", "paired Gaffke", "jackknife Gaffke"})


def minimum_cases(
    threshold: float, confidence: float, *, failures: int = 0, at_most: bool = False
) -> int | None:
    """Give the smallest number of independent cases that can pass, for the dry run of a plan.

    A rate of at least `threshold` at one-sided `confidence`, with so many failures among the cases:
    59 for .95 at .95 with none, 93 with one. `at_most` mirrors it: a rate of failures of at most
    `threshold`. That is also the number for a drop of at most `threshold` where no case changes.
    Where cases come in clusters, it counts clusters. None if no number passes (a rate of 1).
    """
    check_confidence(confidence)
    if not 0 <= threshold <= 1:
        msg = f"the threshold of a rate must be from 0 to 1, got {threshold!r}"
        raise PlanError(msg)
    if failures < 0:
        msg = f"failures must be 0 or more, got {failures!r}"
        raise PlanError(msg)
    least = 1 - threshold if at_most else threshold
    return _smallest(
        lambda n: binomial_low(n - failures, n, confidence) >= least, above=max(failures, 1) - 1
    )


def cases_needed(interval: Interval, threshold: float) -> int | None:
    """Give how many more cases would decide, if they turned out like those already measured.

    Decided means that the interval no longer holds the threshold inside. Rates are searched on the
    exact bound, with the design effect as observed; for other figures the half-width towards the
    threshold shrinks as the root of the number, and the part that stands for what was not seen as
    the number itself. More cases mean more clusters of the same size, and whole clusters count.
    0 if it is decided; None if no number would decide: the estimate is the threshold, or nothing is
    known about the spread.
    """
    if not interval.low < threshold < interval.high:
        return 0
    if isclose(interval.estimate, threshold, rel_tol=0, abs_tol=1e-12):
        return None
    distance = abs(threshold - interval.estimate)
    below = threshold < interval.estimate

    def decided(clusters: int) -> bool:
        return _reach(interval, clusters / interval.clusters, low=below) <= distance

    clusters = _smallest(decided, above=interval.clusters)
    if clusters is None:
        return None
    return ceil((clusters - interval.clusters) * interval.cases / interval.clusters)


def _reach(interval: Interval, times: float, *, low: bool) -> float:
    """Give how far the bound would lie from the estimate with so many times the clusters."""
    end = interval.low if low else interval.high
    reach = abs(end - interval.estimate)
    clusters = interval.effective_clusters * times
    if interval.method in RATES:
        n, rate = interval.n_effective * times, interval.estimate
        rate, successes = (rate, rate * n) if low else (1 - rate, (1 - rate) * n)
        exact = rate - binomial_low(successes, n, interval.confidence)
        return max(exact, rate - 1 + unseen_fraction(clusters, interval.confidence))
    if interval.method not in BOUNDED or interval.bounds is None:
        return reach / sqrt(times)
    room = abs(interval.bounds[0 if low else 1] - interval.estimate)
    shift, blind = _unseen(interval, interval.effective_clusters, room)
    later_shift, later_blind = _unseen(interval, clusters, room)
    spread = max((reach - shift) ** 2 - blind**2, 0.0)
    return later_shift + sqrt(spread / times + later_blind**2)


def _unseen(interval: Interval, clusters: float, room: float) -> tuple[float, float]:
    """Split what the cluster never seen adds into its mean and the rest of its quantile."""
    shift = room / (clusters + 1)
    return shift, room * unseen_fraction(clusters, interval.confidence) - shift


def _smallest(holds: Callable[[int], bool], *, above: int) -> int | None:
    """Find by bisection the first number beyond `above` from which on `holds` is true."""
    low, high = above, above + 1
    while not holds(high):
        low, high = high, high * 2
        if high > MAX_CASES:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high
