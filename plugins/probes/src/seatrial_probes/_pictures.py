"""What an explainer of pictures reads: the one picture of each input."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from attrs import frozen

from seatrial.errors import PlanError
from seatrial.kit import eight_bits

__all__ = ["FULL", "Picture", "grey", "named_pictures", "picture_in", "pictures_in"]

AXES: Final = 3
CHANNELS: Final = (1, 3)
TYPES: Final = ("uint8", "uint16", "float32")
FULL: Final = 255.0
LUMA: Final = (0.299, 0.587, 0.114)
"""How bright red, green and blue look (ITU-R BT.601)."""

Array = npt.NDArray[Any]


@frozen(eq=False)
class Picture:
    """One picture, and how to put another in its place in the input."""

    array: Array
    replaced: Callable[[Array], Any]


def picture_in(value: Any) -> Picture:
    """Find the picture of an input: the input itself, or the only picture among its parts.

    Raises `PlanError` where there is none, or several.
    """
    if _is_picture(value):
        return Picture(value, lambda other: other)
    names = list(named_pictures(value))
    if len(names) == 1:
        (name,) = names
        return Picture(value[name], lambda other: {**value, name: other})
    if names:
        msg = f"this input has several pictures, {', '.join(map(repr, names))}; explain one at once"
        raise PlanError(msg)
    kind = _kind(value)
    msg = (
        f"an explainer of pictures reads H×W×1 or H×W×3 in uint8, uint16 or float32, and this "
        f"input is {kind}; choose an explainer of its modality, for texts probes.bag-of-words or "
        "probes.surface"
    )
    raise PlanError(msg)


def named_pictures(value: Any) -> dict[str, Array]:
    """Give every picture of an input by the name of its part; one that is the input has none."""
    parts = value if isinstance(value, Mapping) else {"": value}
    return {name: part for name, part in parts.items() if _is_picture(part)}


def _kind(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"an array of {'×'.join(map(str, value.shape))} in {value.dtype}"
    if isinstance(value, Mapping):
        return f"the parts {', '.join(map(repr, value))} without one"
    return "a text" if isinstance(value, str) else type(value).__name__


def _is_picture(value: Any) -> bool:
    return (
        isinstance(value, np.ndarray)
        and value.ndim == AXES
        and value.shape[2] in CHANNELS
        and value.dtype.name in TYPES
    )


def grey(picture: Array) -> npt.NDArray[np.float64]:
    """Give how bright each pixel looks, from 0 to 255."""
    shown = eight_bits(picture).astype(np.float64)
    return shown[:, :, 0] if shown.shape[2] == 1 else shown @ np.array(LUMA)


def pictures_in(inputs: Sequence[Any]) -> list[Picture]:
    """Find the picture of every input."""
    return [picture_in(one) for one in inputs]
