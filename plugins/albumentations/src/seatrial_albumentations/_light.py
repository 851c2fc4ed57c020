"""Brightness, contrast, gamma and colour, on a picture in [0, 1]."""

from __future__ import annotations

from functools import reduce

import cv2
import numpy as np

from seatrial.errors import NotApplicable

from ._pictures import Corruption, Picture, corruption, number

__all__ = [
    "brighten",
    "brightness",
    "contrast",
    "contrast_up",
    "darkness",
    "desaturate",
    "dim",
    "gamma_down",
    "gamma_up",
    "saturate",
]


def brightness(*, add: float, bits: int | None = None) -> Corruption:
    """Add to the value of HSV, the largest channel; hue and saturation stay.

    This is ImageNet-C's formula; grey pictures are added to as they are.
    """
    return _shifted("brightness", number("add", add, 0, 1), bits)


def darkness(*, subtract: float, bits: int | None = None) -> Corruption:
    """Subtract from the value of HSV, the largest channel; hue and saturation stay."""
    return _shifted("darkness", -number("subtract", subtract, 0, 1), bits)


def brighten(*, factor: float, bits: int | None = None) -> Corruption:
    """Multiply all values by a `factor` above 1 (MedMNIST-C)."""
    return _multiplied("brighten", number("factor", factor, 1, 100), bits)


def dim(*, factor: float, bits: int | None = None) -> Corruption:
    """Multiply all values by a `factor` below 1 (MedMNIST-C)."""
    return _multiplied("dim", number("factor", factor, 0, 1), bits)


def contrast(*, factor: float, bits: int | None = None) -> Corruption:
    """Shrink the distance from the mean of each channel by a `factor` below 1 (ImageNet-C)."""
    return _stretched("contrast", number("factor", factor, 0, 1), bits)


def contrast_up(*, factor: float, bits: int | None = None) -> Corruption:
    """Stretch the distance from the mean of each channel by a `factor` above 1."""
    return _stretched("contrast-up", number("factor", factor, 1, 20), bits)


def gamma_up(*, power: float, bits: int | None = None) -> Corruption:
    """Raise to a `power` above 1, which darkens the midtones (MedMNIST-C)."""
    return _raised("gamma-up", number("power", power, 1, 20), bits)


def gamma_down(*, power: float, bits: int | None = None) -> Corruption:
    """Raise to a `power` below 1, which brightens the midtones (MedMNIST-C)."""
    return _raised("gamma-down", number("power", power, 0.01, 1), bits)


def saturate(*, factor: float, add: float = 0.0, bits: int | None = None) -> Corruption:
    """Multiply the saturation of HSV, and add to it; hue and value stay (ImageNet-C).

    Grey pictures have none: it does not apply to them. Grey pixels of a picture in colours have
    the hue of red, as in OpenCV's HSV.
    """
    return _saturated("saturate", number("factor", factor, 1, 100), number("add", add, 0, 1), bits)


def desaturate(*, factor: float, bits: int | None = None) -> Corruption:
    """Multiply the saturation of HSV by a `factor` below 1; hue and value stay (ImageNet-C).

    Grey pictures have none: it does not apply to them.
    """
    return _saturated("desaturate", number("factor", factor, 0, 1), 0, bits)


def _shifted(name: str, add: float, bits: int | None) -> Corruption:
    def change(picture: Picture, _: np.random.Generator) -> Picture:
        value = brightest(picture)
        brighter = np.clip(value + np.float32(add), 0, 1)
        black = value <= 0
        changed: Picture = picture * (brighter / np.where(black, 1, value))[:, :, None]
        changed[black] = brighter[black][:, None]
        return changed

    return corruption(name, change, bits)


def brightest(picture: Picture) -> Picture:
    """Give the largest channel of each pixel; numpy takes ten times as long along a short axis."""
    channels = [picture[:, :, channel] for channel in range(picture.shape[2])]
    return reduce(np.maximum, channels)


def darkest(picture: Picture) -> Picture:
    """Give the smallest channel of each pixel."""
    channels = [picture[:, :, channel] for channel in range(picture.shape[2])]
    return reduce(np.minimum, channels)


def _multiplied(name: str, factor: float, bits: int | None) -> Corruption:
    table = np.rint(np.minimum(np.arange(256) * factor, 255)).astype(np.uint8)

    def change(picture: Picture, _: np.random.Generator) -> Picture:
        if picture.dtype == np.uint8:
            return cv2.LUT(picture, table)
        picture *= np.float32(factor)
        return picture

    return corruption(name, change, bits, native=True)


def _stretched(name: str, factor: float, bits: int | None) -> Corruption:
    levels = np.arange(256)

    def change(picture: Picture, _: np.random.Generator) -> Picture:
        if picture.dtype == np.uint8:
            means = np.array(cv2.mean(picture)[: picture.shape[2]])
            tables = np.clip((levels[:, None] - means) * factor + means, 0, 255)
            return cv2.LUT(picture, np.rint(tables).astype(np.uint8)[None])
        mean = picture.mean(axis=(0, 1), keepdims=True, dtype=np.float64).astype(np.float32)
        picture -= mean
        picture *= factor
        picture += mean
        return picture

    return corruption(name, change, bits, native=True)


def _raised(name: str, power: float, bits: int | None) -> Corruption:
    table = np.rint(255 * (np.arange(256) / 255) ** power).astype(np.uint8)

    def change(picture: Picture, _: np.random.Generator) -> Picture:
        if picture.dtype == np.uint8:
            return cv2.LUT(picture, table)
        raised: Picture = np.power(np.clip(picture, 0, 1), np.float32(power))
        return raised

    return corruption(name, change, bits, native=True)


def _saturated(name: str, factor: float, add: float, bits: int | None) -> Corruption:
    def change(picture: Picture, _: np.random.Generator) -> Picture:
        if picture.shape[2] == 1:
            msg = "a grey picture has no saturation"
            raise NotApplicable(msg)
        value = brightest(picture)
        spread = value - darkest(picture)
        below = value[:, :, None] - picture
        grey = spread <= 0
        below[grey] = value[grey][:, None] * np.array([0, 1, 1], np.float32)
        before = spread / np.where(value <= 0, 1, value)
        after = np.clip(before * np.float32(factor) + np.float32(add), 0, 1)
        below *= (after / np.where(grey, 1, before))[:, :, None]
        changed: Picture = np.subtract(value[:, :, None], below, out=below)
        return changed

    return corruption(name, change, bits)
