"""What all corruptions share: which pictures they take, and the types that they work in."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from seatrial.errors import ParameterError

__all__ = ["Corruption", "Picture", "corruption", "number", "whole"]

Picture = NDArray[Any]
Change = Callable[[Picture, np.random.Generator], Picture]

AXES = 3
CHANNELS = (1, 3)
SLACK = 1e-5  # what rounding may add to a float32 in [0, 1]
DEPTHS = {"uint8": 8, "uint16": 16}


@frozen(kw_only=True)
class Corruption:
    """Changes a picture H×W×1 or H×W×3 and gives it back in its own type.

    `change` works on float32 in [0, 1]; one that is `native` gets uint8 as it is. What it draws
    comes from a generator of the call's own, made from the seed. `bits` is how many bits of an
    integer type hold the picture: 12 for most radiographs in uint16. What exceeds them is refused.
    """

    name: str
    change: Change
    bits: int | None = None
    native: bool = False

    def __call__(self, picture: Picture, /, *, seed: int) -> Picture:
        """Corrupt a copy of the picture."""
        full = self._full(picture)
        draw = np.random.default_rng(seed)
        if self.native and full == np.iinfo(np.uint8).max:
            return self._same_shape(self.change(picture, draw), picture)
        scaled = np.multiply(picture, np.float32(1 / full), dtype=np.float32)
        changed = self._same_shape(self.change(scaled, draw), picture)
        changed = np.clip(changed, 0, 1, dtype=np.float32)
        if picture.dtype == np.float32:
            return np.asarray(changed)
        changed *= np.float32(full)
        back: Picture = np.rint(changed, out=changed).astype(picture.dtype)
        return back

    def _same_shape(self, changed: Picture, picture: Picture) -> Picture:
        return changed if changed.ndim == AXES else changed.reshape(picture.shape)

    def _full(self, picture: Any) -> float:
        """Check the picture, and give the value of its white."""
        if not isinstance(picture, np.ndarray):
            msg = f"{self.name} takes a picture as an array, got {type(picture).__name__}"
            raise ParameterError(msg)
        if picture.ndim != AXES or picture.shape[2] not in CHANNELS or not picture.size:
            msg = (
                f"{self.name} takes a picture of height, width and 1 or 3 channels, "
                f"got the shape {picture.shape}"
            )
            raise ParameterError(msg)
        if picture.dtype == np.float32:
            return self._float_range(picture)
        if picture.dtype.name not in DEPTHS:
            msg = f"{self.name} takes uint8, uint16 or float32, got {picture.dtype.name}"
            raise ParameterError(msg)
        depth = DEPTHS[picture.dtype.name]
        bits = self.bits or depth
        if bits > depth:
            msg = f"{self.name}: {picture.dtype.name} does not hold bits={bits}"
            raise ParameterError(msg)
        full = float((1 << bits) - 1)
        if bits < depth and picture.max() > full:
            msg = f"{self.name}: {picture.max()} is more than bits={bits} hold ({full:g})"
            raise ParameterError(msg)
        return full

    def _float_range(self, picture: Picture) -> float:
        if self.bits is not None:
            msg = f"{self.name}: bits are for uint8 and uint16; this picture is float32 in [0, 1]"
            raise ParameterError(msg)
        low, high = float(picture.min()), float(picture.max())
        if not (low >= -SLACK and high <= 1 + SLACK):  # NaN compares as false
            msg = f"{self.name} takes float32 from 0 to 1 without NaN, got {low:.4g} to {high:.4g}"
            raise ParameterError(msg)
        return 1.0


def number(name: str, value: Any, low: float, high: float) -> float:
    """Check a parameter."""
    real = isinstance(value, int | float) and not isinstance(value, bool)
    if not real or not math.isfinite(value) or not low <= value <= high:
        msg = f"{name} must be a number from {low:g} to {high:g}, not {value!r}"
        raise ParameterError(msg)
    return float(value)


def whole(name: str, value: Any, low: int, high: int) -> int:
    """Check a parameter that counts."""
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        msg = f"{name} must be a whole number from {low} to {high}, not {value!r}"
        raise ParameterError(msg)
    return value


def corruption(name: str, change: Change, bits: int | None, *, native: bool = False) -> Corruption:
    """Make a corruption, and check what all of them take."""
    if bits is not None:
        bits = whole("bits", bits, 1, 16)
    return Corruption(name=f"albumentations.{name}", change=change, bits=bits, native=native)
