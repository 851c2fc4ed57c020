"""Pictures prepared as a model's own file says, without torchvision."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from attrs import frozen

from seatrial.errors import ModelError

from ._picture import picture

__all__ = ["Preparation", "preparation"]

CHANNELS = 3
BICUBIC = 3  # as Pillow numbers its filters


@frozen
class Preparation:
    """How a picture becomes a model's input.

    `short` is the length that the short side is resized to, or None; `whole` the height and width
    that the picture is squeezed to, or None; `crop` the height and width cut from its middle.
    """

    short: int | None
    whole: tuple[int, int] | None
    crop: tuple[int, int] | None
    resample: int
    rescale: float
    mean: tuple[float, ...]
    std: tuple[float, ...]

    def __call__(self, value: Any) -> np.ndarray[Any, Any]:
        """Give float32 [3, height, width] for uint8 H×W×3, or for float32 in [0, 1]."""
        one = picture(value)
        width, height = one.size
        if self.short is not None:
            low, high = min(one.size), max(one.size)
            long = int(self.short * high / low)
            width, height = (self.short, long) if width <= height else (long, self.short)
        elif self.whole is not None:
            height, width = self.whole
        if (width, height) != one.size:
            from PIL.Image import Resampling

            one = one.resize((width, height), Resampling(self.resample))
        if self.crop is not None:
            top, left = (height - self.crop[0]) // 2, (width - self.crop[1]) // 2
            one = one.crop((left, top, left + self.crop[1], top + self.crop[0]))
        array = np.asarray(one, dtype=np.float32) * np.float32(self.rescale)
        normal = (array - np.array(self.mean, np.float32)) / np.array(self.std, np.float32)
        return np.ascontiguousarray(normal.transpose(2, 0, 1))


def preparation(folder: Path) -> Preparation:
    """Read `preprocessor_config.json`, or `processor_config.json` where newer programs keep it."""
    file = folder / "preprocessor_config.json"
    try:
        if file.is_file():
            given = json.loads(file.read_text(encoding="utf-8"))
        else:
            file = folder / "processor_config.json"
            given = json.loads(file.read_text(encoding="utf-8"))["image_processor"]
        return _read(given)
    except (OSError, ValueError, KeyError, TypeError) as error:
        msg = (
            f"{folder} does not say how its pictures are prepared ({file.name}: {error!r}); "
            "save the model's image processor there with save_pretrained"
        )
        raise ModelError(msg) from error


def _read(given: Mapping[str, Any]) -> Preparation:
    size = given.get("size") if given.get("do_resize", True) else None
    size = {"shortest_edge": size} if isinstance(size, int) else size
    crop = given.get("crop_size") if given.get("do_center_crop", False) else None
    crop = {"height": crop, "width": crop} if isinstance(crop, int) else crop
    short = size and size.get("shortest_edge")
    normalises = given.get("do_normalize", True)
    return Preparation(
        short=int(short) if short else None,
        whole=(int(size["height"]), int(size["width"])) if size and not short else None,
        crop=(int(crop["height"]), int(crop["width"])) if crop else None,
        resample=int(given.get("resample", BICUBIC)),
        rescale=float(given.get("rescale_factor", 1 / 255)) if given.get("do_rescale", True) else 1,
        mean=tuple(given["image_mean"]) if normalises else (0.0,) * CHANNELS,
        std=tuple(given["image_std"]) if normalises else (1.0,) * CHANNELS,
    )
