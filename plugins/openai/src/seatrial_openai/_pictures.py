"""Pictures as parts of a message: PNG in a data URL."""

from __future__ import annotations

import base64
from typing import Any

from seatrial.errors import ModelError
from seatrial.kit import png

__all__ = ["data_url", "is_picture"]

CHANNELS = (1, 3)
TYPES = ("uint8", "uint16", "float32")


def is_picture(value: Any) -> bool:
    """Tell whether a value may be a picture, without importing numpy."""
    return hasattr(value, "dtype") and hasattr(value, "shape")


def data_url(picture: Any) -> str:
    """Write a picture as a PNG; uint8 loses nothing, uint16 and float32 in [0, 1] become uint8."""
    kind = str(picture.dtype)
    if picture.ndim != 3 or picture.shape[2] not in CHANNELS:  # noqa: PLR2004 - H×W×channels
        msg = f"a picture must be H×W×1 or 3, got {tuple(picture.shape)}"
        raise ModelError(msg)
    if kind not in TYPES:
        msg = f"a picture must be {', '.join(TYPES[:-1])} or {TYPES[-1]}, got {kind}"
        raise ModelError(msg)
    return f"data:image/png;base64,{base64.b64encode(png(picture)).decode()}"
