"""Frost on a pane, drawn: ImageNet-C's frost is photographs, which are not ours to ship."""

from __future__ import annotations

import cv2
import numpy as np

from ._pictures import Picture
from ._plasma import plasma

__all__ = ["frosted"]

DARK, WHITE = (0.14, 0.26, 0.32), (0.88, 0.93, 0.97)
NUCLEI = 14
NEEDLES = 26  # to the side of the picture
SLANT = 0.65  # how steeply needles leave their stem
CLOUDS = 1.5


def frosted(height: int, width: int, draw: np.random.Generator) -> Picture:
    """Draw ice that grows in feathers from a few nuclei, thick here and thin there: RGB in [0, 1].

    Every pixel belongs to its nearest nucleus, whose stem has a direction of its own; needles leave
    the stem on both sides. All is bent a little, and clouds say how thick the ice is. Mean and
    deviation are about those of ImageNet-C's photographs (.55 and .15).
    """
    side = max(height, width)
    clouds = plasma(2 * side, CLOUDS, draw)
    bend = clouds[:height, side : side + width] - 0.5, clouds[side : side + height, :width] - 0.5
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    rows += np.float32(0.25 * side) * bend[0]
    columns += np.float32(0.25 * side) * bend[1]
    places = draw.random((NUCLEI, 2), dtype=np.float32) * (height, width)
    free = np.full((height, width), 255, np.uint8)
    free[places[:, 0].astype(int), places[:, 1].astype(int)] = 0
    _, labels = cv2.distanceTransformWithLabels(
        free, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    from_seed = np.zeros((NUCLEI + 1, 2), np.float32)
    from_seed[labels[places[:, 0].astype(int), places[:, 1].astype(int)]] = places
    angles = draw.uniform(0, 2 * np.pi, NUCLEI + 1).astype(np.float32)[labels]
    down, right = rows - from_seed[labels, 0], columns - from_seed[labels, 1]
    along = down * np.sin(angles) + right * np.cos(angles)
    across = np.abs(right * np.sin(angles) - down * np.cos(angles))
    pitch = np.float32(NEEDLES / side)
    needles = ridge((along + np.float32(SLANT) * across) * pitch)
    stems = ridge(across * pitch / 3)
    ice = clouds[:height, :width]
    thick = 0.7 * ice**1.5 + (0.2 + 0.55 * ice) * np.maximum(needles, stems)
    thick = np.clip(thick, 0, 1).astype(np.float32)[:, :, None]
    pane: Picture = np.array(DARK, np.float32) * (1 - thick) + np.array(WHITE, np.float32) * thick
    return pane


def ridge(phase: Picture) -> Picture:
    """Rise to 1 at every whole number, sharply."""
    found: Picture = np.abs(2 * (phase - np.floor(phase)) - 1) ** 4
    return found
