"""Pictures as parts of a message: PNG in a data URL."""

from __future__ import annotations

import base64
import struct
import zlib
from typing import Any

from seatrial.errors import ModelError

__all__ = ["data_url", "is_picture"]

SIGNATURE = b"\x89PNG\r\n\x1a\n"
COLOURS = {1: 0, 3: 2}
"""PNG's own number of a kind of picture, by its channels."""


def is_picture(value: Any) -> bool:
    """Tell whether a value may be a picture, without importing numpy."""
    return hasattr(value, "dtype") and hasattr(value, "shape")


def data_url(picture: Any) -> str:
    """Write a picture as a PNG; uint8 loses nothing, uint16 and float32 in [0, 1] become uint8."""
    import numpy as np

    kind = str(picture.dtype)
    if picture.ndim != 3 or picture.shape[2] not in COLOURS:  # noqa: PLR2004 - H×W×channels
        msg = f"a picture must be H×W×1 or 3, got {tuple(picture.shape)}"
        raise ModelError(msg)
    if kind == "uint16":
        picture = (picture >> 8).astype(np.uint8)
    elif kind == "float32":
        picture = (np.clip(picture, 0, 1) * 255).round().astype(np.uint8)
    elif kind != "uint8":
        msg = f"a picture must be uint8, uint16 or float32, got {kind}"
        raise ModelError(msg)
    height, width, channels = picture.shape
    head = struct.pack(">IIBBBBB", width, height, 8, COLOURS[channels], 0, 0, 0)
    rows = np.zeros((height, 1 + width * channels), dtype=np.uint8)  # each begins with its filter
    rows[:, 1:] = picture.reshape(height, -1)
    parts = [(b"IHDR", head), (b"IDAT", zlib.compress(rows.tobytes())), (b"IEND", b"")]
    whole = SIGNATURE + b"".join(_chunk(name, data) for name, data in parts)
    return f"data:image/png;base64,{base64.b64encode(whole).decode()}"


def _chunk(name: bytes, data: bytes) -> bytes:
    body = name + data
    return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))
