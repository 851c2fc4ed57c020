"""Values as pictures of 8 bits, to be looked at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..._carriers import Volume
from ..._eight_bits import eight_bits

__all__ = ["grey", "range_without_tails", "sheet", "three_slices"]

Array = np.ndarray[Any, Any]
GAP = 4
TAIL = 0.5


def grey(values: Array, low: float, high: float) -> Array:
    """Show H×W values from black to white, where `low` and `high` are."""
    shown = (values.astype(np.float32) - low) / (high - low or 1)
    return eight_bits(shown[:, :, None])


def range_without_tails(volume: Volume) -> tuple[float, float]:
    """Give what is black and what is white in the first channel of a volume."""
    low, high = np.percentile(volume.array[0], [TAIL, 100 - TAIL]).tolist()
    if high <= low:
        low, high = float(volume.array.min()), max(float(volume.array.max()), low + 1)
    return low, high


def three_slices(volume: Volume, low: float, high: float) -> Array:
    """Show the slices through the middle of the first channel, side by side: H×W×1.

    Up is up (or front) and the patient's right is on the left, where the affine says so. Black to
    white is the range from `low` to `high`.
    """
    values = _upright(volume)
    slices = [np.take(values, values.shape[axis] // 2, axis=axis) for axis in range(3)]
    # The first axis of a slice runs to the right of the picture, the second one up.
    return sheet([[grey(one.T[::-1], low, high) for one in slices]], gap=0)


def _upright(volume: Volume) -> Array:
    """Turn voxels so that x runs to the patient's left, y to the front and z up."""
    values = volume.array[0]
    matrix = volume.affine[:3, :3] / np.array(volume.spacing)
    order = [0, 0, 0]
    free = {0, 1, 2}
    for row in np.argsort(-np.abs(matrix).max(axis=1), kind="stable"):
        order[row] = max(free, key=lambda column: abs(matrix[row, column]))
        free.discard(order[row])
    turned: Array = values.transpose(order)
    for row, column in enumerate(order):
        if (matrix[row, column] < 0) != (row == 0):
            turned = np.flip(turned, row)
    return turned


def sheet(rows: Sequence[Sequence[Array]], *, gap: int = GAP) -> Array:
    """Lay pictures out in rows, each cell as large as the largest of its row and column."""
    colours = max(one.shape[2] for row in rows for one in row)
    widths = [max(one.shape[1] for one in column) for column in zip(*rows, strict=True)]
    heights = [max(one.shape[0] for one in row) for row in rows]
    whole = np.zeros(
        (sum(heights) + gap * (len(rows) - 1), sum(widths) + gap * (len(widths) - 1), colours),
        np.uint8,
    )
    top = 0
    for row, height in zip(rows, heights, strict=True):
        left = 0
        for one, width in zip(row, widths, strict=True):
            whole[top : top + one.shape[0], left : left + one.shape[1]] = one
            left += width + gap
        top += height + gap
    return whole
