"""A volume as one picture: its axial slices side by side, as on a light box.

A message carries pictures and no volumes, so this is how a series reaches a copilot, and any other
model of images and text.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from seatrial import Volume

__all__ = ["ACROSS", "SPACING", "TILE", "Array", "is_sheet", "sheet_of", "volume_of"]

Array = np.ndarray[Any, Any]
TILE = (112, 96)
"""Rows and columns of one slice."""
ACROSS = 8
"""Slices in a row of the sheet."""
SPACING = (2.0, 2.0, 4.0)
"""Millimetres between voxels: across, from back to front, from below to above."""


def sheet_of(values: Array, *, across: int = ACROSS) -> Array:
    """Lay out X×Y×Z values in [0, 255] as a uint8 picture, H×W×1: slices from below, front up."""
    rows = -(-values.shape[2] // across)
    height, width = TILE
    sheet = np.zeros((rows * height, across * width, 1), dtype=np.uint8)
    for at in range(values.shape[2]):
        top, left = at // across * height, at % across * width
        tile = np.clip(values[:, ::-1, at].T, 0, 255).round()
        sheet[top : top + height, left : left + width, 0] = tile
    return sheet


def is_sheet(picture: Array) -> bool:
    """Tell whether a picture is divided into tiles, and grey."""
    if picture.ndim != 3 or not picture.size:  # noqa: PLR2004 - rows, columns, channels
        return False
    height, width = picture.shape[:2]
    return bool(height % TILE[0] == 0 and width % TILE[1] == 0 and picture.shape[2] == 1)


def volume_of(picture: Array) -> Volume:
    """Read a sheet back: float32, in the order of its tiles, without the empty ones at the end."""
    height, width = TILE
    rows, columns = picture.shape[0] // height, picture.shape[1] // width
    tiles = picture[..., 0].reshape(rows, height, columns, width).swapaxes(1, 2)
    slices = tiles.reshape(rows * columns, height, width)
    last = np.flatnonzero(slices.any(axis=(1, 2)))
    slices = slices[: last[-1] + 1 if last.size else len(slices)]
    values = np.ascontiguousarray(slices.transpose(2, 1, 0)[:, ::-1], dtype=np.float32)
    affine = np.diag([*SPACING, 1.0])
    affine[:3, 3] = -np.array(SPACING) * (np.array(values.shape) - 1) / 2
    return Volume(values, affine)
