"""Group-sequential tests: when to look, and where to stop, fixed before the first case.

Looks lie on a geometric grid, and each side (pass, and fail) has an error of its own, of which
`alpha * (n / N) ** 1.5` may be spent by the look at *n* of *N* cases (a power family of spending
functions; Kim and DeMets, Biometrika 74, 1987, 149-154). For rates of independent cases boundaries
are exact, by recursion over the number of successes (Armitage, McPherson and Rowe, Journal of the
Royal Statistical Society A 132, 1969, 235-244). For figures over clusters, means and drops, the
fixed-sample bound is taken at the nominal confidence that a Gaussian process would need.

Neither side counts on stopping at the other, so that both errors hold if one is ignored.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
from attrs import frozen

from ..errors import PlanError
from ._checks import Floats

__all__ = [
    "Boundaries",
    "CrossingProbabilities",
    "binomial_boundaries",
    "crossing_probabilities",
    "look_sizes",
    "nominal_confidences",
    "predictive_probabilities",
    "spent_error",
]

Integers = npt.NDArray[np.int64]

GROWTH: Final = 1.1
LOOKS: Final = 25
EXPONENT: Final = 1.5
GRID: Final = np.linspace(-8.0, 8.0, 6401)


@frozen(kw_only=True, eq=False)
class Boundaries:
    """Says at which number of successes a rate passes, or fails, at each look.

    At `looks[k]` cases, so many successes as `pass_at[k]` or more pass, and `fail_at[k]` or fewer
    fail; `looks[k] + 1` and -1 stand for never. `pass_spent` and `fail_spent` are the exact errors
    spent up to each look if the true rate is the threshold.
    """

    threshold: float
    looks: Integers
    pass_at: Integers
    fail_at: Integers
    pass_spent: Floats
    fail_spent: Floats


@frozen(kw_only=True, eq=False)
class CrossingProbabilities:
    """Says how likely it is to pass and to fail at each look, and how many cases that takes."""

    passes: Floats
    fails: Floats
    expected_cases: float


def look_sizes(n: int, *, growth: float = GROWTH, looks: int = LOOKS, start: int = 1) -> Integers:
    """Give the numbers of cases to look at, each `growth` times the one before, the last one `n`.

    At most `looks` of them, none below `start`: the smallest number that could decide.
    """
    if n < 1 or growth <= 1 or looks < 1:
        msg = f"looks need a case, a growth above 1 and a number, got {n}, {growth:g} and {looks}"
        raise PlanError(msg)
    sizes = np.unique(np.ceil(n * growth ** -np.arange(looks, dtype=np.float64)).astype(np.int64))
    found: Integers = sizes[(sizes >= start) | (sizes == n)]
    return found


def spent_error(looks: npt.ArrayLike, n: int, alpha: float) -> Floats:
    """Give the error that may be spent up to each look: `alpha * (looks / n) ** 1.5`."""
    fraction = np.asarray(looks, dtype=np.float64) / n
    return np.asarray(alpha * np.minimum(fraction, 1.0) ** EXPONENT)


def binomial_boundaries(threshold: float, confidence: float, looks: npt.ArrayLike) -> Boundaries:
    """Fix the boundaries of a rate of independent cases against a threshold, by exact recursion.

    Over all looks together, a rate below the threshold passes with probability at most
    `1 - confidence`, and so does one at or above it fail. For "at most", count failures and swap.
    """
    sizes = _checked(looks)
    if not 0 < threshold < 1:
        msg = f"the threshold of a rate must be between 0 and 1, got {threshold!r}"
        raise PlanError(msg)
    allowed = spent_error(sizes, int(sizes[-1]), 1 - confidence)
    passing, pass_spent = _upper_boundary(threshold, sizes, allowed)
    failures, fail_spent = _upper_boundary(1 - threshold, sizes, allowed)
    return Boundaries(
        threshold=threshold,
        looks=sizes,
        pass_at=passing,
        fail_at=sizes - failures,
        pass_spent=pass_spent,
        fail_spent=fail_spent,
    )


def crossing_probabilities(boundaries: Boundaries, rate: float) -> CrossingProbabilities:
    """Give the exact probabilities of stopping at each look if cases are right with `rate`."""
    passes, fails = np.zeros(len(boundaries.looks)), np.zeros(len(boundaries.looks))
    mass, before, expected = np.ones(1), 0, 0.0
    for at, n in enumerate(boundaries.looks.tolist()):
        expected += mass.sum() * (n - before)
        mass = np.convolve(mass, _binomial(n - before, rate))
        upper, lower = int(boundaries.pass_at[at]), int(boundaries.fail_at[at]) + 1
        passes[at], fails[at] = mass[upper:].sum(), mass[:lower].sum()
        mass[upper:] = 0.0
        mass[:lower] = 0.0
        before = n
    return CrossingProbabilities(passes=passes, fails=fails, expected_cases=float(expected))


def predictive_probabilities(
    boundaries: Boundaries, look: int, successes: int
) -> tuple[float, float]:
    """Give the probability of a later pass, and of a later fail, from what a look has shown.

    So many `successes` at `boundaries.looks[look]` cases, and Jeffreys' prior for the rate: Beta
    (1/2, 1/2). Calibrated over rates that are drawn evenly; where they lie near the threshold it
    says too much. Both are small where a verdict is too close to tell.
    Source: Spiegelhalter, Freedman and Blackburn, Controlled Clinical Trials 7 (1986) 8-17.
    """
    from scipy.special import betaln

    before = int(boundaries.looks[look])
    if not 0 <= successes <= before:
        msg = f"a look at {before} cases shows 0 to {before} successes, got {successes}"
        raise PlanError(msg)
    states: Integers = np.array([successes], dtype=np.int64)
    mass: Floats = np.ones(1)
    passes = fails = 0.0
    for at in range(look + 1, len(boundaries.looks)):
        n = int(boundaries.looks[at])
        more = np.arange(n - before + 1)
        right, wrong = states[:, None] + 0.5, before - states[:, None] + 0.5
        logs = betaln(right + more, wrong + more[::-1]) - betaln(right, wrong)
        moved = mass[:, None] * np.exp(_log_choices(n - before) + logs)
        reached = states[:, None] + more
        mass = np.bincount(reached.ravel(), moved.ravel(), minlength=n + 1).astype(np.float64)
        upper, lower = int(boundaries.pass_at[at]), int(boundaries.fail_at[at]) + 1
        passes += float(mass[upper:].sum())
        fails += float(mass[:lower].sum())
        states = np.arange(lower, upper, dtype=np.int64)
        mass, before = mass[lower:upper], n
    return passes, fails


def nominal_confidences(confidence: float, looks: npt.ArrayLike) -> Floats:
    """Give the confidence of the fixed-sample bound at each look, so that all keep `confidence`.

    `looks` count what is independent: cases, or effective clusters. Found by recursion over a
    Gaussian process with independent increments, whose error at the end is `1 - confidence`.
    """
    from scipy.signal import fftconvolve
    from scipy.special import ndtr

    sizes = _checked(looks)
    fractions = sizes / sizes[-1]
    allowed = np.diff(spent_error(sizes, int(sizes[-1]), 1 - confidence), prepend=0.0)
    half = (GRID[1] - GRID[0]) / 2
    mass, before, found = (GRID == 0) * 1.0, 0.0, np.empty(len(sizes))
    for at, (fraction, error) in enumerate(zip(fractions, allowed, strict=True)):
        scale = np.sqrt(fraction - before)
        kernel = ndtr((GRID + half) / scale) - ndtr((GRID - half) / scale)
        mass = np.maximum(fftconvolve(mass, kernel, mode="same"), 0.0)
        above = mass[::-1].cumsum()[::-1]
        cell = int(np.flatnonzero(above > error)[-1])
        beyond = above[cell] - mass[cell]
        inside = (error - beyond) / mass[cell]
        boundary = GRID[cell] + half - 2 * half * inside
        found[at] = float(ndtr(boundary / np.sqrt(fraction)))
        mass[cell] *= 1 - inside
        mass[cell + 1 :] = 0.0
        before = fraction
    return np.minimum(found, 1 - 1e-12)


def _upper_boundary(rate: float, looks: Integers, allowed: Floats) -> tuple[Integers, Floats]:
    """Find the smallest numbers of successes that are reached with the allowed probabilities."""
    boundary, spent = np.empty(len(looks), dtype=np.int64), np.empty(len(looks))
    mass, before, used = np.ones(1), 0, 0.0
    for at, n in enumerate(looks.tolist()):
        mass = np.convolve(mass, _binomial(n - before, rate))
        above = mass[::-1].cumsum()[::-1]
        reached = np.flatnonzero(used + above <= allowed[at])
        boundary[at] = int(reached[0]) if len(reached) else n + 1
        used += float(mass[boundary[at] :].sum())
        mass[boundary[at] :] = 0.0
        spent[at], before = used, n
    return boundary, spent


def _log_choices(n: int) -> Floats:
    from scipy.special import gammaln

    k = np.arange(n + 1)
    found: Floats = gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)
    return found


def _binomial(n: int, rate: float) -> Floats:
    from scipy.special import xlog1py, xlogy

    k = np.arange(n + 1)
    found: Floats = np.exp(_log_choices(n) + xlogy(k, rate) + xlog1py(n - k, -rate))
    return found


def _checked(looks: npt.ArrayLike) -> Integers:
    sizes = np.asarray(looks, dtype=np.int64)
    if sizes.ndim != 1 or not len(sizes) or sizes[0] < 1 or (np.diff(sizes) <= 0).any():
        msg = f"looks are increasing numbers of cases from 1 up, got {sizes.tolist()}"
        raise PlanError(msg)
    return sizes
