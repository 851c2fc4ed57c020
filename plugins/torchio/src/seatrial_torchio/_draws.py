"""What is drawn from a seed: directions, axes, times; how far is the rung's, and never drawn."""

from __future__ import annotations

import numpy as np

from ._volumes import Array

__all__ = ["axis_of", "directions", "movement_times"]

JITTER = 0.3
"""How far a movement may be from its even place in time, as a fraction of the step."""


def directions(draw: np.random.Generator, count: int) -> Array:
    """Draw directions in space, all equally probable: unit vectors [count, 3]."""
    found = draw.standard_normal((count, 3))
    return np.asarray(found / np.linalg.norm(found, axis=1, keepdims=True))


def axis_of(draw: np.random.Generator, axis: int | None) -> int:
    """Draw one of the three axes, unless one is given."""
    drawn = int(draw.integers(3))  # drawn in any case: what comes after it does not depend on it
    return drawn if axis is None else axis


def movement_times(draw: np.random.Generator, count: int) -> Array:
    """Draw when movements happen during a scan that takes from 0 to 1: evenly, with a jitter."""
    step = 1 / (count + 1)
    return step * (np.arange(1, count + 1) + draw.uniform(-JITTER, JITTER, count))
