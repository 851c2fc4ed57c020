"""Noise of the receiver."""

from __future__ import annotations

import numpy as np

from seatrial import Volume
from seatrial.errors import NotApplicable
from seatrial.protocols import Perturb

from ._volumes import Array, contrast_of, on_voxels

__all__ = ["magnitude", "noise", "rician"]


def noise(*, std: float) -> Perturb:
    """Add Gaussian noise; its standard deviation is `std` times the range of the intensities.

    The range is that between the percentiles 0.5 and 99.5.
    """

    def change(values: Array, _: Volume, draw: np.random.Generator) -> Array:
        low, high = contrast_of(values)
        for plane in values.reshape(-1, *values.shape[2:]):
            np.add(plane, _normal(draw, plane.shape, std * (high - low)), out=plane)
        return values

    return on_voxels(change)


def rician(*, std: float) -> Perturb:
    """Add noise to both parts of the complex signal, of which the image is the magnitude.

    √((I + n₁)² + n₂²), with n₁ and n₂ normal (Gudbjartsson and Patz, MRM 1995): where there is no
    signal the noise is that of Rayleigh. `std` is as for `noise`.
    """

    def change(values: Array, _: Volume, draw: np.random.Generator) -> Array:
        if values.min() < 0:
            msg = "Rician noise is that of magnitude images, and the volume has negative voxels"
            raise NotApplicable(msg)
        low, high = contrast_of(values)
        return magnitude(values, draw, std * (high - low))

    return on_voxels(change)


def magnitude(values: Array, draw: np.random.Generator, sigma: float) -> Array:
    """Add complex noise and take the magnitude, in place."""
    for plane in values.reshape(-1, *values.shape[2:]):
        np.add(plane, _normal(draw, plane.shape, sigma), out=plane)
        np.hypot(plane, _normal(draw, plane.shape, sigma), out=plane)
    return values


def _normal(draw: np.random.Generator, shape: tuple[int, ...], sigma: float) -> Array:
    drawn = draw.standard_normal(shape, dtype=np.float32)
    drawn *= np.float32(sigma)
    return drawn
