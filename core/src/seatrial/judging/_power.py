"""How likely the cases are to decide a demand, if the model is as good as is expected."""

from __future__ import annotations

import numpy as np
from attrs import frozen

from .._plans import Priority
from .._requirements import Requirement
from ..statistics import cases_for_rate, pass_probability

__all__ = ["Power", "figure_to_pass", "power_of"]

AIM = 0.8
HALVINGS = 30


@frozen
class Power:
    """What so many clusters show if the true figure is the expected one.

    `passing` and `failing` are the probabilities of the two verdicts, and `decided` their sum.
    `clusters_needed` passes (or, where the expected figure misses the demand, fails) with
    probability .8; None where no number does.
    """

    passing: float
    failing: float
    clusters_needed: int | None

    @property
    def decided(self) -> float:
        """The probability of a verdict other than "inconclusive"."""
        return self.passing + self.failing


def power_of(priority: Priority, requirement: Requirement, clusters: int) -> Power | None:
    """Give the power of a demand from the figure that its priority expects.

    The figure is taken for a rate of independent clusters, which is exact for rates of independent
    cases, and has the largest spread that a bounded score of this mean can have: scores in between
    have more power. None without an expected figure, and for demands whose size no number of
    clusters says.
    """
    if priority.expected is None:
        return None
    rates = _rates(priority, requirement, priority.expected)
    if rates is None or not clusters:
        return None
    expected, threshold = rates
    confidence = priority.confidence
    sizes = np.array([clusters])
    passing = float(pass_probability(sizes, expected, threshold, confidence)[0])
    failing = float(pass_probability(sizes, 1 - expected, 1 - threshold, confidence)[0])
    if expected >= threshold:
        needed = cases_for_rate(expected, threshold, confidence, power=AIM)
    else:
        needed = cases_for_rate(1 - expected, 1 - threshold, confidence, power=AIM)
    return Power(passing, failing, needed)


def figure_to_pass(priority: Priority, requirement: Requirement, clusters: int) -> float | None:
    """Give the figure that a model must truly have to pass with probability .8; None if none."""
    rates = _rates(priority, requirement, requirement.threshold)
    if rates is None or not clusters:
        return None
    _, threshold = rates
    sizes = np.array([clusters])

    def passes(rate: float) -> bool:
        return float(pass_probability(sizes, rate, threshold, priority.confidence)[0]) >= AIM

    if not passes(1.0):
        return None
    below, rate = threshold, 1.0
    for _ in range(HALVINGS):
        middle = (below + rate) / 2
        below, rate = (below, middle) if passes(middle) else (middle, rate)
    low, high = _range(priority, requirement)
    turned = 1 - rate if priority.at_most(requirement) else rate
    return low + turned * (high - low)


def _rates(
    priority: Priority, requirement: Requirement, expected: float
) -> tuple[float, float] | None:
    """Turn a figure and its threshold into rates that should be high."""
    right = priority.right
    if not requirement.demand.by_clusters:
        return None
    if requirement.demand.scored and right is not None and not (right.bounds and right.per_case):
        return None
    low, high = _range(priority, requirement)
    rates = [
        min(1.0, max(0.0, (one - low) / (high - low))) for one in (expected, requirement.threshold)
    ]
    if priority.at_most(requirement):
        rates = [1 - one for one in rates]
    return rates[0], rates[1]


def _range(priority: Priority, requirement: Requirement) -> tuple[float, float]:
    """Give what the figure can be: a score, a fraction, or a drop that is a loss at worst."""
    right = priority.right
    bounds = right.bounds if right is not None and requirement.demand.scored else None
    low, high = bounds or (0.0, 1.0)
    return (low, high) if requirement.demand.level else (0.0, high - low)
