"""A picture of one slice under artefacts, with what each model makes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw
from seatrial_torchio import bias_field, gamma, motion, noise

from seatrial import Volume

from ._net import bright_end
from ._template import Array, template

__all__ = ["write_sheet"]

SLICE = 36
"""In the middle of a block that training has not seen."""
SEED = 2
ROWS = (
    ("clean", None, 0),
    ("bias field 3", bias_field, 3),
    ("bias field 5", bias_field, 5),
    ("noise 5", noise, 5),
    ("gamma 5", gamma, 5),
    ("motion 5", motion, 5),
)
COLOURS = np.array([[0, 0, 0], [70, 130, 180], [255, 215, 80]], dtype=np.uint8)
EDGE, TITLE, SIDE = 4, 16, 84


def write_sheet(path: Path, models: Mapping[str, Callable[..., Any]]) -> Path:
    """Write a PNG: a row for each artefact; grey matter blue, white matter yellow."""
    held = template()
    rows = []
    for name, artefact, severity in ROWS:
        volume = held.volume if artefact is None else artefact.at(severity)(held.volume, seed=SEED)
        masks = [model([volume])[0].value for model in models.values()]
        labels = [held.labels, *(mask.array[0] for mask in masks)]
        cells = [_picture(volume), *(COLOURS[_turned(one)] for one in labels)]
        rows.append((name, cells))
    height, width = rows[0][1][0].shape[:2]
    columns = ["image", "truth", *models]
    size = SIDE + len(columns) * (width + EDGE), TITLE + len(rows) * (height + EDGE)
    sheet = Image.new("RGB", size)
    draw = ImageDraw.Draw(sheet)
    for at, title in enumerate(columns):
        draw.text((SIDE + at * (width + EDGE), 2), title, fill=(255, 255, 255))
    for row, (name, cells) in enumerate(rows):
        top = TITLE + row * (height + EDGE)
        draw.text((2, top + height // 2), name, fill=(255, 255, 255))
        for at, cell in enumerate(cells):
            sheet.paste(Image.fromarray(cell), (SIDE + at * (width + EDGE), top))
    sheet.save(path)
    return path


def _turned(values: Array) -> Array:
    """Take the slice, front up."""
    return np.ascontiguousarray(values[::-1, ::-1, SLICE].T)


def _picture(volume: Volume) -> Array:
    grey = np.clip(_turned(volume.array[0]) / bright_end(volume), 0, 1) * 255
    return np.repeat(grey.astype(np.uint8)[:, :, None], 3, axis=2)
