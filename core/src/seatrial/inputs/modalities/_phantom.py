"""A head drawn with ellipsoids, on which perturbations of volumes can be seen."""

from __future__ import annotations

import numpy as np

from ..._carriers import Volume

__all__ = ["phantom"]

SIDE = 96
SPACING = 2.0
# intensity added, half-axes, centre (x to the right, y to the front, z up), turn about z in degrees
ELLIPSOIDS = (
    (0.9, (0.69, 0.9, 0.9), (0.0, 0.0, 0.0), 0),  # scalp
    (-0.75, (0.65, 0.86, 0.86), (0.0, 0.0, 0.0), 0),  # skull
    (0.35, (0.6, 0.82, 0.82), (0.0, 0.0, 0.0), 0),  # grey matter
    (0.25, (0.5, 0.7, 0.7), (0.0, 0.0, 0.04), 0),  # white matter
    (-0.6, (0.1, 0.3, 0.2), (0.16, 0.0, 0.05), -18),  # ventricles
    (-0.6, (0.1, 0.3, 0.2), (-0.16, 0.0, 0.05), 18),
    (-0.25, (0.13, 0.13, 0.13), (0.25, 0.35, -0.1), 0),  # deep grey matter
    (-0.25, (0.13, 0.13, 0.13), (-0.25, 0.35, -0.1), 0),
    (0.2, (0.09, 0.09, 0.09), (-0.3, -0.35, 0.2), 0),  # a lesion, on the left only
)


def phantom() -> Volume:
    """Draw the head: float32, 96³ voxels of 2 mm, without noise."""
    x, y, z = np.meshgrid(*[np.linspace(-1, 1, SIDE, dtype=np.float32)] * 3, indexing="ij")
    values = np.zeros_like(x)
    for added, (a, b, c), (right, front, up), turn in ELLIPSOIDS:
        cos, sin = np.cos(np.radians(turn)), np.sin(np.radians(turn))
        along = (x - right) * cos + (y - front) * sin
        across = (y - front) * cos - (x - right) * sin
        inside = (along / a) ** 2 + (across / b) ** 2 + ((z - up) / c) ** 2 <= 1
        values[inside] += added
    affine = np.diag([SPACING, SPACING, SPACING, 1.0])
    affine[:3, 3] = -SPACING * (SIDE - 1) / 2
    return Volume(values * 1000, affine)
