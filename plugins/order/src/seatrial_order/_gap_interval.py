"""An interval for the gap: the values that a test by three moments does not reject."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
import numpy.typing as npt
from attrs import frozen

from seatrial import derive

from ._parts import Part
from ._rows import Floats

__all__ = ["bounded"]

UNITS: Final = 4096  # so many show the spread to within 2 %; the gap itself is of all
LARGEST: Final = 2.0  # the distance between opposite unit vectors
CLEAR: Final = 3.0  # standard deviations from which on the direction of the gap is known
CELLS: Final = 64
ROUNDS: Final = 8
SMALLEST: Final = 1e-60  # variances, so that constant rows give their one gap
SYMMETRIC: Final = 1e-4  # skewness below which a gamma variable is as good as normal


@frozen
class _Moments:
    """The spread of the estimated square: along the gap, and in all directions together.

    With the mean difference normal around a vector of length g and covariance V, its square less
    tr(V) has the cumulants 0 + g^2, 4 g^2 v + 2 tr(V^2) and 24 g^2 w + 8 tr(V^3), where v and w are
    the variance along the gap and that of V^2, for which v^2 stands here.
    """

    along: float
    second: float
    third: float
    df: float

    def quantile(self, gaps: Floats, probability: float) -> Floats:
        """Give a quantile of the estimated square at true gaps: shifted gamma distributions."""
        from scipy.special import gammaincinv, ndtri, stdtrit

        variance = np.maximum(4 * gaps**2 * self.along + 2 * self.second, SMALLEST)
        skewness = (24 * gaps**2 * self.along**2 + 8 * self.third) / variance**1.5
        shape = 4 / np.maximum(skewness, SYMMETRIC) ** 2
        deviate = (gammaincinv(shape, probability) - shape) / np.sqrt(shape)
        wider = stdtrit(self.df, probability) / ndtri(probability)
        return np.asarray(gaps**2 + np.sqrt(variance) * deviate * wider)


def bounded(
    parts: tuple[Part, ...],
    mean_x: Floats,
    mean_y: Floats,
    rows: tuple[int, int],
    square: float,
    confidence: float,
) -> tuple[float, float]:
    """Give the smallest and the largest gap that would not be surprised by the estimate."""
    moments = _moments(parts, mean_x, mean_y, rows, square)
    tail = (1 - confidence) / 2
    low = _edge(lambda gap: square > moments.quantile(gap, 1 - tail))[0]
    high = _edge(lambda gap: square >= moments.quantile(gap, tail))[1]
    return low, max(low, high)


def _edge(holds: Callable[[Floats], npt.NDArray[np.bool_]]) -> tuple[float, float]:
    """Enclose the largest gap at which a condition holds, 0 where it holds at none.

    The lower quantile falls before it rises, where the spread along the gap is large: so a grid is
    searched for its last point, and then the cell behind that, again and again.
    """
    low, high = 0.0, LARGEST
    for _ in range(ROUNDS):
        grid = np.linspace(low, high, CELLS + 1)
        at = np.flatnonzero(holds(grid))
        if not len(at):
            return low, low
        low, high = float(grid[at[-1]]), float(grid[min(at[-1] + 1, CELLS)])
    return low, high


def _moments(
    parts: tuple[Part, ...], mean_x: Floats, mean_y: Floats, rows: tuple[int, int], square: float
) -> _Moments:
    vector = mean_x - mean_y
    along = second_bias = fourth = 0.0
    spread: list[float] = []
    degrees: list[float] = []
    found: list[Floats] = []
    scale_x, scale_y = (_unbiased(parts, side) for side in ("image_counts", "text_counts"))
    for part in parts:
        units = _sampled(len(part))
        repeated = len(part) / len(units)
        x, y = part.at(units)
        moved = np.zeros((len(units), len(vector)))
        if x is not None:
            moved += scale_x / rows[0] * (x - part.image_counts[units, None] * mean_x)
        if y is not None:
            moved -= scale_y / rows[1] * (y - part.text_counts[units, None] * mean_y)
        length = np.einsum("ij,ij->i", moved, moved)
        # Without what the unit itself adds to the gap, or few units would seem to vary along it.
        projected = float(np.square(moved @ vector - length).sum()) * repeated
        along += projected
        spread.append(projected)
        degrees.append(max(_effective(part) - 1, 1.0))
        moved *= np.sqrt(repeated)
        length *= repeated
        fourth += float(np.square(length).sum())
        second_bias += float(length.sum()) ** 2 / max(len(units) * (len(units) - 1), 1)
        found.append(moved)
    stacked = np.concatenate(found)
    total = float(np.einsum("ij,ij->", stacked, stacked))
    small = stacked @ stacked.T if len(stacked) < stacked.shape[1] else stacked.T @ stacked
    plain = float(np.square(small).sum())
    third = float(((small @ small) * small).sum())
    second = max(plain - fourth - second_bias, total**2 / stacked.shape[1])
    largest = float(np.linalg.eigvalsh(small)[-1])
    top = largest - total / len(stacked)
    mixed = along / max(float(vector @ vector), 1e-300)
    if square > max(CLEAR * np.sqrt(2 * second), CLEAR**2 * top):
        mixed = max(mixed, (along - second) / square)
    else:  # which way a small gap points is unknown: it may lie along the widest direction
        mixed = min(max(mixed, top), largest)
    weight = np.square(spread) @ (1 / np.array(degrees))
    df = float(np.sum(spread) ** 2 / weight) if weight > 0 else min(degrees)
    skewed = third * (second / plain) ** 1.5 if plain > 0 else 0.0
    return _Moments(mixed, second, skewed, max(df, 1.0))


def _sampled(count: int) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
    if count <= UNITS:
        return np.arange(count)
    draw = np.random.default_rng(derive(0, "modality gap", count))
    return np.sort(draw.choice(count, UNITS, replace=False))


def _effective(part: Part) -> float:
    """Count the units as so many of equal size."""
    counts = part.image_counts + part.text_counts
    return float(counts.sum() ** 2 / np.square(counts).sum())


def _unbiased(parts: tuple[Part, ...], side: str) -> float:
    counts = np.concatenate([getattr(part, side) for part in parts])
    return float(1 / np.sqrt(1 - np.square(counts / counts.sum()).sum()))
