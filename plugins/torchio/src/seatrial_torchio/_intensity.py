"""Contrast, sharpness and resolution."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
import torchio

from seatrial import Volume
from seatrial.errors import ParameterError
from seatrial.protocols import Perturb

from ._draws import axis_of
from ._through import transformed
from ._volumes import Array, contrast_of, on_voxels, wide

__all__ = ["anisotropy", "blur", "contrast", "gamma", "to_power"]


def _by_torchio(values: Array, volume: Volume, transform: Any) -> Array:
    return transformed(transform, [values], volume.affine, [False])[0]


def blur(*, std: float) -> Perturb:
    """Blur with a Gaussian of the standard deviation `std` in mm, by torchio's `Blur`."""

    def change(values: Array, volume: Volume, _: np.random.Generator) -> Array:
        return _by_torchio(values, volume, torchio.Blur((std, std, std), copy=False))

    return on_voxels(change)


def gamma(*, log_gamma: float) -> Perturb:
    """Raise intensities to a power, brought to [0, 1] before and back after.

    The power is exp(`log_gamma`) or exp(-`log_gamma`): which of them is drawn. On a volume in
    [0, 1] it is torchio's `Gamma`.
    """

    def change(values: Array, _: Volume, draw: np.random.Generator) -> Array:
        return to_power(values, float(np.exp(log_gamma * draw.choice([-1, 1]))))

    return on_voxels(change)


def to_power(values: Array, power: float) -> Array:
    """Bring intensities to [0, 1], raise them to a power and bring them back, in place."""
    low, high = float(values.min()), float(values.max())
    whole = torch.from_numpy(values)
    # ((v - low) / range) ** power * range + low, with as few passes as can be
    whole.sub_(low).pow_(power)
    whole.mul_((high - low) ** (1 - power)).add_(low)
    return values


def anisotropy(*, factor: float, axis: int | None = None) -> Perturb:
    """Make slices thicker by `factor` along one axis, and interpolate back, by torchio.

    The axis is 0, 1 or 2, drawn where None.
    """
    if factor < 1:
        msg = f"factor must be 1 or more, got {factor}"
        raise ParameterError(msg)

    def change(values: Array, volume: Volume, draw: np.random.Generator) -> Array:
        along = axis_of(draw, axis)
        wide(values, 2, axes=(along,))
        once = torchio.RandomAnisotropy((along,), (factor, factor), copy=False)
        return _by_torchio(values, volume, once)

    return on_voxels(change)


def contrast(*, weight: float, dark: float = 0.1) -> Perturb:
    """Turn the contrast of a T1 image towards that of a T2 image: bright fluid, darker tissue.

    With t the intensity in [0, 1], an image of weight 1 has s(t) · (1 − t), where s rises smoothly
    from 0 to 1 below `dark`, so that the background stays dark; `weight` mixes it with the image.
    """
    if not 0 < weight <= 1:
        msg = f"weight is a fraction above 0, got {weight}"
        raise ParameterError(msg)

    def change(values: Array, _: Volume, __: np.random.Generator) -> Array:
        low, high = contrast_of(values)
        for plane in values.reshape(-1, *values.shape[2:]):
            t = np.clip((plane - low) / (high - low), 0, 1)
            rise = np.clip(t / dark, 0, 1)
            rise *= rise * (3 - 2 * rise)
            np.add(plane, weight * (low + (high - low) * rise * (1 - t) - plane), out=plane)
        return values

    return on_voxels(change)
