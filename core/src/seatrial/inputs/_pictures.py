"""Pictures of array-valued inputs, as PNG files that any viewer opens."""

from __future__ import annotations

import struct
import zlib
from typing import Any

import numpy as np

from .._carriers import Volume

__all__ = ["picture_of"]

Pixels = np.ndarray[Any, np.dtype[np.uint8]]
DRAWN = ("image", "mask", "volume")
GREY, COLOURS = 0, 2


def picture_of(modality: str, value: Any) -> bytes | None:
    """Draw an image, a mask or the middle slices of a volume; None for what is no picture.

    A volume shows its first channel, from its least to its greatest value, in the three planes.
    Labels of a mask are spread over the greys.
    """
    if modality not in DRAWN:
        return None
    if modality == "image":
        return _png(_bytes(np.asarray(value)))
    array = value.array[0] if isinstance(value, Volume) else np.asarray(value)
    flat = array if array.ndim == len("HW") else _planes(array)
    return _png(_stretched(flat)[:, :, None])


def _planes(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Lay the middle slice of each axis side by side, the last axis up."""
    slices = [np.flipud(np.take(array, array.shape[axis] // 2, axis).T) for axis in range(3)]
    height = max(one.shape[0] for one in slices)
    low = array.min()
    return np.concatenate(
        [np.pad(one, ((0, height - one.shape[0]), (0, 0)), constant_values=low) for one in slices],
        axis=1,
    )


def _bytes(image: np.ndarray[Any, Any]) -> Pixels:
    if image.dtype == np.uint8:
        return image
    whole = 1.0 if image.dtype.kind == "f" else float(np.iinfo(image.dtype).max)
    scaled = np.clip(image.astype(np.float64) / whole, 0, 1) * 255
    return np.rint(scaled).astype(np.uint8)


def _stretched(array: np.ndarray[Any, Any]) -> Pixels:
    values = array.astype(np.float64)
    low, high = float(values.min()), float(values.max())
    scaled = (values - low) / (high - low or 1.0) * 255
    return np.rint(scaled).astype(np.uint8)


def _png(pixels: Pixels) -> bytes:
    """Write H×W×1 or H×W×3 bytes as PNG (ISO/IEC 15948), each row unfiltered."""
    height, width, channels = pixels.shape
    kind = GREY if channels == 1 else COLOURS
    rows = np.concatenate(
        [np.zeros((height, 1), np.uint8), pixels.reshape(height, width * channels)], axis=1
    )
    parts = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, kind, 0, 0, 0)),
        (b"IDAT", zlib.compress(rows.tobytes())),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in parts
    )
