"""Brightness, contrast, gamma and colour, on a picture in [0, 1]."""

from __future__ import annotations

import numpy as np

from seatrial.errors import NotApplicable

from ._pictures import Corruption, Picture, corruption, number

__all__ = ["brightness", "contrast", "gamma", "saturation"]


def brightness(*, add: float, bits: int | None = None) -> Corruption:
    """Add to the value of HSV, the largest channel; hue and saturation stay.

    This is ImageNet-C's formula; grey pictures are added to as they are.
    """
    add = number("add", add, -1, 1)

    def change(picture: Picture, _: np.random.Generator) -> Picture:
        value = picture.max(axis=2, keepdims=True)
        brighter = np.clip(value + np.float32(add), 0, 1)
        black = value <= 0
        scaled: Picture = picture * (brighter / np.where(black, 1, value))
        return np.where(black, brighter, scaled)

    return corruption("brightness", change, bits)


def contrast(*, factor: float, bits: int | None = None) -> Corruption:
    """Multiply the distance from the mean of each channel (ImageNet-C) by `factor`."""
    factor = number("factor", factor, 0, 20)

    def change(picture: Picture, _: np.random.Generator) -> Picture:
        mean = picture.mean(axis=(0, 1), keepdims=True, dtype=np.float64).astype(np.float32)
        picture -= mean
        picture *= factor
        picture += mean
        return picture

    return corruption("contrast", change, bits)


def gamma(*, power: float, bits: int | None = None) -> Corruption:
    """Raise to a `power`: above 1 darkens the midtones, below 1 brightens them (MedMNIST-C)."""
    power = number("power", power, 0.01, 20)

    def change(picture: Picture, _: np.random.Generator) -> Picture:
        return np.power(np.clip(picture, 0, 1), np.float32(power))

    return corruption("gamma", change, bits)


def saturation(*, factor: float, add: float = 0.0, bits: int | None = None) -> Corruption:
    """Multiply the saturation of HSV and add to it; hue and value stay (ImageNet-C).

    Grey pictures have none: it does not apply to them. Grey pixels of a picture in colours have
    the hue of red, as in matplotlib's and OpenCV's HSV.
    """
    factor = number("factor", factor, 0, 100)
    add = number("add", add, -1, 1)

    def change(picture: Picture, _: np.random.Generator) -> Picture:
        if picture.shape[2] == 1:
            msg = "a grey picture has no saturation"
            raise NotApplicable(msg)
        value = picture.max(axis=2, keepdims=True)
        below = value - picture
        spread = below.max(axis=2, keepdims=True)
        grey = spread <= 0
        below = np.where(grey, value * np.array([0, 1, 1], np.float32), below)
        before = spread / np.where(value <= 0, 1, value)
        after = np.clip(before * np.float32(factor) + np.float32(add), 0, 1)
        scaled: Picture = value - below * (after / np.where(grey, 1, before))
        return scaled

    return corruption("saturation", change, bits)
