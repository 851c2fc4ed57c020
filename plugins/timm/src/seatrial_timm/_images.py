"""Preprocessing: from an image to the normalized square that a tower takes."""

from __future__ import annotations

from typing import Any

import numpy as np
from attrs import frozen
from seatrial_transformers import picture

__all__ = ["Preprocessing"]


@frozen
class Preprocessing:
    """Resize, center crop and normalization of an image, as a tower was trained with them.

    `mean` and `std` are in units of 0 to 255, one for each channel that the tower takes: one or
    three. An image's short side is resized to `side` / `crop`, and the center is cropped. `bits`
    says how many bits of uint16 an image uses.
    """

    side: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    crop: float = 1.0
    interpolation: str = "bicubic"
    bits: int | None = None

    def __call__(self, value: Any) -> np.ndarray[Any, Any]:
        """Give float32 [channels, side, side]."""
        from PIL.Image import Resampling

        one = picture(value, bits=self.bits)
        (height, width), (top, left) = self.placed(one.height, one.width)
        resampling = Resampling[self.interpolation.upper()]
        cut = one.resize((width, height), resampling).crop(
            (left, top, left + self.side, top + self.side)
        )
        if len(self.mean) == 1:
            cut = cut.convert("L")
        array = np.asarray(cut, dtype=np.float32).reshape(self.side, self.side, len(self.mean))
        normal = (array - np.array(self.mean, np.float32)) / np.array(self.std, np.float32)
        return np.ascontiguousarray(normal.transpose(2, 0, 1))

    def placed(self, height: int, width: int) -> tuple[tuple[int, int], tuple[int, int]]:
        """Give the height and width to resize to, and where the crop begins."""
        short, least = int(self.side / self.crop), min(height, width)
        ratio = short / least
        size = tuple(short if side == least else int(side * ratio) for side in (height, width))
        top, left = (round((side - self.side) / 2) for side in size)
        return (size[0], size[1]), (top, left)
