"""Noise: ImageNet-C's formulas (Hendrycks and Dietterich 2019), in [0, 1] or in 8 bits."""

from __future__ import annotations

from functools import cache
from statistics import NormalDist

import cv2
import numpy as np

from ._pictures import Corruption, Picture, corruption, number

__all__ = ["gaussian_noise", "impulse_noise", "normal", "shot_noise", "speckle_noise"]

LEVELS = 1 << 16


@cache
def quantiles() -> Picture:
    """Give 65,536 equally probable values of the normal distribution, of mean 0 and deviation 1."""
    inverse = NormalDist().inv_cdf
    upper = np.array([inverse((LEVELS / 2 + place + 0.5) / LEVELS) for place in range(LEVELS // 2)])
    both = np.concatenate([-upper[::-1], upper])
    values: Picture = (both / both.std()).astype(np.float32)
    values.setflags(write=False)
    return values


def normal(draw: np.random.Generator, shape: tuple[int, ...]) -> Picture:
    """Draw normal values, five times as fast as numpy: each of 16 random bits, by a table."""
    found: Picture = np.take(quantiles(), sixteen(draw, shape), mode="clip")
    return found


def sixteen(draw: np.random.Generator, shape: tuple[int, ...]) -> Picture:
    """Draw numbers of 16 bits."""
    return draw.integers(0, LEVELS, shape, dtype=np.uint16)


def gaussian_noise(*, sd: float, bits: int | None = None) -> Corruption:
    """Add Gaussian noise of a standard deviation `sd`, as a fraction of white."""
    sd = number("sd", sd, 0, 10)

    def change(picture: Picture, draw: np.random.Generator) -> Picture:
        noise = normal(draw, picture.shape)
        if picture.dtype == np.uint8:
            noise *= sd * 255
            return cv2.add(picture, noise, dtype=cv2.CV_8U)
        noise *= sd
        noise += picture
        return noise

    return corruption("gaussian-noise", change, bits, native=True)


def shot_noise(*, photons: float, bits: int | None = None) -> Corruption:
    """Count photons: a white pixel gets `photons` of them on average, by Poisson's law."""
    photons = number("photons", photons, 0.01, 1e6)

    def change(picture: Picture, draw: np.random.Generator) -> Picture:
        counted = draw.poisson(np.clip(picture, 0, 1) * photons)
        return counted.astype(np.float32) / np.float32(photons)

    return corruption("shot-noise", change, bits)


def impulse_noise(*, amount: float, bits: int | None = None) -> Corruption:
    """Make a fraction `amount` of the values of all channels black or white, half and half."""
    amount = number("amount", amount, 0, 1)
    half = round(amount / 2 * LEVELS)

    def change(picture: Picture, draw: np.random.Generator) -> Picture:
        drawn = sixteen(draw, picture.shape)
        white = 255 if picture.dtype == np.uint8 else 1
        changed = np.where(drawn < half, picture.dtype.type(0), picture)
        changed[drawn >= LEVELS - half] = white
        return changed

    return corruption("impulse-noise", change, bits, native=True)


def speckle_noise(*, sd: float, bits: int | None = None) -> Corruption:
    """Multiply by Gaussian noise around 1 with a standard deviation `sd`."""
    sd = number("sd", sd, 0, 10)

    def change(picture: Picture, draw: np.random.Generator) -> Picture:
        noise = normal(draw, picture.shape)
        noise *= sd
        noise += 1
        if picture.dtype == np.uint8:
            return cv2.multiply(picture, noise, dtype=cv2.CV_8U)
        noise *= picture
        return noise

    return corruption("speckle-noise", change, bits, native=True)
