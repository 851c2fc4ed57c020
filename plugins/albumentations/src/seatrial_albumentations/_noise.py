"""Noise: ImageNet-C's formulas (Hendrycks and Dietterich 2019) on a picture in [0, 1]."""

from __future__ import annotations

import numpy as np

from ._pictures import Corruption, Picture, corruption, number

__all__ = ["gaussian_noise", "impulse_noise", "shot_noise", "speckle_noise"]


def gaussian_noise(*, sd: float, bits: int | None = None) -> Corruption:
    """Add Gaussian noise of a standard deviation `sd`, as a fraction of white."""
    sd = number("sd", sd, 0, 10)

    def change(picture: Picture, draw: np.random.Generator) -> Picture:
        # Imported at the first call of those that need it: it takes seconds.
        from ._library import pixels

        noise = draw.standard_normal(picture.shape, dtype=np.float32)
        noise *= sd
        added: Picture = pixels.add_noise(picture, noise)
        return added

    return corruption("gaussian-noise", change, bits)


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

    def change(picture: Picture, draw: np.random.Generator) -> Picture:
        drawn = draw.random(picture.shape, dtype=np.float32)
        picture[drawn < amount / 2] = 0
        picture[drawn >= 1 - amount / 2] = 1
        return picture

    return corruption("impulse-noise", change, bits)


def speckle_noise(*, sd: float, bits: int | None = None) -> Corruption:
    """Multiply by Gaussian noise around 1 with a standard deviation `sd`."""
    sd = number("sd", sd, 0, 10)

    def change(picture: Picture, draw: np.random.Generator) -> Picture:
        noise = draw.standard_normal(picture.shape, dtype=np.float32)
        noise *= sd
        noise += 1
        noise *= picture
        return noise

    return corruption("speckle-noise", change, bits)
