"""How many cases decide: before a run (what could pass at all) and after (how many more)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from ..errors import PlanError
from ._checks import binomial_low, check_confidence

__all__ = ["minimum_cases", "predicted_decision"]

MAX_CASES: Final = 10**9


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


def predicted_decision(
    successes: float,
    n: float,
    more: int,
    threshold: float,
    confidence: float,
    *,
    failing: float | None = None,
    anew: bool = False,
) -> float:
    """Give the probability that `more` cases decide, by what `n` cases showed.

    A rate with Jeffreys' prior, Beta(1/2, 1/2), and so many `successes` among `n`, judged by
    Clopper and Pearson's bound once all are measured, or by that of the new cases alone (`anew`).
    It passes at `confidence` and fails at `failing`, by default the same. `n` may be fractional:
    what cases in clusters are worth. Calibrated over rates drawn evenly; where rates lie near the
    threshold it says too much.
    Source: Spiegelhalter, Freedman and Blackburn, Controlled Clinical Trials 7 (1986) 8-17.
    """
    from scipy.special import bdtr, bdtrc, betaln, gammaln

    counts = np.arange(more + 1)
    right, wrong = successes + 0.5, n - successes + 0.5
    logs = gammaln(more + 1) - gammaln(counts + 1) - gammaln(more - counts + 1)
    mass = np.exp(logs + betaln(right + counts, wrong + more - counts) - betaln(right, wrong))
    before = (0, 0) if anew else (round(successes), round(n))
    reached, cases = counts + before[0], more + before[1]
    above = np.where(reached > 0, bdtrc(np.maximum(reached - 1.0, 0.0), cases, threshold), 1.0)
    below = bdtr(np.minimum(reached, cases), cases, threshold)
    decided = (above <= 1 - confidence) | (below <= 1 - (failing or confidence))
    return float(min(mass[decided].sum(), 1.0))


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
