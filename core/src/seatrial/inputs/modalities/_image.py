"""Pictures: H×W×1 or H×W×3."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..._eight_bits import eight_bits
from ._array import Arrays
from ._arrays import sides
from ._files import read_picture
from ._similarity import mean_similarity

__all__ = ["Images", "image"]

AXES = 3
CHANNELS = (1, 3)
TYPES = (np.uint8, np.uint16, np.float32)
SLACK = 1e-5  # what rounding may add to a float32 in [0, 1]


class Images(Arrays):
    """The carrier of `image`: uint8 and uint16 over their whole range, float32 in [0, 1]."""

    def holds(self, value: Any, /) -> bool:
        """Tell whether this is a picture; one with NaN, or beyond [0, 1], is none."""
        if not isinstance(value, np.ndarray) or value.ndim != AXES or not value.size:
            return False
        if value.shape[2] not in CHANNELS or value.dtype not in TYPES:
            return False
        # NaN compares as false, so it fails here too.
        return value.dtype != np.float32 or bool(value.min() >= -SLACK and value.max() <= 1 + SLACK)

    def read(self, path: Path, /) -> Any:
        """Read a picture, the right way up, or the array of a numpy file."""
        return read_picture(path)

    def distance(self, clean: Any, perturbed: Any, /) -> float | None:
        """Give the root mean squared error over the range of the clean picture.

        A constant picture that was changed is measured over the range of its type.
        """
        found = super().distance(clean, perturbed)
        if found is None and clean.shape == perturbed.shape:
            whole = 1.0 if clean.dtype == np.float32 else float(np.iinfo(clean.dtype).max)
            moved = np.subtract(perturbed, clean, dtype=np.float64)
            return float(np.sqrt(np.mean(np.square(moved, out=moved)))) / whole
        return found

    def similarity(self, clean: Any, perturbed: Any, /) -> float | None:
        """Give the structural similarity, the mean over colours; None where the size differs."""
        if clean.shape != perturbed.shape:
            return None
        return mean_similarity(np.moveaxis(clean, 2, 0), np.moveaxis(perturbed, 2, 0))

    def picture(self, value: Any, /, *, like: Any) -> Any:  # noqa: ARG002 - its range is fixed
        """Show the picture in 8 bits."""
        return eight_bits(value)

    def preview(self, value: Any, /) -> str:
        """Show size, type and mean."""
        return f"image {sides(value)}, mean {value.mean():.3g}"

    def samples(self) -> Sequence[Any]:
        """Give a scene in colours and in grey, in each type."""
        y, x = np.mgrid[0:48, 0:64] / 64.0
        draw = np.random.default_rng(0)
        scene = np.stack([x, y, (np.hypot(x - 0.5, y - 0.4) < 0.25) * 0.8], axis=2)
        scene = np.clip(scene + draw.normal(0, 0.03, scene.shape), 0, 1).astype(np.float32)
        return (
            (scene * 255).astype(np.uint8),
            scene,
            (scene[:, :, :1] * 65535).astype(np.uint16),
            (scene[:, :, 2:] * 255).astype(np.uint8),
        )

    def edges(self) -> Sequence[Any]:
        """Give one pixel, one row, and pictures that are all black, all white or all grey."""
        return (
            np.full((1, 1, 3), 90, np.uint8),
            np.arange(48, dtype=np.uint8).reshape(1, 16, 3),
            np.zeros((8, 8, 3), np.uint8),
            np.full((8, 8, 3), 255, np.uint8),
            np.full((8, 8, 1), 0.5, np.float32),
        )


def image() -> Images:
    """Make the carrier."""
    return Images()
