"""From the carrier of images to a picture of Pillow's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from seatrial.errors import ModelError

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["picture"]

CHANNELS = 3


def picture(value: Any) -> Image:
    """Make a Pillow picture of an image: uint8 H×W×3, or float32 in [0, 1], brought to 8 bits.

    Raises `ModelError` for anything else.
    """
    import numpy as np
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
