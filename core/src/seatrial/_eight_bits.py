"""Pictures of any type as pictures of 8 bits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

__all__ = ["eight_bits"]


def eight_bits(picture: np.ndarray[Any, Any], /) -> np.ndarray[Any, Any]:
    """Give a picture of any type as uint8 of the same shape.

    uint16 keeps its upper 8 bits, floats from 0 to 1 are rounded (what lies outside is clipped),
    and uint8 stays the very array.
    """
    import numpy as np

    if picture.dtype == np.uint16:
        return np.asarray(picture >> 8, np.uint8)
    if picture.dtype == np.uint8:
        return picture
    return np.asarray(np.rint(np.clip(picture, 0, 1) * 255), np.uint8)
