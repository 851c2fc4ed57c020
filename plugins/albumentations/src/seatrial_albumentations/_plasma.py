"""Clouds by midpoint displacement."""

from __future__ import annotations

import numpy as np

from ._pictures import Picture

__all__ = ["plasma"]


def plasma(side: int, decay: float, draw: np.random.Generator) -> Picture:
    """Make a fractal from 0 to 1 by the diamond-square algorithm, on a torus of a power of two.

    Each halving of the distance divides the displacement by the square of `decay`. Fournier,
    Fussell and Carpenter, Computer rendering of stochastic models (1982).
    """
    size = 1 << max(side - 1, 1).bit_length()
    heights = np.zeros((size, size), np.float32)
    step, spread = size, 1.0
    while step > 1:
        half = step // 2
        corners = heights[::step, ::step]
        below = corners + np.roll(corners, -1, 0)
        beside = corners + np.roll(corners, -1, 1)
        centres = middle(below + np.roll(below, -1, 1), spread, draw)
        heights[half::step, half::step] = centres
        heights[::step, half::step] = middle(
            centres + np.roll(centres, 1, 0) + beside, spread, draw
        )
        heights[half::step, ::step] = middle(centres + np.roll(centres, 1, 1) + below, spread, draw)
        step, spread = half, spread / decay**2
    heights -= heights.min()
    heights /= max(float(heights.max()), 1e-12)
    return heights


def middle(sums: Picture, spread: float, draw: np.random.Generator) -> Picture:
    """Give the mean of four neighbours, displaced."""
    moved = draw.random(sums.shape, dtype=np.float32)
    moved *= np.float32(2 * spread)
    moved -= np.float32(spread)
    moved += sums / 4
    return moved
