"""Artefacts that are filters in k-space: ghosting, Gibbs ringing, spikes.

Ghosting and ringing weigh the lines of k-space along an axis. The transforms along the other axes
cancel, and the real part of what comes back is that of the weights made even, so one real transform
along one axis does what torchio's two complex ones in three dimensions do. A spike is a wave in the
image, so it takes none at all.
"""

from __future__ import annotations

import numpy as np
from scipy import fft

from seatrial import Volume
from seatrial.errors import ParameterError
from seatrial.protocols import Perturb

from ._draws import axis_of
from ._volumes import Array, on_voxels, wide

__all__ = ["comb", "even", "ghosting", "gibbs", "spike", "waved", "weighted_along"]

BLOCK = 1 << 20
"""How many voxels are transformed at once: what is beside the volume in memory stays small."""
LEAST = 4
"""Shorter axes have too few lines of k-space for any of this to mean anything."""


def even(weights: Array) -> Array:
    """Take weights of the lines of k-space, the centre in the middle, as those of a real transform.

    They become even (the same for a frequency and its negative): that is what taking the real part
    of the image does to them. Gives float32 [n // 2 + 1].
    """
    whole = fft.ifftshift(weights)
    other = np.roll(whole[::-1], 1)
    weights_of_both: Array = (whole + other) / 2
    return weights_of_both[: len(whole) // 2 + 1].astype(np.float32)


def weighted_along(channel: Array, axis: int, weights: Array, *, into: Array) -> None:
    """Weigh the lines of k-space of one channel along an axis; weights as `even` gives them.

    The image is added to `into`, which may be the channel itself: then it takes its place.
    """
    shape = [1, 1, 1]
    shape[axis] = len(weights)
    gain = weights.reshape(shape)
    across = 1 if axis == 0 else 0
    step = max(1, BLOCK * channel.shape[across] // channel.size)
    for start in range(0, channel.shape[across], step):
        part = (slice(None),) * across + (slice(start, start + step),)
        spectrum = fft.rfft(channel[part], axis=axis)
        spectrum *= gain
        image = fft.irfft(spectrum, channel.shape[axis], axis=axis)
        if into is channel:
            into[part] = image
        else:
            into[part] += image


def ghosting(
    *, intensity: float, ghosts: int = 8, axis: int | None = None, restore: float = 0.02
) -> Perturb:
    """Repeat the image along one axis, as when something moves in a rhythm during the scan.

    Every `ghosts`-th plane of k-space along `axis` (0, 1 or 2; drawn where None) loses the fraction
    `intensity` of its signal, but for a fraction `restore` of the planes, around the centre, and
    the one in the centre at least: without it, the whole image would turn dark.
    As torchio's `Ghosting`: the same image, from one real transform.
    """
    _positive(ghosts=ghosts)

    def change(values: Array, _: Volume, draw: np.random.Generator) -> Array:
        along = axis_of(draw, axis)
        wide(values, LEAST, axes=(along,))
        count = values.shape[along + 1]
        several = round(restore * count) // 2
        weights = even(comb(count, ghosts, intensity, restore if several else None))
        for channel in values:
            weighted_along(channel, along, weights, into=channel)
        return values

    return on_voxels(change)


def comb(count: int, ghosts: int, intensity: float, restore: float | None) -> Array:
    """Weigh every n-th line of k-space, but not those around the centre; None restores one."""
    weights = np.ones(count)
    weights[::ghosts] = 1 - intensity
    middle = count // 2
    if restore is None:
        weights[middle] = 1
    else:
        half = round(restore * count) // 2
        weights[middle - half : middle + half] = 1
    return weights


def gibbs(*, kept: float) -> Perturb:
    """Cut off the outer lines of k-space, which leaves ripples beside every edge.

    Of the lines along each axis the central fraction `kept` stays: y = F⁻¹(w · F(x)), where w is 1
    for frequencies up to `kept` times the highest and 0 beyond. A magnitude image stays one.
    """
    if not 0 < kept < 1:
        msg = f"kept is a fraction between 0 and 1, got {kept}"
        raise ParameterError(msg)

    def change(values: Array, _: Volume, __: np.random.Generator) -> Array:
        magnitude = values.min() >= 0
        for axis, count in enumerate(values.shape[1:]):
            if count < LEAST:
                continue
            weights = (np.arange(count // 2 + 1) <= kept * count / 2).astype(np.float32)
            for channel in values:
                weighted_along(channel, axis, weights, into=channel)
        return np.abs(values, out=values) if magnitude else values

    return on_voxels(change)


def spike(*, intensity: float, spikes: int = 1) -> Perturb:
    """Lay stripes over the image, as a spark during the scan does: a spike in k-space.

    Each of the `spikes` is at a place of k-space that is drawn, and `intensity` times as high as
    the highest point of the spectrum. As torchio's `Spike` with one spike; torchio measures each
    further one against the spectrum with the earlier ones in it.
    """
    _positive(spikes=spikes)

    def change(values: Array, _: Volume, draw: np.random.Generator) -> Array:
        return waved(values, draw.random((spikes, 3)), intensity)

    return on_voxels(change)


def waved(values: Array, places: Array, intensity: float) -> Array:
    """Add one wave for each place of k-space (fractions of its sides, the centre at ½)."""
    sides = np.array(values.shape[1:])
    frequencies = np.floor(places * sides).astype(int) - sides // 2
    for channel in values:
        height = intensity * _highest(channel) / channel.size
        for frequency in frequencies:
            _add_wave(channel, frequency, height)
    return values


def _highest(channel: Array) -> float:
    """Find the highest magnitude of the spectrum; without negative voxels it is in the centre."""
    if channel.min() >= 0:
        return float(channel.sum(dtype=np.float64))
    return float(np.abs(fft.rfftn(channel)).max())


def _add_wave(channel: Array, frequency: Array, height: float) -> None:
    """Add height · cos(2π Σ f x / n), slice by slice: it is a product of waves along the axes."""
    x, y, z = (
        np.exp(2j * np.pi * cycles * np.arange(count) / count)
        for cycles, count in zip(frequency, channel.shape, strict=True)
    )
    plane = (height * y[:, None] * z[None, :]).astype(np.complex64)
    for there, turn in zip(channel, x.astype(np.complex64), strict=True):
        np.add(there, (turn * plane).real, out=there)


def _positive(**given: int) -> None:
    for name, value in given.items():
        if value < 1:
            msg = f"{name} must be 1 or more, got {value}"
            raise ParameterError(msg)
