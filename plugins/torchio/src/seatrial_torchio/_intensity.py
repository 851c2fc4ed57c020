"""Contrast, sharpness and resolution."""

from __future__ import annotations

import numpy as np
import torch
from scipy import ndimage

from seatrial import Volume
from seatrial.errors import ParameterError
from seatrial.protocols import Perturb

from ._draws import axis_of
from ._volumes import Array, contrast_of, on_voxels, slab, wide

__all__ = ["anisotropy", "blur", "contrast", "gamma", "to_power"]

SLICES = 16
"""How many slices are worked on at once: what is beside the volume in memory stays small."""
TINY = 1e-9


def blur(*, std: float) -> Perturb:
    """Blur with a Gaussian of the standard deviation `std` in mm: torchio's `Blur`, in place."""

    def change(values: Array, volume: Volume, _: np.random.Generator) -> Array:
        for channel in values:
            voxels = [std / side for side in volume.spacing]
            ndimage.gaussian_filter(channel, voxels, output=channel)
        return values

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
    """Make slices thicker by `factor` along one axis, and interpolate back.

    Of the slices the one nearest to the middle of each thick slice is kept. As torchio's
    `RandomAnisotropy`, which also leaves dark what lies beyond the first and the last thick slice.
    The axis is 0, 1 or 2, drawn where None.
    """
    if factor < 1:
        msg = f"factor must be 1 or more, got {factor}"
        raise ParameterError(msg)

    def change(values: Array, _: Volume, draw: np.random.Generator) -> Array:
        along = axis_of(draw, axis)
        wide(values, 2, axes=(along,))
        kept, below, weights = _thick(values.shape[along + 1], factor)
        shape = [1, 1, 1, 1]
        shape[along + 1] = -1
        low, high = (one.astype(np.float32).reshape(shape) for one in weights)
        across = 1 if along == 0 else 0
        for start in range(0, values.shape[across + 1], SLICES):
            part = values[slab(across, slice(start, start + SLICES))]
            thick = part.take(kept, axis=along + 1)
            part[...] = low * thick.take(below, axis=along + 1)
            part += high * thick.take(np.minimum(below + 1, len(kept) - 1), axis=along + 1)
        return values

    return on_voxels(change)


def _thick(count: int, factor: float) -> tuple[Array, Array, tuple[Array, Array]]:
    """Say which slices are kept, and how each slice comes from them.

    Gives the kept ones, for each slice the kept one below it, and the weights of that and the next.
    """
    thick = max(1, int(count / factor))
    first = ((count - 1) - (thick - 1) * factor) / 2
    kept = np.floor(first + np.arange(thick) * factor + 0.5).astype(int)
    places = (np.arange(count) - first) / factor
    seen = (places >= -0.5 - TINY) & (places <= thick - 0.5 + TINY)
    places = places.clip(0, thick - 1)
    below = np.floor(places).astype(int)
    high = places - below
    return kept, below, (seen * (1 - high), seen * high)


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
