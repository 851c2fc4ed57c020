"""Augmented views of images: pure functions of an image and a seed."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from seatrial.errors import PlanError
from seatrial.kit import eight_bits

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["SCHEME", "augmented", "three_channels"]

SCHEME = 1
"""Raised whenever the same image and seed give another view: cached features no longer count."""

SIDE = 224
SCALE = (0.5, 1.0)
RATIO = (3 / 4, 4 / 3)
TRIES = 10
CHANNELS = 3


def augmented(image: Any, *, seed: int) -> npt.NDArray[np.uint8]:
    """Give a random part of an image, resized and perhaps mirrored: uint8 224×224×3.

    What CLIP's few-shot adapters train on: a part of half to all of the area, its sides in a
    proportion of 3:4 to 4:3, resized bicubically, and mirrored one time in two. The draws are those
    of torchvision's `RandomResizedCrop` (Szegedy et al., CVPR 2015), made from `seed` alone.
    """
    from PIL.Image import Resampling, Transpose

    array = three_channels(image)
    draw = np.random.default_rng(seed).random
    top, left, height, width = _part(array.shape[0], array.shape[1], draw)
    cut = _picture(array).crop((left, top, left + width, top + height))
    view = cut.resize((SIDE, SIDE), Resampling.BICUBIC)
    if draw() < 0.5:  # noqa: PLR2004 - one time in two
        view = view.transpose(Transpose.FLIP_LEFT_RIGHT)
    return np.asarray(view, dtype=np.uint8)


def _part(height: int, width: int, draw: Any) -> tuple[int, int, int, int]:
    low, high = (math.log(ratio) for ratio in RATIO)
    for _ in range(TRIES):
        area = height * width * (SCALE[0] + (SCALE[1] - SCALE[0]) * draw())
        ratio = math.exp(low + (high - low) * draw())
        w, h = round(math.sqrt(area * ratio)), round(math.sqrt(area / ratio))
        if 0 < w <= width and 0 < h <= height:
            return int(draw() * (height - h + 1)), int(draw() * (width - w + 1)), h, w
    # A very long picture: its middle, as near to the wanted proportions as it allows.
    w, h = width, height
    if width / height < RATIO[0]:
        h = round(width / RATIO[0])
    elif width / height > RATIO[1]:
        w = round(height * RATIO[1])
    return (height - h) // 2, (width - w) // 2, h, w


def _picture(array: npt.NDArray[np.uint8]) -> Image:
    from PIL import Image

    return Image.fromarray(array)


def three_channels(image: Any) -> npt.NDArray[np.uint8]:
    """Bring an image to uint8 H×W×3; grey ones (H×W, H×W×1) get three equal channels.

    Raises `PlanError` for what is no image: another shape, or floats outside of [0, 1].
    """
    array = np.asarray(image)
    if array.ndim == CHANNELS - 1:
        array = array[:, :, None]
    if array.ndim == CHANNELS and array.shape[2] == 1:
        array = np.repeat(array, CHANNELS, axis=2)
    if array.ndim != CHANNELS or array.shape[2] != CHANNELS or 0 in array.shape:
        msg = f"an image must be an array H×W×3 or H×W, not one of shape {np.shape(image)}"
        raise PlanError(msg)
    if array.dtype.kind != "f" and array.dtype not in (np.uint8, np.uint16):
        msg = f"an image must be uint8, uint16, or float32 in [0, 1], not {array.dtype}"
        raise PlanError(msg)
    if array.dtype.kind == "f" and not (array.min() >= 0 and array.max() <= 1):
        msg = "an image of floats must lie in [0, 1] and hold no NaN; divide by 255, or give uint8"
        raise PlanError(msg)
    return np.ascontiguousarray(eight_bits(array))
