"""Masks: a label for each pixel or voxel."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..._carriers import Volume
from ._array import Arrays
from ._arrays import dump_array, load_array, name_array, sides
from ._files import PICTURES, read_labels, read_volume
from ._pictures import grey, three_slices
from ._volume import dump_volume, freeze_volume, load_volume, name_volume

__all__ = ["Masks", "mask"]

AXES = (2, 3)
ARCHIVE = b"PK"  # a numpy archive is a zip file: a mask with an affine


class Masks(Arrays):
    """The carrier of `mask`: integers or truth values, with an affine as a `Volume`."""

    kinds = "biu"

    def holds(self, value: Any, /) -> bool:
        """Tell whether this is a mask."""
        if isinstance(value, Volume):
            return value.array.dtype.kind in self.kinds and value.array.shape[0] == 1
        return super().holds(value) and value.ndim in AXES and value.size > 0

    def digest(self, value: Any, /) -> str:
        """Name the labels, and their place if it is known."""
        return name_volume(value) if isinstance(value, Volume) else name_array(value)

    def freeze(self, value: Any, /) -> Any:
        """Give a copy that nobody can write to."""
        return freeze_volume(value) if isinstance(value, Volume) else super().freeze(value)

    def dump(self, value: Any, /) -> bytes:
        """Write in numpy's format."""
        return dump_volume(value) if isinstance(value, Volume) else dump_array(value)

    def load(self, data: bytes, /) -> Any:
        """Read numpy's format."""
        return load_volume(data) if data.startswith(ARCHIVE) else load_array(data)

    def read(self, path: Path, /) -> Any:
        """Read the labels of a picture or an array, or a volume of labels with its affine."""
        if path.suffix.lower() in (".npy", *PICTURES):
            return read_labels(path)
        return read_volume(path, labels=True)

    def distance(self, clean: Any, perturbed: Any, /) -> float | None:
        """Give the fraction of pixels with another label; None where the grid was changed."""
        if _affine(clean) != _affine(perturbed):
            return None
        one, other = _labels(clean), _labels(perturbed)
        return float((one != other).mean()) if one.shape == other.shape else None

    def picture(self, value: Any, /, *, like: Any) -> Any:
        """Show the labels spread over the greys; of a volume, the slices through the middle."""
        low, high = float(_labels(like).min()), float(_labels(like).max())
        if not isinstance(value, Volume) and value.ndim == AXES[0]:
            return grey(value, low, high)
        return three_slices(value if isinstance(value, Volume) else Volume(value), low, high)

    def preview(self, value: Any, /) -> str:
        """Show size and labels."""
        labels = np.unique(_labels(value))
        shown = ", ".join(map(str, labels[:8].tolist()))
        more = f" and {len(labels) - 8} more" if len(labels) > 8 else ""
        return f"mask {sides(_labels(value))}, labels {shown}{more}"

    def samples(self) -> Sequence[Any]:
        """Give labels of a picture and of a volume."""
        y, x = np.mgrid[0:24, 0:32]
        flat = (np.hypot(x - 16, y - 12) < 8).astype(np.uint8) + (x > 20)
        z, y, x = np.mgrid[-1:1:12j, -1:1:12j, -1:1:10j]
        solid = (x**2 + y**2 + z**2 < 0.6).astype(np.int16)
        return (flat.astype(np.uint8), flat > 0, Volume(solid), solid)

    def edges(self) -> Sequence[Any]:
        """Give one pixel, and a mask with nothing in it."""
        return (np.ones((1, 1), np.uint8), np.zeros((6, 6), np.uint8))


def _labels(value: Any) -> np.ndarray[Any, Any]:
    return value.array[0] if isinstance(value, Volume) else np.asarray(value)


def _affine(value: Any) -> bytes | None:
    return value.affine.tobytes() if isinstance(value, Volume) else None


def mask() -> Masks:
    """Make the carrier."""
    return Masks()
