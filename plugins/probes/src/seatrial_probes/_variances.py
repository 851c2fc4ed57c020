"""How much of what varies comes from each of several kernels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

__all__ = ["solve", "variances"]

STEPS: Final = 20
NOTHING: Final = 1e-6
PRECISE: Final = 1e-3
QUIETEST: Final = 0.05
"""The least fraction of the variance that is noise, where a few cases are told apart without error;
below it the kernels, which are in single precision, may not be inverted."""

LARGEST: Final = 10.0
EXPECTED: Final = 0.2
"""The fraction of the variance of the values that a kernel is expected to have."""

Floats = npt.NDArray[np.float64]


def variances(values: Floats, kernels: Sequence[npt.NDArray[Any]]) -> Floats:
    """Estimate the variance that each kernel, and last the noise, has in values of unknown mean.

    These maximise the restricted likelihood times an exponential prior on the variance of each
    kernel: of many kernels, few should have much, and a few hundred values tell little of each.
    Newton steps go by the average information; a step that would make a variance negative cuts it
    to a tenth, and one that lowers the objective is halved. Source: Gilmour, Thompson and Cullis,
    Biometrics 51 (1995) 1440-1450.
    """
    many, scale = len(kernels), float(values.var())
    now = np.full(many + 1, scale / 2 / max(many, 1))
    now[many] = scale / 2
    prior = np.full(many + 1, 1 / (EXPECTED * scale))
    prior[many] = 0.0
    best, before, step = -np.inf, now, np.zeros(many + 1)
    for _ in range(STEPS):
        likelihood, slopes, information = _restricted(values, kernels, now)
        objective, slopes = likelihood - prior @ now, slopes - prior
        if objective < best:
            step = step / 2
            now = before + step
            continue
        done = bool(np.abs(step).max() < PRECISE * scale) and np.isfinite(best)
        best, before = objective, now
        if done:
            break
        free = (now > NOTHING * scale) | (slopes > 0)
        step = np.zeros(many + 1)
        inner = information[np.ix_(free, free)]
        ridge = 1e-9 * np.trace(inner) * np.eye(len(inner))
        step[free] = np.linalg.solve(inner + ridge, slopes[free])
        now = np.where(before + step > 0, before + step, before / 10)
        now[now < NOTHING * scale] = 0.0
        now = np.minimum(now, LARGEST * scale)
        now[many] = max(now[many], QUIETEST * scale)
        step = now - before
    return before


def _restricted(
    values: Floats, kernels: Sequence[npt.NDArray[Any]], parts: Floats
) -> tuple[float, Floats, Floats]:
    """Give the restricted log-likelihood, its slopes, and the average information."""
    from scipy.linalg.lapack import dpotri

    factor = _factor(_sum(kernels, parts[:-1], len(values)), float(parts[-1]))
    lower, _ = dpotri(factor, lower=1)
    inverse = np.tril(lower) + np.tril(lower, -1).T
    ones = inverse.sum(axis=1)
    projection = inverse - np.outer(ones, ones) / ones.sum()
    rest = projection @ values
    moved = np.column_stack([*(kernel @ rest for kernel in kernels), rest])
    traces = [np.vdot(projection, kernel) for kernel in kernels] + [np.trace(projection)]
    likelihood = -(np.log(np.diag(factor)).sum() + (np.log(ones.sum()) + values @ rest) / 2)
    slopes = (rest @ moved - np.array(traces)) / 2
    return float(likelihood), slopes, moved.T @ projection @ moved / 2


def solve(values: Floats, kernel: Floats, noise: float) -> tuple[float, Floats]:
    """Give the mean of the values, and the effects by which a kernel predicts what is above it."""
    from scipy.linalg import cho_solve

    factor = _factor(kernel.copy(), noise)
    ones = cho_solve((factor, True), np.ones(len(values)), check_finite=False)
    mean = float(ones @ values / ones.sum())
    return mean, cho_solve((factor, True), values - mean, check_finite=False)


def _sum(kernels: Sequence[npt.NDArray[Any]], weights: Floats, size: int) -> Floats:
    total = np.zeros((size, size))
    for weight, kernel in zip(weights, kernels, strict=True):
        if weight > 0:
            total += weight * kernel
    return total


def _factor(kernel: Floats, noise: float) -> Floats:
    from scipy.linalg import cholesky

    kernel[np.diag_indices(len(kernel))] += noise
    factor: Floats = cholesky(kernel, lower=True, overwrite_a=True, check_finite=False)
    return factor
