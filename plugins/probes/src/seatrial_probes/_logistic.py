"""Logistic regression with an L2 penalty at many strengths, for many tables at once.

The objective is scikit-learn's: |w|²/2 + C Σ log-loss, with features standardised over the
training rows and an intercept that is not penalised.

Strengths are solved from strong to weak, each from where the path leads to, by preconditioned
nonlinear conjugate gradients (Polak and Ribière). The Hessian X'DX + I/C is replaced by
h X'X + I/C with h the mean of p(1 - p), and undone along the leading directions of X, which are
found once for all strengths and labels: activations have few directions that matter. A step costs
two products with X, however far the line search looks.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from attrs import define, field, frozen

from seatrial.errors import MetricError

from ._backend import Backend, backend
from ._spectrum import Spectrum, spectrum
from ._standardise import Standardised, standardised

__all__ = ["GRID", "Path", "Prepared", "prepare", "solve"]

GRID: Final = tuple(float(f"{10**exponent:.3g}") for exponent in np.linspace(-5, 1, 10))
"""From what leaves a few leading directions of thousands to what all but separates."""

RANK: Final = 64
TOLERANCE: Final = 2e-4
STEPS: Final = 1000
SEARCHES: Final = 8
SLOPE: Final = 0.1
LEAST: Final = 1e-30
FLATTEST: Final = 1e-3

Floats = npt.NDArray[np.float64]


@frozen(eq=False)
class Prepared:
    """Tables [batch, rows, width], standardised and taken apart once, for any labels."""

    on: Backend
    features: Standardised
    spectrum: Spectrum


@frozen(eq=False)
class Path:
    """The solutions: `weights` [batch, strengths, width] and `intercepts` for features as given.

    `steps` counts those of each strength, for the slowest table of the batch.
    """

    weights: Floats
    intercepts: Floats
    steps: tuple[int, ...]


def prepare(
    tables: Any,
    *,
    device: str | None = None,
    dtype: str = "float32",
    rank: int = RANK,
    emphasis: Any = None,
) -> Prepared:
    """Standardise tables [batch, rows, width] and find their `rank` leading directions.

    `emphasis` [width] multiplies standardised columns that are to be penalised less (or more).
    """
    on = backend(device, dtype)
    features = standardised(on.array(tables), on, emphasis)
    return Prepared(on, features, spectrum(features.table, rank, on))


def solve(
    prepared: Prepared,
    labels: npt.ArrayLike,
    grid: Sequence[float] = GRID,
    *,
    tolerance: float = TOLERANCE,
) -> Path:
    """Fit every table at every strength C of the grid, to labels [rows] or [batch, rows].

    A fit has converged when no entry of its gradient is larger than `tolerance` times the largest
    at w = 0. Raises `MetricError` for labels of one class.
    """
    batch, rows, _ = prepared.features.table.shape
    given = np.broadcast_to(np.asarray(labels, dtype=np.float64), (batch, rows))
    rates = given.mean(axis=1)
    if not ((rates > 0) & (rates < 1)).all():
        msg = f"a logistic regression needs both classes, but all {rows} labels are alike"
        raise MetricError(msg)
    descent = _Descent.start(prepared, given, rates, tolerance)
    order = np.argsort(grid, kind="stable")
    weights: list[Any] = [None] * len(order)
    intercepts, steps = list(weights), [0] * len(order)
    for place in order:
        steps[place] = descent.to(1 / grid[place])
        raw = prepared.features.raw(descent.weights, descent.intercept)
        weights[place], intercepts[place] = (prepared.on.numpy(one) for one in raw)
    return Path(np.stack(weights, axis=1), np.stack(intercepts, axis=1), tuple(steps))


@define(eq=False)
class _Descent:
    """Where the fits are: `logits` are kept with the weights, so that a step costs two products."""

    problem: Prepared
    labels: Any
    enough: Any
    weights: Any
    intercept: Any
    logits: Any
    path: list[tuple[Any, Any, Any]] = field(factory=list)

    @classmethod
    def start(cls, problem: Prepared, given: Floats, rates: Floats, tolerance: float) -> _Descent:
        table, on = problem.features.table, problem.on
        labels, intercept = on.array(given), on.array(np.log(rates / (1 - rates)))
        residual = on.array(rates)[:, None] - labels
        gradient = (residual[:, None, :] @ table)[:, 0]
        enough = tolerance * on.namespace.amax(abs(gradient), -1)
        logits = labels * 0 + intercept[:, None]
        return cls(problem, labels, enough, gradient * 0, intercept, logits)

    def to(self, penalty: float) -> int:
        """Go to the solution at a penalty (1 / C); give the number of steps.

        The path is smooth in log C: it goes on in the direction that it took to the last solution.
        """
        steps = self._descend(penalty, self._ahead(penalty))
        self.path = [*self.path[-1:], (self.weights, self.intercept, self.logits)]
        return steps

    def _ahead(self, penalty: float) -> Any:
        """Go on along the path; give the residual."""
        residual = self.problem.on.sigmoid(self.logits) - self.labels
        if len(self.path) < 2:  # noqa: PLR2004 - a direction takes two
            return residual
        way, rise, moved = (new - old for old, new in zip(*self.path, strict=True))
        return self._advance(residual, way, rise, moved, penalty)

    def _descend(self, penalty: float, residual: Any) -> int:
        on, spectrum = self.problem.on, self.problem.spectrum
        table, rows = self.problem.features.table, self.labels.shape[-1]
        before: Any = None
        for step in range(STEPS):
            gradient = (residual[:, None, :] @ table)[:, 0] + penalty * self.weights
            lift = residual.sum(-1)
            largest = on.namespace.amax(abs(gradient), -1)
            active = (largest > self.enough) | (abs(lift) > self.enough)
            if not active.any():
                return step
            spread = residual + self.labels
            scale = (spread - spread * spread).mean(-1).clip(min=FLATTEST)
            down = spectrum.undone(gradient, scale, penalty) * active[:, None]
            drop = lift / (scale * rows) * active
            product = _dot(gradient, down) + lift * drop
            way, rise = -down, -drop
            if before is not None:
                change = product - _dot(before[0], down) - before[1] * drop
                fraction = (change / (before[2] + LEAST)).clip(min=0)
                # A direction that does not descend starts anew from the steepest.
                ahead = fraction * (_dot(gradient, before[3]) + lift * before[4]) < product
                fraction = fraction * ahead * active
                way, rise = way + fraction[:, None] * before[3], rise + fraction * before[4]
            before = gradient, lift, product, way, rise
            moved = (table @ way[..., None])[..., 0] + rise[:, None]
            residual = self._advance(residual, way, rise, moved, penalty)
        return STEPS

    def _advance(self, residual: Any, way: Any, rise: Any, moved: Any, penalty: float) -> Any:
        """Go as far as the objective falls; give the residual there.

        `moved` is what the way does to the logits. Newton's method on the slope, kept between the
        last places of either sign; a table that is there waits for the others of its batch.
        """
        on, xp = self.problem.on, self.problem.on.namespace
        pull, bend = penalty * _dot(self.weights, way), penalty * _dot(way, way)
        steepest = slope = _dot(moved, residual) + pull
        low = high = far = slope * 0
        high = high + float("inf")
        searching = abs(slope) > 0
        for _ in range(SEARCHES):
            probability = residual + self.labels
            curvature = _dot(moved * moved, probability - probability * probability) + bend
            jump = far - slope / (curvature + LEAST)
            between = xp.where(xp.isinf(high), 2 * far, (low + high) / 2)
            jump = xp.where((jump >= low) & (jump <= high), jump, between)
            far = xp.where(searching, jump, far)
            residual = on.sigmoid(self.logits + far[:, None] * moved) - self.labels
            slope = _dot(moved, residual) + pull + far * bend
            searching = searching & (abs(slope) > SLOPE * abs(steepest))
            if not searching.any():
                break
            low, high = xp.where(slope < 0, far, low), xp.where(slope > 0, far, high)
        self.weights = self.weights + far[:, None] * way
        self.intercept = self.intercept + far * rise
        self.logits = self.logits + far[:, None] * moved
        return residual


def _dot(one: Any, other: Any) -> Any:
    return (one[:, None, :] @ other[..., None])[:, 0, 0]
