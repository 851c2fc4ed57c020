"""Voxels in and out: float32 while they are changed, in the type of the volume afterwards."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from seatrial import Volume
from seatrial.errors import NotApplicable, PlanError
from seatrial.protocols import Perturb

__all__ = ["Array", "Change", "contrast_of", "intensities", "like", "on_voxels", "slab", "wide"]

Array = np.ndarray[Any, Any]
Change = Callable[[Array, Volume, np.random.Generator], Array]
"""Takes float32 voxels C×X×Y×Z that it may write to, and gives those of the perturbed volume."""

SAMPLED = 1 << 17
"""How many voxels the percentiles of a volume are read from."""
TAIL = 0.5
"""Percent of the voxels at each end that do not count: vessels and spikes are far from tissue."""


def intensities(volume: Volume) -> Array:
    """Copy the voxels as float32 in C order, or refuse what is no image.

    Raises `PlanError` for truth values, NaN and infinity, and `NotApplicable` where all voxels are
    equal: nothing that an artefact does could be seen there.
    """
    if volume.array.dtype.kind == "b":
        msg = "a volume of truth values is a mask, not an image: give it as the target"
        raise PlanError(msg)
    low, high = volume.array.min(), volume.array.max()
    if not np.isfinite(low) or not np.isfinite(high):  # both are NaN where one voxel is
        msg = "the volume has NaN or infinite voxels: replace them before the trial"
        raise PlanError(msg)
    if low == high:
        msg = f"the volume is constant ({low:g} everywhere)"
        raise NotApplicable(msg)
    return volume.array.astype(np.float32, order="C")  # artefacts are written slice by slice


def like(volume: Volume, array: Array, affine: Array | None = None) -> Volume:
    """Make a volume of changed voxels, in the type of the original and, by default, in its place.

    Integers are rounded, and clipped to the range of their type.
    """
    dtype = volume.array.dtype
    if dtype.kind in "iu" and array.dtype != dtype:
        held = np.iinfo(dtype)
        if dtype.itemsize > array.itemsize // 2:  # float32 cannot hold the largest of 32 bits
            array = array.astype(np.float64)
        np.rint(array, out=array)
        np.clip(array, held.min, held.max, out=array)
    return Volume(array.astype(dtype, copy=False), volume.affine if affine is None else affine)


def on_voxels(change: Change) -> Perturb:
    """Make a perturbation of what it does to voxels and a generator that starts at the seed."""

    def perturb(volume: Volume, /, *, seed: int) -> Volume:
        changed = change(intensities(volume), volume, np.random.default_rng(seed))
        return like(volume, changed)

    return perturb


def wide(values: Array, least: int, *, axes: tuple[int, ...] = (0, 1, 2)) -> None:
    """Raise `NotApplicable` for a volume that has fewer voxels than these along an axis."""
    if any(values.shape[-3 + axis] < least for axis in axes):
        sides = "×".join(map(str, values.shape[-3:]))
        msg = f"it needs {least} voxels along each axis, and the volume is {sides}"
        raise NotApplicable(msg)


def slab(axis: int, part: slice | int) -> tuple[slice | int, ...]:
    """Index one part of C×X×Y×Z along a spatial axis."""
    return (slice(None),) * (axis + 1) + (part,)


def contrast_of(values: Array) -> tuple[float, float]:
    """Read the range of intensities without their tails, and never an empty one.

    The range from percentile 0.5 to 99.5, read from every n-th voxel of a large volume.
    """
    flat = values.reshape(-1)
    step = max(1, flat.size // SAMPLED) | 1  # odd: the sides of volumes are often even
    low, high = np.percentile(flat[::step], [TAIL, 100 - TAIL])
    if low == high:
        low, high = flat.min(), flat.max()
    return float(low), float(high)
