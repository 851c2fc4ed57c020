"""How likely cases are to decide a demand, if the model is as good as is expected."""

from __future__ import annotations

from math import ceil

import numpy as np
from attrs import frozen

from .._plans import Priority
from .._requirements import Requirement
from ..statistics import cases_for_rate, design_effect, pass_probability, planned_looks

__all__ = ["Power", "Units", "figures_to_decide", "first_confidence", "power_of"]

AIM = 0.8
HALVINGS = 30


@frozen
class Units:
    """So many cases in clusters, the size of the cluster that a case is in, and the ICC in it.

    What they are worth is what as many independent cases would tell: all of them at an
    intra-cluster correlation of 0, and at 1 the number of equal clusters.
    """

    cases: int
    size: float
    icc: float

    @property
    def effect(self) -> float:
        """By how much the clusters raise the number needed."""
        return design_effect(self.size, self.icc)

    @property
    def worth(self) -> int:
        """The number of independent cases that tell as much."""
        return max(int(self.cases / self.effect + 1e-9), 1)


@frozen
class Power:
    """What so many cases show if the true figure is the expected one.

    `passing` and `failing` are the probabilities of the two verdicts, and `decided` their sum.
    `cases_needed` pass (or, where the expected figure misses the demand, fail) with probability .8;
    None where no number does.
    """

    passing: float
    failing: float
    cases_needed: int | None

    @property
    def decided(self) -> float:
        """The probability of a verdict other than "inconclusive"."""
        return self.passing + self.failing


def first_confidence(confidence: float, looks: int) -> float:
    """Give the confidence of the first of so many planned looks."""
    return 1 - (1 - confidence) * float(planned_looks(1, looks).spent[0])


def power_of(
    priority: Priority, requirement: Requirement, units: Units, confidence: float
) -> Power | None:
    """Give the power of a demand from the figure that its priority expects.

    The figure is taken for a rate of independent cases, of as many as the units are worth. That is
    exact for rates of independent cases, and has the largest spread that a bounded score of this
    mean can have: scores in between have more power. None without an expected figure, and for
    demands whose size no number of cases says.
    """
    figure = priority.expected_of(requirement)
    rates = None if figure is None else _rates(priority, requirement, figure)
    if rates is None:
        return None
    expected, threshold = rates
    sizes = np.array([units.worth])
    passing = float(pass_probability(sizes, expected, threshold, confidence)[0])
    failing = float(pass_probability(sizes, 1 - expected, 1 - threshold, confidence)[0])
    if expected >= threshold:
        needed = cases_for_rate(expected, threshold, confidence, power=AIM)
    else:
        needed = cases_for_rate(1 - expected, 1 - threshold, confidence, power=AIM)
    return Power(passing, failing, needed and ceil(needed * units.effect))


def figures_to_decide(
    priority: Priority, requirement: Requirement, units: Units, confidence: float
) -> tuple[float | None, float | None]:
    """Give the figures from which on a model passes, and fails, with probability .8."""
    rates = _rates(priority, requirement, requirement.threshold)
    if rates is None:
        return None, None
    _, threshold = rates
    good, bad = (_decided_from(one, units.worth, confidence) for one in (threshold, 1 - threshold))
    low, high = _range(priority, requirement)
    at_most = priority.at_most(requirement)

    def figure(rate: float | None) -> float | None:
        return rate if rate is None else low + (1 - rate if at_most else rate) * (high - low)

    return figure(good), figure(bad if bad is None else 1 - bad)


def _decided_from(threshold: float, cases: int, confidence: float) -> float | None:
    sizes = np.array([cases])

    def passes(rate: float) -> bool:
        return float(pass_probability(sizes, rate, threshold, confidence)[0]) >= AIM

    if not passes(1.0):
        return None
    below, rate = threshold, 1.0
    for _ in range(HALVINGS):
        middle = (below + rate) / 2
        below, rate = (below, middle) if passes(middle) else (middle, rate)
    return rate


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
