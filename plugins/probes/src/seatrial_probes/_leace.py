"""LEACE: the smallest change of vectors after which nothing linear predicts a concept."""

from __future__ import annotations

from typing import Final, Self

import numpy as np
import numpy.typing as npt
from attrs import frozen

from seatrial.errors import ParameterError, PlanError

from ._threads import one_thread

__all__ = ["Eraser", "LeaceFitter", "leace"]

VANISHING: Final = 1e-10
"""Relative to what it could be at most: what is smaller is rounding."""

Floats = npt.NDArray[np.float64]


@frozen(eq=False)
class Eraser:
    """Maps x to x - `left` `right` (x - `mean`); float64 [width], [width, rank], [rank, width]."""

    mean: Floats
    left: Floats
    right: Floats

    @property
    def rank(self) -> int:
        """How many directions are taken out: classes less one, or fewer."""
        return int(self.left.shape[1])

    @one_thread()
    def __call__(self, vectors: npt.ArrayLike, /) -> Floats:
        """Erase the concept from vectors [..., width]."""
        array = np.asarray(vectors, dtype=np.float64)
        found: Floats = array - (array - self.mean) @ self.right.T @ self.left.T
        return found


class LeaceFitter:
    """Sums up vectors and concepts in batches, in memory of the order of width squared.

    The means and (cross-)covariances of batches are merged as they come (Chan, Golub and LeVeque,
    1979), so neither the order nor the size of batches matters beyond rounding.

    Source: Belrose et al., LEACE: Perfect linear concept erasure in closed form, NeurIPS 2023,
    theorem 4.3: r(x) = x - W⁺ P W (x - E x), with W the square root of the inverse covariance of x
    and P the orthogonal projection onto the columns of W Cov(x, z). Afterwards Cov(r(x), z) = 0 on
    what was summed up, so no linear predictor of z does better there than a constant one, and
    E (r(x) - x)ᵀ M (r(x) - x) is as small as it can be, for every M.
    """

    def __init__(self, width: int, concepts: int = 1) -> None:
        self.count = 0
        self._mean_x, self._mean_z = np.zeros(width), np.zeros(concepts)
        self._spread = np.zeros((width, width))
        self._cross = np.zeros((width, concepts))
        self._square = 0.0

    @one_thread()
    def update(self, vectors: npt.ArrayLike, concepts: npt.ArrayLike, /) -> Self:
        """Take in a batch: vectors [n, width], and numbers [n] or [n, concepts] to erase."""
        x = np.asarray(vectors, dtype=np.float64)
        z = np.asarray(concepts, dtype=np.float64)
        z = z[:, None] if z.ndim == 1 else z
        if x.shape[1:] != self._mean_x.shape or z.shape != (len(x), len(self._mean_z)):
            msg = (
                f"expected vectors [n, {len(self._mean_x)}] and concepts [n, {len(self._mean_z)}], "
                f"got {x.shape} and {z.shape}"
            )
            raise ParameterError(msg)
        if not (np.isfinite(x).all() and np.isfinite(z).all()):
            msg = "vectors and concepts must be finite, and some are not"
            raise PlanError(msg)
        if not len(x):
            return self
        mean_x, mean_z = x.mean(axis=0), z.mean(axis=0)
        off_x, off_z = mean_x - self._mean_x, mean_z - self._mean_z
        total = self.count + len(x)
        weight = self.count * len(x) / total
        x, z = x - mean_x, z - mean_z
        self._spread += x.T @ x + weight * np.outer(off_x, off_x)
        self._cross += x.T @ z + weight * np.outer(off_x, off_z)
        self._square += float(np.square(z).sum() + weight * np.square(off_z).sum())
        self._mean_x = self._mean_x + off_x * (len(x) / total)
        self._mean_z = self._mean_z + off_z * (len(x) / total)
        self.count = total
        return self

    @one_thread()
    def eraser(self) -> Eraser:
        """Give the map that erases the concepts from vectors like those that were summed up."""
        if self.count < 2:  # noqa: PLR2004 - a covariance needs two
            msg = f"erasing needs at least two vectors, got {self.count}"
            raise PlanError(msg)
        covariance = self._spread / self.count
        values, axes = np.linalg.eigh(covariance)
        there = values > max(values[-1], 0.0) * len(values) * np.finfo(float).eps
        roots, axes = np.sqrt(values[there]), axes[:, there]
        # In the coordinates of the axes: W = diag(1 / roots), and W⁺ = diag(roots).
        found, sizes, _ = np.linalg.svd(
            (axes.T @ (self._cross / self.count)) / roots[:, None], full_matrices=False
        )
        # No singular value is beyond the concepts' deviation, so one of its size is no rounding.
        found = found[:, sizes > VANISHING * np.sqrt(self._square / self.count)]
        return Eraser(
            self._mean_x.copy(),
            axes @ (found * roots[:, None]),
            (found / roots[:, None]).T @ axes.T,
        )


@one_thread()
def leace(vectors: npt.ArrayLike, labels: npt.ArrayLike) -> Eraser:
    """Fit an eraser of `labels` (one for each vector: booleans, numbers or strings as classes)."""
    x = np.asarray(vectors)
    kinds, codes = np.unique(np.asarray(labels), return_inverse=True)
    if x.ndim != 2 or len(codes) != len(x):  # noqa: PLR2004 - rows and columns
        msg = f"expected vectors [n, width] with n labels, got {x.shape} and {len(codes)}"
        raise ParameterError(msg)
    fitter = LeaceFitter(x.shape[1], len(kinds))
    return fitter.update(x, np.eye(len(kinds))[codes]).eraser()
