"""The exact distribution of a weighted mean whose weights are exponential: no resampling.

Gaffke's bound weights clusters by independent exponential variables and takes a quantile of the
weighted mean. "The weighted mean is at most c" says that `sum(weight * coefficient) <= 0` with one
coefficient for each cluster, and the probability of that is an integral of one variable (Imhof,
Biometrika 48, 1961, 419-426). It is computed here along a line through the saddle point (Rice,
SIAM Journal on Scientific and Statistical Computing 1, 1980, 438-448), where the integrand
hardly oscillates: some twenty evaluations give eight digits, for three clusters as for 50,000.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
import numpy.typing as npt

from ._checks import Floats

__all__ = ["solve_increasing", "weighted_sum_cdf"]

STEP: Final = 0.12
NODES: Final = 8
MAX_BLOCKS: Final = 40
NEGLIGIBLE: Final = 1e-14
NEWTON_STEPS: Final = 60
SOLVER_STEPS: Final = 100
TOLERANCE: Final = 1e-8
MEMORY: Final = 1 << 17


def weighted_sum_cdf(coefficients: Floats, counts: Floats) -> Floats:
    """Give, for each row, the probability that `sum(coefficients * weights)` is at most 0.

    Each weight is a sum of `counts` independent standard exponential variables; both arguments are
    rows by columns. Exact to about 1e-9.
    """
    rows = max(MEMORY // coefficients.shape[1], 1)
    parts = [
        _chunk(coefficients[at : at + rows], counts[at : at + rows])
        for at in range(0, len(coefficients), rows)
    ]
    found: Floats = np.concatenate(parts)
    return found


def solve_increasing(
    cdf: Callable[[Floats, npt.NDArray[np.intp]], Floats], low: Floats, high: Floats, alpha: Floats
) -> Floats:
    """Find where each function reaches `alpha` between `low` and `high`, or give the nearer end.

    `cdf(points, rows)` evaluates the functions of some rows, which increase from below `alpha` to
    above it. Secant steps on the normal scale, where they are nearly straight, within the bracket.
    """
    from scipy.special import ndtri

    everything = np.arange(len(low))
    goal = ndtri(alpha)

    def off(points: Floats, rows: npt.NDArray[np.intp]) -> Floats:
        away: Floats = np.clip(ndtri(cdf(points, rows)) - goal[rows], -1e3, 1e3)
        return away

    left, right = low.astype(np.float64), high.astype(np.float64)
    at_left, at_right = off(left, everything), off(right, everything)
    found = np.where(at_left >= 0, left, right)
    rows = np.flatnonzero((at_left < 0) & (at_right > 0) & (right > left))
    side = np.zeros(len(low))
    for step in range(SOLVER_STEPS):
        if not len(rows):
            break
        a, b, fa, fb = left[rows], right[rows], at_left[rows], at_right[rows]
        weight = np.clip(fa / (fa - fb), 0.0, 1.0)
        # An end where the function is far away says nothing of the slope here: halve instead.
        blunt = (np.maximum(-fa, fb) > 12) | (step % 8 == 7)  # noqa: PLR2004 - normal deviates
        point = a + np.where(blunt, 0.5, weight) * (b - a)
        value = off(point, rows)
        below = value < 0
        # Illinois: an end that stays twice counts half, so that the other one moves too.
        again = side[rows] == np.where(below, -1, 1)
        left[rows], right[rows] = np.where(below, point, a), np.where(below, b, point)
        at_left[rows] = np.where(below, value, np.where(again, fa / 2, fa))
        at_right[rows] = np.where(below, np.where(again, fb / 2, fb), value)
        side[rows] = np.where(below, -1, 1)
        found[rows] = point
        spread = np.abs(right[rows] - left[rows])
        done = (np.abs(value) < TOLERANCE) | (spread <= 1e-15 * np.maximum(np.abs(point), 1e-300))
        rows = rows[~done]
    return found


def _chunk(coefficients: Floats, counts: Floats) -> Floats:
    found = np.where((coefficients < 0).any(axis=1), 1.0, 0.0)
    both = (coefficients < 0).any(axis=1) & (coefficients > 0).any(axis=1)
    found[(coefficients == 0).all(axis=1)] = 1.0
    if both.any():
        scale = np.abs(coefficients[both]).max(axis=1, keepdims=True)
        found[both] = _integral(coefficients[both] / scale, counts[both])
    return found


def _integral(a: Floats, k: Floats) -> Floats:
    """Integrate exp(K(s)) / -s along a vertical line left of 0; K is the log of the transform."""
    s = _saddle_point(a, k)
    real = 1.0 - s[:, None] * a
    width = 1.0 / np.sqrt((k * np.square(a / real)).sum(axis=1) + 1.0 / np.square(s))
    height = -(k * np.log(real)).sum(axis=1) - np.log(-s)
    slope = a / real
    total, biggest = np.zeros(len(s)), np.zeros(len(s))
    for block in range(MAX_BLOCKS):
        u = (np.arange(NODES) + NODES * block) * STEP
        t = width[:, None] * np.sinh(u)
        ratio = t[:, :, None] * slope[:, None, :]
        modulus = -0.5 * (k[:, None, :] * np.log1p(np.square(ratio))).sum(axis=2)
        angle = (k[:, None, :] * np.arctan(ratio)).sum(axis=2)
        pole = t / s[:, None]
        modulus -= 0.5 * np.log1p(np.square(pole))
        angle -= np.arctan(pole)
        size = np.exp(modulus) * width[:, None] * np.cosh(u)
        part = size * np.cos(angle)
        if block == 0:
            part[:, 0] /= 2
        total += part.sum(axis=1)
        biggest = np.maximum(biggest, size.max(axis=1))
        if (size[:, -1] <= NEGLIGIBLE * biggest).all():
            break
    found: Floats = np.clip(np.exp(height) * total * STEP / np.pi, 0.0, 1.0)
    return found


def _saddle_point(a: Floats, k: Floats) -> Floats:
    """Find where exp(K(s)) / -s is smallest on the negative part of its strip."""
    edge = 1.0 / a.min(axis=1)
    mean, variance = (k * a).sum(axis=1), (k * np.square(a)).sum(axis=1)
    root = np.sqrt(np.square(mean) + 4.0 * variance)
    right = -2.0 / np.maximum(root - mean, 1e-300)
    s: Floats = np.where(mean > 0, -(mean + root) / (2 * variance), right)
    s = np.maximum(s, 0.999 * edge)
    low, high = edge.copy(), np.zeros(len(s))
    active = np.ones(len(s), dtype=bool)
    for _ in range(NEWTON_STEPS):
        slope = a / (1.0 - s[:, None] * a)
        first = (k * slope).sum(axis=1) - 1.0 / s
        second = (k * np.square(slope)).sum(axis=1) + 1.0 / np.square(s)
        low, high = np.where(first < 0, s, low), np.where(first < 0, high, s)
        step = s - first / second
        inside = (step > low) & (step < high)
        s = np.where(active, np.where(inside, step, (low + high) / 2), s)
        # A row that has arrived rests: a step of no size would count as outside, and be halved.
        active &= np.abs(first) > 1e-3 * np.sqrt(second)
        if not active.any():
            break
    return s
