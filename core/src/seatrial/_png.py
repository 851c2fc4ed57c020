"""Pictures as PNG files, without a library for pictures."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING, Any

from ._eight_bits import eight_bits

if TYPE_CHECKING:
    import numpy as np

__all__ = ["png"]

GREY, COLOURS = 0, 2


def png(picture: np.ndarray[Any, Any], /) -> bytes:
    """Write a picture of H×W×1 or H×W×3 as PNG (ISO/IEC 15948) of 8 bits, each row unfiltered.

    Other types than uint8 are brought to it by `eight_bits`.
    """
    import numpy as np

    height, width, channels = picture.shape
    kind = GREY if channels == 1 else COLOURS
    rows = np.concatenate(
        [
            np.zeros((height, 1), np.uint8),
            eight_bits(picture).reshape(height, width * channels),
        ],
        axis=1,
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
