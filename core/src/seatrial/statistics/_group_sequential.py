"""Group-sequential tests: when to look, and where to stop, fixed before the first case.

Looks lie on a geometric grid, and each side (pass, and fail) has an error of its own, of which
`alpha * (n / N) ** 1.5` may be spent by the look at *n* of *N* cases (a power family of spending
functions; Kim and DeMets, Biometrika 74, 1987, 149-154). For rates of independent cases boundaries
are exact, by recursion over the number of successes (Armitage, McPherson and Rowe, Journal of the
Royal Statistical Society A 132, 1969, 235-244). For figures over clusters, means and drops, the
fixed-sample bound is taken at the nominal confidence that a Gaussian process would need.

Neither side counts on stopping at the other, so that both errors hold if one is ignored.

A run whose cases may be added to later has looks of its own (`planned_looks`): the planned number,
and from there on a grid of ratio sqrt(2), with the error of every point fixed beforehand. Whoever
chooses among those points by what was seen errs no more often; a point that is skipped is not made
up for.
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
    "LookPlan",
    "binomial_boundaries",
    "crossing_probabilities",
    "look_sizes",
    "nominal_confidences",
    "overall_confidence",
    "planned_looks",
    "predictive_probabilities",
    "spent_fractions",
]

Integers = npt.NDArray[np.int64]

GROWTH: Final = 1.1
LOOKS: Final = 25
EXPONENT: Final = 1.5
RESERVE: Final = 0.15
"""Of the error, what looks after the planned number may spend, where such are planned."""

EXTENSION: Final = 2**0.5
GRID: Final = np.linspace(-8.0, 8.0, 6401)
CELL: Final = float(GRID[1] - GRID[0])
SMALLEST: Final = 1e-12


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

    def nominal_confidences(self) -> tuple[Floats, Floats]:
        """Give, for passing and for failing, the confidence of Clopper and Pearson's bound.

        At each look the bound at this confidence clears the threshold exactly where the boundary is
        reached, so that the interval that is shown agrees with the verdict.
        """
        from scipy.special import bdtr, bdtrc

        passing = bdtrc(np.maximum(self.pass_at - 1.0, 0.0), self.looks, self.threshold)
        failing = bdtr(np.maximum(self.fail_at, 0.0), self.looks, self.threshold)
        passing = np.where(self.pass_at <= 0, 1.0, np.where(self.pass_at > self.looks, 0, passing))
        failing = np.where(self.fail_at < 0, 0.0, failing)
        # What reaches the boundary must not miss it by a rounding error.
        errors = [np.clip(one * (1 + 1e-9), SMALLEST, 0.5) for one in (passing, failing)]
        return 1 - errors[0], 1 - errors[1]


@frozen(kw_only=True, eq=False)
class LookPlan:
    """Says at how many independent units to look, and which part of the error is spent by then.

    `spent` are fractions of `1 - confidence`, of each side. `planned` is how many of the looks come
    up to the planned number; the others need units that are added later.
    """

    sizes: Integers
    spent: Floats
    planned: int


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


def spent_fractions(looks: npt.ArrayLike) -> Floats:
    """Give the fraction of the error that is spent up to each look: `(looks / last) ** 1.5`."""
    sizes = np.asarray(looks, dtype=np.float64)
    return np.asarray((sizes / sizes[-1]) ** EXPONENT)


def planned_looks(n: int, looks: int = 1, *, sequential: bool = False) -> LookPlan:
    """Plan the looks at `n` independent units, and at more if `looks` is above 1.

    One look spends the whole error. With more, the planned number has .85 of it, and may be doubled
    `looks - 1` times: the rest is spread over a grid of ratio sqrt(2), in proportion to the part of
    the information that is new. `sequential` looks at `look_sizes(n)` instead of at `n` alone.
    """
    if n < 1 or looks < 1:
        msg = f"a plan of looks needs a unit and a look, got {n} and {looks}"
        raise PlanError(msg)
    first = look_sizes(n) if sequential else np.array([n], dtype=np.int64)
    kept = 1 - RESERVE if looks > 1 else 1.0
    steps = np.arange(1, 2 * looks - 1)
    added = np.ceil(n * EXTENSION**steps - 1e-9).astype(np.int64)
    information = (1 - EXTENSION**-steps) / (1 - 2.0 ** (1 - max(looks, 2)))
    sizes = np.concatenate([first, added])
    spent = np.concatenate([kept * spent_fractions(first), kept + (1 - kept) * information])
    last = np.append(sizes[1:] > sizes[:-1], True)  # of points that fall together, the last
    return LookPlan(sizes=sizes[last], spent=spent[last], planned=int((sizes[last] <= n).sum()))


def binomial_boundaries(
    threshold: float,
    confidence: float,
    looks: npt.ArrayLike,
    spent: npt.ArrayLike | None = None,
) -> Boundaries:
    """Fix the boundaries of a rate of independent cases against a threshold, by exact recursion.

    Over all looks together, a rate below the threshold passes with probability at most
    `1 - confidence`, and so does one at or above it fail. For "at most", count failures and swap.
    `spent` are the fractions of the error that may be spent up to each look, by default
    `(looks / last) ** 1.5`.
    """
    sizes = _checked(looks)
    if not 0 < threshold < 1:
        msg = f"the threshold of a rate must be between 0 and 1, got {threshold!r}"
        raise PlanError(msg)
    allowed = (1 - confidence) * _fractions(sizes, spent)
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
    boundaries: Boundaries, look: int, successes: int, *, until: int | None = None
) -> tuple[float, float]:
    """Give the probability of a later pass, and of a later fail, from what a look has shown.

    So many `successes` at `boundaries.looks[look]` cases, and Jeffreys' prior for the rate: Beta
    (1/2, 1/2). `until` is the last look that counts, by default the last there is. Calibrated over
    rates that are drawn evenly; where they lie near the threshold it says too much. Both are small
    where a verdict is too close to tell.
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
    for at in range(look + 1, len(boundaries.looks) if until is None else until + 1):
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


def nominal_confidences(
    confidence: float, looks: npt.ArrayLike, spent: npt.ArrayLike | None = None
) -> Floats:
    """Give the confidence of the fixed-sample bound at each look, so that all keep `confidence`.

    `looks` count what is independent: cases, or clusters. Found by recursion over a Gaussian
    process with independent increments, whose error at the end is `1 - confidence`. For `spent`
    see `binomial_boundaries`.
    """
    from scipy.special import ndtr

    sizes = _checked(looks)
    allowed = np.diff((1 - confidence) * _fractions(sizes, spent), prepend=0.0)
    mass, before, found = (GRID == 0) * 1.0, 0.0, np.empty(len(sizes))
    for at, (fraction, error) in enumerate(zip(sizes / sizes[-1], allowed, strict=True)):
        mass = _moved(mass, fraction - before)
        above = mass[::-1].cumsum()[::-1]
        cell = int(np.flatnonzero(above > error)[-1])
        beyond = above[cell] - mass[cell]
        inside = (error - beyond) / mass[cell]
        boundary = GRID[cell] + CELL * (0.5 - inside)
        found[at] = float(ndtr(boundary / np.sqrt(fraction)))
        mass[cell] *= 1 - inside
        mass[cell + 1 :] = 0.0
        before = fraction
    return np.minimum(found, 1 - SMALLEST)


def overall_confidence(confidences: npt.ArrayLike, looks: npt.ArrayLike) -> float:
    """Give the confidence that all looks together keep, if each had a bound at its own.

    Two looks at .95, the second at twice as many cases, keep .92. The inverse of
    `nominal_confidences`: by the same recursion, over a Gaussian process.
    """
    from scipy.special import ndtri

    sizes = _checked(looks)
    levels = np.asarray(confidences, dtype=np.float64)
    mass, before = (GRID == 0) * 1.0, 0.0
    for fraction, level in zip(sizes / sizes[-1], levels, strict=True):
        mass = _moved(mass, fraction - before)
        boundary = float(ndtri(level)) * np.sqrt(fraction)
        # The part of each cell that lies below the boundary stays.
        mass *= np.clip((boundary - GRID) / CELL + 0.5, 0.0, 1.0)
        before = fraction
    return float(min(mass.sum(), levels.min()))


def _fractions(sizes: Integers, spent: npt.ArrayLike | None) -> Floats:
    """Check the fractions of the error that are spent up to each look."""
    if spent is None:
        return spent_fractions(sizes)
    found = np.asarray(spent, dtype=np.float64)
    rising = found.shape == sizes.shape and (np.diff(found, prepend=0.0) >= 0).all()
    if not rising or found[-1] > 1 + 1e-9:
        msg = f"spent fractions rise to at most 1, one for each look, got {found.tolist()}"
        raise PlanError(msg)
    return found


def _moved(mass: Floats, variance: float) -> Floats:
    """Let a distribution on the grid take one more Gaussian step.

    As `scipy.signal.fftconvolve(mass, kernel, mode="same")`, whose module takes a second to import.
    """
    from scipy.fft import irfft, next_fast_len, rfft
    from scipy.special import ndtr

    scale = np.sqrt(variance)
    kernel = ndtr((GRID + CELL / 2) / scale) - ndtr((GRID - CELL / 2) / scale)
    whole = 2 * len(GRID) - 1
    length = next_fast_len(whole, real=True)
    start = (len(GRID) - 1) // 2
    moved = irfft(rfft(mass, length) * rfft(kernel, length), length)[start : start + len(GRID)]
    return np.asarray(np.maximum(moved, 0.0), dtype=np.float64)


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
