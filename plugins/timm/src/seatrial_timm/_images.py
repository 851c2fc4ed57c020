"""From the carrier of images to the square that a tower takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from attrs import frozen

from seatrial.errors import ModelError

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["Preparation", "picture"]

CHANNELS = 3


@frozen
class Preparation:
    """How a picture becomes a tower's input: its side, how it is resized, and what is subtracted.

    `mean` and `std` are in units of 0 to 255. A picture's short side is resized to
    `side` / `crop`, and the middle is cut out.
    """

    side: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    crop: float = 1.0
    interpolation: str = "bicubic"

    def __call__(self, value: Any) -> np.ndarray[Any, Any]:
        """Give float32 [3, side, side]."""
        from PIL.Image import Resampling

        one = picture(value)
        short = int(self.side / self.crop)
        ratio = short / min(one.size)
        size = [short if side == min(one.size) else int(side * ratio) for side in one.size]
        left, top = (round((side - self.side) / 2) for side in size)
        resampling = Resampling[self.interpolation.upper()]
        cut = one.resize((size[0], size[1]), resampling).crop(
            (left, top, left + self.side, top + self.side)
        )
        array = np.asarray(cut, dtype=np.float32)
        normal = (array - np.array(self.mean, np.float32)) / np.array(self.std, np.float32)
        return np.ascontiguousarray(normal.transpose(2, 0, 1))


def picture(value: Any) -> Image:
    """Make a picture of an image: uint8 H×W×3, or float32 in [0, 1], brought to 8 bits.

    Raises `ModelError` for anything else.
    """
    from PIL import Image

    array = np.asarray(value)
    if array.ndim != CHANNELS or array.shape[2] != CHANNELS or 0 in array.shape:
        msg = f"an image must be an array H×W×3, not one of shape {array.shape}"
        raise ModelError(msg)
    if array.dtype == np.uint8:
        return Image.fromarray(np.ascontiguousarray(array))
    if not np.issubdtype(array.dtype, np.floating):
        msg = f"an image must be uint8, or float32 in [0, 1], not {array.dtype}"
        raise ModelError(msg)
    if not (array.min() >= 0 and array.max() <= 1):
        msg = "an image of floats must lie in [0, 1] and hold no NaN; divide by 255, or give uint8"
        raise ModelError(msg)
    return Image.fromarray(np.rint(array * 255).astype(np.uint8))
