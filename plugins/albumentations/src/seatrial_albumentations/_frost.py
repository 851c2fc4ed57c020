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
BEND = 0.25  # of the side


def frosted(height: int, width: int, draw: np.random.Generator) -> Picture:
    """Draw ice that grows in feathers from a few nuclei, thick here and thin there: RGB in [0, 1].

    Every pixel belongs to its nearest nucleus, whose stem has a direction of its own; needles leave
    the stem on both sides. All is bent a little, and clouds say how thick the ice is. Mean and
    deviation are about those of ImageNet-C's photographs (.55 and .15).
    """
    side = max(height, width)
    clouds = plasma(side, CLOUDS, draw)
    far = np.roll(clouds, len(clouds) // 2, (0, 1))  # from the other side of the torus
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    rows += np.float32(BEND * side) * far[:height, :width]
    columns += np.float32(BEND * side) * far.T[:height, :width]
    places = (draw.random((NUCLEI, 2)) * (height, width)).astype(int)
    free = np.full((height, width), 255, np.uint8)
    free[places[:, 0], places[:, 1]] = 0
    _, labels = cv2.distanceTransformWithLabels(
        free, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    at = np.zeros((labels.max() + 1, 2), np.float32)
    at[labels[places[:, 0], places[:, 1]]] = places
    angles = draw.uniform(0, 2 * np.pi, len(at))
    sine, cosine = (turn(angles).astype(np.float32)[labels] for turn in (np.sin, np.cos))
    rows -= at[labels, 0]
    columns -= at[labels, 1]
    along = rows * sine + columns * cosine
    across = np.abs(columns * sine - rows * cosine)
    pitch = np.float32(NEEDLES / side)
    needles = ridge((along + np.float32(SLANT) * across) * pitch)
    stems = ridge(across * (pitch / 3))
    ice = clouds[:height, :width]
    thick = np.float32(0.7) * ice * np.sqrt(ice)
    thick += (np.float32(0.2) + np.float32(0.55) * ice) * np.maximum(needles, stems)
    np.minimum(thick, 1, out=thick)
    dark, white = np.array(DARK, np.float32), np.array(WHITE, np.float32)
    pane: Picture = dark + thick[:, :, None] * (white - dark)
    return pane


def ridge(phase: Picture) -> Picture:
    """Rise to 1 at every whole number, sharply."""
    phase -= np.floor(phase)
    phase *= 2
    phase -= 1
    phase *= phase
    phase *= phase
    return phase
