"""From the carrier of images to a picture of Pillow's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from seatrial.errors import ModelError

if TYPE_CHECKING:
    import numpy as np
    from PIL.Image import Image

__all__ = ["picture"]

AXES = 3
GREY, COLOURS = 1, 3


def picture(value: Any, *, bits: int | None = None) -> Image:
    """Make a Pillow picture of an image, in 8 bits and colours.

    An image is H×W×1 or H×W×3, in uint8, uint16 or float32 from 0 to 1. `bits` says how many bits
    of uint16 are used: 12 for most radiographs, 16 without it. Raises `ModelError` for any other.
    """
    import numpy as np
    from PIL import Image

    array = np.asarray(value)
    if array.ndim != AXES or array.shape[2] not in (GREY, COLOURS) or 0 in array.shape:
        msg = f"an image must be an array H×W×1 or H×W×3, not one of shape {array.shape}"
        raise ModelError(msg)
    eight = np.ascontiguousarray(_eight(array, bits))
    return Image.fromarray(np.repeat(eight, COLOURS, axis=2) if array.shape[2] == GREY else eight)


def _eight(array: np.ndarray[Any, Any], bits: int | None) -> np.ndarray[Any, Any]:
    import numpy as np

    if array.dtype == np.uint8:
        return array
    if array.dtype == np.uint16:
        white = (1 << (bits or 16)) - 1
        if (most := int(array.max())) > white:
            msg = f"an image of bits={bits} holds values up to {white}, and this one has {most}"
            raise ModelError(msg)
        return _rounded(array * (255 / white))
    if not np.issubdtype(array.dtype, np.floating):
        msg = f"an image must be uint8, uint16, or float32 in [0, 1], not {array.dtype}"
        raise ModelError(msg)
    if not (array.min() >= 0 and array.max() <= 1):
        msg = "an image of floats must lie in [0, 1] and hold no NaN; divide by 255, or give uint8"
        raise ModelError(msg)
    return _rounded(array * 255)


def _rounded(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    import numpy as np

    eight: np.ndarray[Any, Any] = np.rint(array).astype(np.uint8)
    return eight
