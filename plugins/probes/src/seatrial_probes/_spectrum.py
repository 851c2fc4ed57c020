"""The directions in which a table varies most: what makes its curvature easy to undo."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from attrs import frozen

from ._backend import Backend

__all__ = ["Spectrum", "spectrum", "turned"]

OVERSAMPLED: Final = 1.5
"""So many times the directions that are computed whole rather than sketched."""


@frozen(eq=False)
class Spectrum:
    """Orthonormal `directions` [batch, width, k], their squares [batch, k], and the `rest`.

    `rest` [batch] is taken for the square of whatever lies outside of the directions.
    """

    directions: Any
    squares: Any
    rest: Any

    def undone(self, gradient: Any, scale: Any, penalty: float) -> Any:
        """Multiply by the inverse of `scale` times the table's Gram matrix, plus `penalty`.

        Exact along the directions, approximate outside of them.
        """
        outside = (scale * self.rest + penalty)[:, None]
        along = (gradient[:, None, :] @ self.directions)[:, 0]
        along = along * (1 / (scale[:, None] * self.squares + penalty) - 1 / outside)
        return (self.directions @ along[..., None])[..., 0] + gradient / outside


def spectrum(table: Any, rank: int, on: Backend) -> Spectrum:
    """Find the leading `rank` directions of tables [batch, rows, width], or all if they are few.

    Outside of them the least of their squares is taken for all: too much for most, which costs a
    few steps and never more. One step of subspace iteration from fixed random directions, then
    Rayleigh and Ritz.
    Source: Halko, Martinsson and Tropp, SIAM Review 53 (2011) 217-288, algorithm 4.4.
    """
    xp = on.namespace
    rows, width = table.shape[-2:]
    least = min(rows, width)
    if rank * OVERSAMPLED >= least:
        return _whole(table, xp)
    drawn = np.random.default_rng(0).standard_normal((width, rank))
    basis = xp.linalg.qr(turned(table) @ (table @ on.array(drawn)))[0]
    seen = table @ basis
    squares, turn = xp.linalg.eigh(turned(seen) @ seen)
    squares = squares.clip(min=0)
    return Spectrum(basis @ turn, squares, squares[:, 0])


def _whole(table: Any, xp: Any) -> Spectrum:
    rows, width = table.shape[-2:]
    if width <= rows:
        squares, directions = xp.linalg.eigh(turned(table) @ table)
        squares = squares.clip(min=0)
        return Spectrum(directions, squares, squares[:, 0])
    squares, turn = xp.linalg.eigh(table @ turned(table))
    # Directions without variance are no directions: the rounding of their square is divided by.
    floor = squares[:, -1:] * (rows * float(xp.finfo(table.dtype).eps))
    kept = squares > floor
    lengths = xp.where(kept, xp.sqrt(squares.clip(min=0)), float("inf"))
    directions = (turned(table) @ turn) / lengths[:, None]
    return Spectrum(directions, squares * kept, squares[:, 0] * 0)


def turned(table: Any) -> Any:
    """Transpose each table of a batch."""
    return table.swapaxes(-1, -2)
