"""Deciding while cases are still being measured, without paying for having looked.

Whoever looks after every case and stops at the first good moment is wrong far more often than one
look allows. Here a verdict may be asked for after every cluster and the error rate still holds,
because the evidence is a *bet* (a test martingale): against the claim that the mean is at most
`threshold`, one bets on each next cluster at odds that are fair if the claim holds. If it does, the
probability that the stake ever grows by `1 / alpha` is at most `alpha` (Ville 1939), whatever the
distribution, however few the clusters and however they depend within. Source: Waudby-Smith and
Ramdas, Journal of the Royal Statistical Society B 86 (2024) 1-27. A verdict needs two such bets at
one threshold, which takes far fewer cases than a whole confidence sequence; that is here too, for
the interval to show.

The stake is spread over `BETS` fixed fractions of what may be bet, so that none must be guessed.
This has a pleasant side: what is known after some clusters does not depend on their order.

**What must hold.** Clusters are measured in random order (`measuring_order`), and whole: one that
is half measured is left out. The inference is about the population of which the cases are a sample,
as everywhere in seatrial, and not about the finite list.

**When everything is measured.** Half of the error that a verdict may make is spent on looking
early, half is kept for a last look with the usual fixed-sample interval at `last_look(confidence)`.
Both together err at most at `1 - confidence`. A case near the threshold thus ends where a run
without early stopping ends, with an interval as wide as at .975 in place of .95.
"""

from __future__ import annotations

from typing import Final, Literal

import numpy as np
import numpy.typing as npt
from attrs import evolve, frozen

from ..errors import MetricError, PlanError
from ._checks import Bounds, Floats, check_confidence, checked_scores, cluster_codes
from ._interval import Interval

__all__ = ["Decision", "always_valid", "decide", "last_look", "log_stake", "measuring_order"]

BETS: Final = 24
SPENT_ON_LOOKING: Final = 0.5
HALVINGS: Final = 30
BLOCK: Final = 1 << 15


@frozen(kw_only=True)
class Decision:
    """Says what was established, and after how many cases; None while nothing is.

    `pass_stake` and `fail_stake` are the natural logarithms of the largest stakes reached so far
    against "misses the threshold" and "meets it"; `needed` is what either must reach.
    """

    outcome: Literal["pass", "fail"] | None
    cases: int
    clusters: int
    pass_stake: float
    fail_stake: float
    needed: float


def measuring_order(clusters: npt.ArrayLike | None, n: int, *, seed: int) -> npt.NDArray[np.intp]:
    """Give positions of all cases so that clusters come whole and in random order.

    Clusters are shuffled by their labels' order, so that the same labels give the same order
    wherever they stand in the list. Cases keep their order within a cluster.
    """
    codes, found = cluster_codes(clusters, n)
    rank = np.random.default_rng(seed).permutation(found)
    return np.argsort(rank[codes], kind="stable")


def decide(
    values: npt.ArrayLike,
    clusters: npt.ArrayLike | None,
    threshold: float,
    confidence: float,
    *,
    bounds: Bounds,
    at_most: bool = False,
    largest: int = 1,
) -> Decision:
    """Decide whether the mean meets a threshold, from the cases measured so far, in that order.

    `values` are bounded scores in the order of `measuring_order`: scores, or the paired differences
    of a drop with `at_most=True`. `largest` is the number of cases in the largest cluster of the
    whole list, also of those still to come. `confidence` is that of the verdict as a whole: a false
    pass happens with probability at most `1 - confidence`, a false fail likewise, the last look
    included. Call it as often as you like; the first decision stands.

    Where clusters differ in size, bets must be small enough for the largest one, so that one giant
    cluster makes early decisions rare. They stay valid.
    """
    sums, sizes, low, high = _in_order(values, clusters, bounds, largest)
    needed = _needed(confidence)
    if at_most:
        sums, low, high, threshold = -sums, -high, -low, -threshold
    passing = log_stake(sums - threshold * sizes, (threshold - low) * largest)
    failing = log_stake(threshold * sizes - sums, (high - threshold) * largest)
    if threshold <= low:  # what cannot be missed needs no evidence
        passing[:] = np.inf
    first_pass, first_fail = _first(passing, needed), _first(failing, needed)
    first = min(first_pass, first_fail)
    decided = first < len(sums)
    return Decision(
        outcome=None if not decided else "pass" if first_pass <= first_fail else "fail",
        cases=int(sizes[: first + 1].sum()),
        clusters=first + 1 if decided else len(sums),
        pass_stake=float(passing.max()),
        fail_stake=float(failing.max()),
        needed=needed,
    )


def always_valid(
    values: npt.ArrayLike,
    clusters: npt.ArrayLike | None,
    confidence: float,
    *,
    bounds: Bounds,
    largest: int = 1,
    last: Interval | None = None,
) -> Interval:
    """Bound the mean of what was measured so far by an interval that holds at every look.

    The ends are those thresholds that `decide` would by now have decided on, as far as they lie on
    their side of the estimate: where a verdict has just been reached, it and the interval agree.
    When every case is measured, give as `last` the usual interval at `last_look(confidence)`: each
    end is then the better of the two, and the method is that of `last` if it gave one.
    """
    sums, sizes, low, high = _in_order(values, clusters, bounds, largest)
    needed = _needed(confidence)
    mean = float(sums.sum() / sizes.sum())
    found = Interval(
        estimate=mean,
        low=_search(sums, sizes, (mean, low), needed, largest),
        high=-_search(-sums, sizes, (-mean, -high), needed, largest),
        confidence=confidence,
        method="betting",
        cases=int(sizes.sum()),
        clusters=len(sums),
        n_effective=float(len(sums)),
        bounds=(low, high),
    )
    if last is None:
        return found
    ends = max(found.low, last.low), min(found.high, last.high)
    method = "betting" if ends == found.ends else last.method
    return evolve(last, low=ends[0], high=ends[1], confidence=confidence, method=method)


def last_look(confidence: float) -> float:
    """Give the confidence of the fixed-sample interval for when every case has been measured."""
    check_confidence(confidence)
    return 1 - (1 - SPENT_ON_LOOKING) * (1 - confidence)


def log_stake(gains: Floats, room: float) -> Floats:
    """Follow the logarithm of a stake along the last axis of gains that are at least `-room`.

    It starts at 1 and is the mean over `BETS` stakes of the products of `1 + stake * gain / room`.
    If no gain is positive on average, the probability that it ever reaches `1 / alpha` is at most
    `alpha`.
    """
    if room <= 0:
        # The claim leaves no room for this side: one gain above zero refutes it for good.
        refuted = np.maximum.accumulate(gains > 0, axis=-1) | (room < 0)
        return np.where(refuted, np.inf, 0.0)
    stakes = (np.arange(BETS) + 0.5) / BETS / room
    stake = np.empty(gains.shape)
    held = np.zeros((*gains.shape[:-1], 1, BETS))
    for start in range(0, gains.shape[-1], BLOCK):
        block = gains[..., start : start + BLOCK]
        logs = np.log1p(block[..., None] * stakes).cumsum(axis=-2) + held
        held = logs[..., -1:, :]
        best = logs.max(axis=-1, keepdims=True)
        stake[..., start : start + BLOCK] = np.log(np.exp(logs - best).mean(axis=-1)) + best[..., 0]
    return stake


def _needed(confidence: float) -> float:
    check_confidence(confidence)
    return float(-np.log(SPENT_ON_LOOKING * (1 - confidence)))


def _first(stake: Floats, needed: float) -> int:
    """Give the position of the first stake that suffices, or the length if none does."""
    enough = stake >= needed
    return int(enough.argmax()) if enough.any() else len(stake)


def _in_order(
    values: npt.ArrayLike, clusters: npt.ArrayLike | None, bounds: Bounds, largest: int
) -> tuple[Floats, Floats, float, float]:
    """Sum up clusters in the order in which they first appear."""
    if bounds is None:
        msg = "a score without bounds cannot be judged before every case is measured"
        raise PlanError(msg)
    array = checked_scores(values, bounds)
    codes, found = cluster_codes(clusters, len(array))
    if clusters is not None:
        first = np.full(found, len(array))
        np.minimum.at(first, codes, np.arange(len(array)))
        codes = np.argsort(np.argsort(first))[codes]
    sizes = np.bincount(codes, minlength=found).astype(np.float64)
    if sizes.max() > largest:
        msg = (
            f"a cluster has {sizes.max():.0f} cases, more than `largest` ({largest}): give the "
            "size of the largest cluster of the whole list"
        )
        raise MetricError(msg)
    sums: Floats = np.bincount(codes, array, minlength=found).astype(np.float64)
    return sums, sizes, float(bounds[0]), float(bounds[1])


def _search(
    sums: Floats, sizes: Floats, ends: tuple[float, float], needed: float, largest: int
) -> float:
    """Find by bisection the largest mean that the cases refute from above, or the bound."""
    above, below = ends
    floor = below
    for _ in range(HALVINGS):
        middle = (above + below) / 2
        stake = log_stake(sums - middle * sizes, (middle - floor) * largest)
        if stake.max() >= needed:
            below = middle
        else:
            above = middle
    return below
