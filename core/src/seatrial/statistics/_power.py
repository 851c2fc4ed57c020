"""How many cases to plan for, so that a model as good as expected is likely to pass.

`minimum_cases` says what a flawless model needs. These say what a model with the *expected* rate,
drop or flip rate needs to pass with probability `power`. All count independent cases: where
cases come in clusters, multiply by `design_effect`.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from ..errors import PlanError
from ._checks import Floats, check_confidence
from ._gaffke import bounds_of_means

__all__ = ["cases_for_drop", "cases_for_rate", "design_effect", "pass_probability"]

Integers = npt.NDArray[np.int64]

MAX_CASES: Final = 2_000_000
STEP: Final = 4_096
EXPERIMENTS: Final = 1_000


def cases_for_rate(
    expected: float,
    threshold: float,
    confidence: float,
    *,
    power: float = 0.8,
    at_most: bool = False,
) -> int | None:
    """Give the number of independent cases from which on a rate passes with probability `power`.

    For "at least `threshold`", or with `at_most` for a rate of failures or flips of at most that.
    Exact, by the binomial distribution and Clopper-Pearson's bound: 203 for an expected .95 against
    .9 at confidence .95. As one more case can lower the power a little (the bound moves in steps),
    it is the first number after which the power never falls below `power` again. None if no number
    up to two million is enough, as when the expected rate does not clear the threshold.
    """
    check_confidence(confidence)
    _check_fractions(expected=expected, threshold=threshold, power=power)
    if at_most:
        expected, threshold = 1 - expected, 1 - threshold
    if expected <= threshold:
        return None
    last = 0
    start = 1
    while start < MAX_CASES:
        sizes = np.arange(start, start + STEP)
        enough = pass_probability(sizes, expected, threshold, confidence) >= power
        if not enough.all():
            last = int(sizes[np.flatnonzero(~enough)[-1]])
        elif last < start:
            return last + 1
        start += STEP
    return None


def pass_probability(
    sizes: Integers,
    expected: float,
    threshold: float,
    confidence: float,
) -> Floats:
    """Give, for each number of independent cases, the probability that a rate passes."""
    from scipy.special import bdtrc, bdtrik

    # The smallest number of successes that pass: as many or more have a probability of at most
    # alpha at the threshold itself. The inverse may be off by one, so neighbours are asked too.
    # There is no inverse at a rate of 0 or 1.
    guess = np.floor(np.nan_to_num(bdtrik(confidence, sizes, threshold))).astype(np.int64)
    smallest = sizes + 1
    for off in (3, 2, 1, 0):
        tried = np.clip(guess + off, 0, sizes)
        passes = _at_least(tried, sizes, threshold) <= 1 - confidence
        smallest = np.where(passes, tried, smallest)
    power: Floats = np.where(smallest > sizes, 0.0, bdtrc(smallest - 1.0, sizes, expected))
    return power


def cases_for_drop(
    lost: float, gained: float, threshold: float, confidence: float, *, power: float = 0.8
) -> int | None:
    """Give the number of independent cases with which a paired drop of at most `threshold` passes.

    `lost` is the expected fraction of cases that go from right to wrong and `gained` that of cases
    that go the other way; only these carry information, as in McNemar's test. Found by drawing
    experiments from a fixed seed and bounding each as `paired_drop` does; the power is met to about
    two points. Exact if
    nothing is gained: the drop is then a rate of losses. None if the expected drop does not clear
    the threshold.
    """
    check_confidence(confidence)
    _check_fractions(lost=lost, gained=gained, threshold=threshold, power=power)
    if lost + gained > 1:
        msg = f"lost and gained are fractions of all cases, but {lost!r} and {gained!r} exceed 1"
        raise PlanError(msg)
    drop = lost - gained
    if drop >= threshold:
        return None

    def passes(n: int) -> bool:
        return _drop_passes(n, lost, gained, threshold, confidence) >= power

    low = cases_for_rate(max(drop, 0.0), threshold, confidence, power=power, at_most=True)
    if low is None or gained == 0 or passes(low):
        return low
    high = low * 2
    while not passes(high):
        low, high = high, high * 2
        if high > MAX_CASES:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if passes(middle) else (middle, high)
    return high


def design_effect(size: float, correlation: float) -> float:
    """Give by how much clusters of `size` cases raise the number needed: 1 + (size - 1) ICC.

    `correlation` is the intra-cluster correlation: 0 where cases of a cluster have nothing in
    common, 1 where they always come out alike. Source: Kish, Survey Sampling (1965), section 5.4.
    """
    return 1 + (size - 1) * correlation


def _drop_passes(n: int, lost: float, gained: float, threshold: float, confidence: float) -> float:
    """Give the fraction of simulated experiments of `n` cases whose drop passes."""
    generator = np.random.default_rng(0)
    drawn = generator.multinomial(n, (lost, gained, 1 - lost - gained), size=EXPERIMENTS)
    counts, times = np.unique(drawn, axis=0, return_counts=True)
    sizes = (counts > 0).astype(np.float64)
    _, high = bounds_of_means(
        sizes * np.array([1.0, -1.0, 0.0]),
        sizes,
        (-1.0, 1.0),
        confidence,
        counts=counts.astype(np.float64),
        unseen=np.ones(len(counts)),
    )
    return float(times[high <= threshold].sum() / EXPERIMENTS)


def _at_least(successes: Integers, n: Integers, rate: float) -> Floats:
    """Give the probability of so many successes or more."""
    from scipy.special import bdtrc

    found: Floats = np.where(successes <= 0, 1.0, bdtrc(np.maximum(successes - 1.0, 0.0), n, rate))
    return found


def _check_fractions(**fractions: float) -> None:
    for name, fraction in fractions.items():
        if not 0 <= fraction <= 1:
            msg = f"{name} must be from 0 to 1, got {fraction!r}"
            raise PlanError(msg)
