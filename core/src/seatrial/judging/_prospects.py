"""How likely more cases are to decide a demand, by what was measured: a predictive probability."""

from __future__ import annotations

from math import ceil

import numpy as np
from attrs import frozen

from ..statistics import Interval, predicted_decision, predictive_probabilities
from ..statistics._checks import binomial_high, binomial_low
from ._looks import Levels, Looks, boundaries_of
from ._question import Advice, Question

__all__ = ["TOO_CLOSE", "Standing", "advice_of"]

AIM = 0.8
"""The probability of a decision that advice aims at."""

LIKELY = 0.5
"""What is less likely than not to decide is not advised: the verdict is too close to tell."""

TOO_CLOSE = 0.05
"""Below this probability of a decision a run that stops when it is decided gives up."""

FURTHEST = 4
"""A new run of more than so many times the cases is not advised."""

MANY = 2_000
"""A figure that is worth more independent cases than these is predicted in the limit of many."""

HALVINGS = 40


@frozen
class Standing:
    """Where a figure stands: how far on the side of a pass, and its standard error.

    In the limit of many cases, where a bound is symmetric.
    """

    clusters: int
    distance: float
    error: float

    def decides(self, clusters: int, levels: Levels, *, anew: bool = False) -> float:
        """Give the probability of a decision at so many clusters; the prior is flat.

        They include those measured, or are others altogether (`anew`).
        """
        from scipy.special import ndtr, ndtri

        if not np.isfinite(self.error):
            return 0.0
        fraction = self.clusters / clusters
        scale = self.error * np.sqrt(1 + fraction if anew else 1 - fraction)
        found = 0.0
        for distance, level in ((self.distance, levels.passing), (-self.distance, levels.failing)):
            beyond = distance - float(ndtri(level)) * self.error * np.sqrt(fraction)
            found += float(ndtr(beyond / scale)) if scale > 0 else float(beyond >= 0)
        return min(found, 1.0)


@frozen
class _Equivalent:
    """The rate of independent failures that has the same estimate, and the same bound.

    `rate` failures were seen among `n` cases, which may be fractional; `threshold` is the rate to
    stay below.
    """

    rate: float
    n: float
    threshold: float
    clusters: int

    def decides(self, clusters: int, levels: Levels, *, anew: bool = False) -> float:
        """Give the probability of a decision at so many clusters, by Jeffreys' prior."""
        worth = self.n / self.clusters
        more = round((clusters - (0 if anew else self.clusters)) * worth)
        return predicted_decision(
            (1 - self.rate) * self.n,
            self.n,
            max(more, 1),
            1 - self.threshold,
            levels.passing,
            failing=levels.failing,
            anew=anew,
        )


def advice_of(question: Question, interval: Interval, looks: Looks, confidence: float) -> Advice:
    """Say how many more cases decide, and how likely that is.

    Where looks are left they are those of the next one that is likely to; where all are taken,
    they are those of a new run. An end that is as far out as it could be tells nothing about the
    spread, and so nothing about how far more cases would draw it in.
    """
    if looks.unplanned:
        return Advice(None, None, "")
    end, furthest = _deciding_end(question, interval)
    if end == furthest:
        units = "cases" if looks.single else "clusters"
        return Advice(None, None, f"too few {units} to tell how many more would decide")
    if looks.reached == len(looks.plan.sizes):
        return _anew(question, interval, looks, confidence)
    return _at_a_later_look(question, interval, looks, confidence)


def _at_a_later_look(
    question: Question, interval: Interval, looks: Looks, confidence: float
) -> Advice:
    threshold, now = question.requirement.threshold, looks.reached - 1
    rate = interval.method == "Clopper-Pearson"
    exact = boundaries_of(looks, threshold, confidence) if rate else None
    whole = exact is not None and interval.cases == exact.looks[now]
    levels = looks.levels(threshold, confidence, at_most=question.at_most, rate=rate)
    standing = _standing(question, interval, levels[now])
    found, at = 0.0, now
    for at in range(now + 1, len(levels)):
        if exact is not None and whole:
            right = round(interval.estimate * interval.cases)
            found = sum(predictive_probabilities(exact, now, right, until=at))
        else:
            found = max(found, standing.decides(int(looks.plan.sizes[at]), levels[at]))
        if found >= AIM:
            break
    if found < LIKELY:
        return Advice(None, None, _close(f"the look at {looks.plan.sizes[at]:,}", found))
    clusters = int(looks.plan.sizes[at]) - looks.clusters
    cases = ceil(clusters * looks.cases[-1] / looks.clusters)
    counted = "" if looks.single else " clusters"
    told = f"{cases:,} more cases, for the look at {looks.plan.sizes[at]:,}{counted}, would decide"
    return Advice(cases, found, f"{told} with probability {found:.2f}")


def _anew(question: Question, interval: Interval, looks: Looks, confidence: float) -> Advice:
    levels = Levels.both(confidence)
    standing = _standing(question, interval, levels)
    most = FURTHEST * interval.clusters
    few, many = 0, 1
    while many < most and standing.decides(many, levels, anew=True) < AIM:
        few, many = many, min(2 * many, most)
    if (found := standing.decides(many, levels, anew=True)) < LIKELY:
        return Advice(None, None, _close(f"a new run of {FURTHEST} times as many", found))
    while many - few > 1:
        middle = (few + many) // 2
        enough = standing.decides(middle, levels, anew=True) >= AIM
        few, many = (few, middle) if enough else (middle, many)
    cases = ceil(many * looks.cases[-1] / looks.clusters)
    found = standing.decides(many, levels, anew=True)
    told = f"a new run of about {cases:,} cases like these would decide"
    return Advice(cases, found, f"{told} with probability {found:.2f}")


def _close(what: str, found: float) -> str:
    return f"too close to tell: {what} would decide with probability {found:.2f}"


def _standing(question: Question, interval: Interval, levels: Levels) -> _Equivalent | Standing:
    """Take a bounded figure for the rate that has its bound; another for a Gaussian one."""
    from scipy.special import ndtri

    threshold, at_most = question.requirement.threshold, question.at_most
    distance, meets = interval.estimate - threshold, _meets(question, interval)
    reach = abs(_deciding_end(question, interval)[0] - interval.estimate)
    level = levels.passing if meets else levels.failing
    clusters = interval.clusters
    if interval.bounds is not None:
        best, worst = interval.bounds[::-1]
        if at_most:
            best, worst = worst, best
            if not question.requirement.demand.level:  # without a loss, a drop is 0
                best = min(max(best, 0.0), interval.estimate)
        rate = (interval.estimate - best) / (worst - best)
        goal = (threshold - best) / (worst - best)
        n = _worth(rate, reach / abs(worst - best), level, above=meets)
        if 0 < goal < 1 and n <= MANY:
            return _Equivalent(rate, n, goal, clusters)
    error = reach / float(ndtri(level))
    return Standing(clusters, -distance if at_most else distance, error)


def _meets(question: Question, interval: Interval) -> bool:
    distance = interval.estimate - question.requirement.threshold
    return distance <= 0 if question.at_most else distance >= 0


def _deciding_end(question: Question, interval: Interval) -> tuple[float, float]:
    """Give the end that would decide as the estimate does, and the furthest that it could lie."""
    at = int(question.at_most == _meets(question, interval))
    return interval.ends[at], (interval.bounds or (-np.inf, np.inf))[at]


def _worth(rate: float, reach: float, level: float, *, above: bool) -> float:
    """Find the number of independent cases with which a rate has a bound so far from it."""
    low, high = np.log(1e-3), np.log(1e7)
    for _ in range(HALVINGS):
        n = float(np.exp((low + high) / 2))
        bound = binomial_high(rate * n, n, level) if above else binomial_low(rate * n, n, level)
        low, high = (np.log(n), high) if abs(bound - rate) > reach else (low, np.log(n))
    return float(np.exp(high))
