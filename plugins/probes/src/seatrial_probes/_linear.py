"""Linear probes that are closed forms: difference of means, mass-mean, shrunken discriminant."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from attrs import frozen
from scipy.linalg import cho_factor, cho_solve

from seatrial.errors import MetricError, ModelError

from ._threads import one_thread

__all__ = ["Linear", "discriminant", "mass_mean", "mean_difference", "platt"]

Floats = npt.NDArray[np.float64]

ITERATIONS = 100
"""Platt's Newton steps; a dozen are enough."""


@frozen(eq=False)
class Linear:
    """Scores rows by `table @ weights + intercept`: positive means failure."""

    weights: Floats
    intercept: float

    def __call__(self, table: Any) -> Floats:
        """Score rows [rows, width]; raises `ModelError` for another width."""
        if table.shape[-1] != len(self.weights):
            msg = (
                f"activations are {table.shape[-1]} wide, but the probe was fitted on "
                f"{len(self.weights)}: give it the model that it was fitted on"
            )
            raise ModelError(msg)
        found: Floats = table @ self.weights + self.intercept
        return found


def mean_difference(table: Any, failed: npt.ArrayLike) -> Linear:
    """Point from the mean of successes to the mean of failures; 0 is half-way."""
    means, _ = _classes(table, failed)
    return _between(means, means[1] - means[0])


def mass_mean(table: Any, failed: npt.ArrayLike) -> Linear:
    """Tilt the difference of means by the inverse of the covariance within classes.

    The covariance is that of all rows after the mean of their class was taken out, and its
    (pseudo-)inverse is exact, so more columns than rows fit noise: `discriminant` shrinks.
    Without the tilt this is `mean_difference`.
    Source: Marks and Tegmark, The Geometry of Truth (COLM 2024), section 5, the form for
    identically distributed data.
    """
    means, within = _classes(table, failed)
    # W = U S V' gives the pseudo-inverse of W'W / n without W'W, which squares what rounding lost.
    _, lengths, directions = np.linalg.svd(np.concatenate(within), full_matrices=False)
    floor = lengths[0] * max(table.shape) * np.finfo(np.float64).eps
    inverse = np.divide(1.0, lengths**2, out=np.zeros_like(lengths), where=lengths > floor)
    along = directions @ (means[1] - means[0])
    return _between(means, len(table) * (directions.T @ (inverse * along)))


def discriminant(table: Any, failed: npt.ArrayLike) -> Linear:
    """Give Fisher's linear discriminant with each class's covariance shrunken by itself.

    As scikit-learn's `LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto")`: columns of a
    class are standardised, their covariance is shrunken towards the identity by Ledoit and Wolf's
    closed form (Journal of Multivariate Analysis 88, 2004, 365-411), and the classes' are averaged
    by their rates. Solved on the smaller side of the table.
    """
    means, within = _classes(table, failed)
    rates = np.array([len(one) for one in within]) / len(table)
    parts, ridge = [], np.zeros(table.shape[1])
    for rate, rows in zip(rates, within, strict=True):
        deviation = rows.std(axis=0)
        deviation[deviation == 0] = 1.0
        scaled = rows / deviation
        shrinkage, target = _ledoit_wolf(scaled)
        parts.append(np.sqrt(rate * (1 - shrinkage) / len(rows)) * rows)
        ridge += rate * shrinkage * target * deviation**2
    difference = means[1] - means[0]
    weights = _solved(np.concatenate(parts), ridge, difference)
    middle = _between(means, weights)
    return Linear(weights, middle.intercept + float(np.log(rates[1] / rates[0])))


@one_thread()
def platt(scores: npt.ArrayLike, failed: npt.ArrayLike) -> tuple[float, float]:
    """Give slope and intercept that turn scores into the log-odds of failure.

    A logistic regression on the score, with labels drawn in a little so that scores which separate
    the classes do not give certainty. The slope is at least a hundredth of what one deviation is
    worth: scores that rank backwards on these cases keep their order and say next to nothing.
    Source: Platt, Advances in Large Margin Classifiers (1999), section 2.2; Lin, Lin and Weng,
    Machine Learning 68 (2007) 267-276.
    """
    values, labels = np.asarray(scores, dtype=np.float64), np.asarray(failed, dtype=bool)
    wrong, right = int(labels.sum()), int((~labels).sum())
    targets = np.where(labels, (wrong + 1) / (wrong + 2), 1 / (right + 2))
    centre, spread = float(values.mean()), float(values.std()) or 1.0
    columns = np.column_stack([(values - centre) / spread, np.ones(len(values))])
    rate = targets.mean()
    found = np.array([0.0, np.log(rate / (1 - rate))])
    loss = _loss(columns @ found, targets)
    for _ in range(ITERATIONS):
        probabilities = 1 / (1 + np.exp(-(columns @ found)))
        bend = (
            columns * (probabilities * (1 - probabilities))[:, None]
        ).T @ columns + 1e-12 * np.eye(2)
        step = np.linalg.solve(bend, columns.T @ (probabilities - targets))
        while (after := _loss(columns @ (found - step), targets)) > loss + 1e-12:
            step = step / 2
        found, done, loss = found - step, loss - after < 1e-12, after  # noqa: PLR2004 - rounding
        if done:
            break
    slope = max(float(found[0]), 0.01) / spread
    lift = float(found[1]) if found[0] > 0.01 else float(np.log(rate / (1 - rate)))  # noqa: PLR2004
    return slope, lift - slope * centre


def _loss(logits: Floats, targets: Floats) -> float:
    return float((np.logaddexp(0, logits) - targets * logits).sum())


def _classes(table: Any, failed: npt.ArrayLike) -> tuple[list[Floats], list[Floats]]:
    """Give the means of successes and failures, and the rows of each without its mean."""
    labels = np.asarray(failed, dtype=bool)
    if labels.all() or not labels.any():
        msg = f"a probe needs both classes, but all {len(labels)} labels are alike"
        raise MetricError(msg)
    rows = [np.asarray(table[labels == one], dtype=np.float64) for one in (False, True)]
    means = [one.mean(axis=0) for one in rows]
    return means, [one - mean for one, mean in zip(rows, means, strict=True)]


def _between(means: list[Floats], weights: Floats) -> Linear:
    return Linear(weights, -float(weights @ (means[0] + means[1])) / 2)


def _ledoit_wolf(scaled: Floats) -> tuple[float, float]:
    """Give the optimal shrinkage of standardised rows and the variance to shrink towards."""
    rows, width = scaled.shape
    target = float(np.square(scaled).sum()) / rows / width
    fourth = float(np.square(np.square(scaled).sum(axis=1)).sum())
    gram = scaled @ scaled.T if rows < width else scaled.T @ scaled
    second = float(np.square(gram).sum()) / rows**2
    noise = (fourth / rows - second) / (width * rows)
    spread = second / width - target**2
    return (min(noise, spread) / spread if noise > 0 and spread > 0 else 0.0), target


def _solved(rows: Floats, ridge: Floats, target: Floats) -> Floats:
    """Solve (rows' rows + diagonal ridge) x = target by Cholesky on the smaller side."""
    count, width = rows.shape
    if width <= count or not (ridge > 0).all():
        gram = rows.T @ rows
        gram.flat[:: width + 1] += np.maximum(ridge, np.finfo(np.float64).eps * gram.trace())
        found: Floats = cho_solve(cho_factor(gram), target)
        return found
    scaled = rows / ridge
    small = scaled @ rows.T
    small.flat[:: count + 1] += 1
    woodbury: Floats = target / ridge - scaled.T @ cho_solve(
        cho_factor(small), rows @ (target / ridge)
    )
    return woodbury
