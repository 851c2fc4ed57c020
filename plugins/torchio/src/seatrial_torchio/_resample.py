"""Resample volumes by SimpleITK, a few slices at a time: beside the volume, one copy is held."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import SimpleITK as sitk  # noqa: N813 - as its own documentation has it
from torchio.data.io import nib_to_sitk

from ._volumes import Array

__all__ = ["image_of", "resample", "resampled"]

BLOCK = 1 << 19
"""How many voxels are resampled at once."""


def image_of(channel: Array, affine: Array) -> Any:
    """Make a SimpleITK image of X×Y×Z voxels; it has a copy of them."""
    truth = channel.dtype.kind == "b"
    return nib_to_sitk((channel.view(np.uint8) if truth else channel)[None], affine, force_3d=True)


def resample(channel: Array, affine: Array, transform: Any, *, label: bool) -> None:
    """Resample X×Y×Z voxels in place: images by linear interpolation, labels by the nearest one.

    What comes in from outside is the darkest voxel, or the background of labels, 0.
    """
    image = image_of(channel, affine)
    outside = 0.0 if label else float(channel.min())
    for part, values in resampled(image, transform, axis=2, outside=outside, label=label):
        channel[part] = values


def resampled(
    image: Any, transform: Any, *, axis: int, outside: float, label: bool = False
) -> Iterator[tuple[tuple[slice, ...], Array]]:
    """Give the resampled image in slabs along an axis: where each lies, and its voxels."""
    size = list(image.GetSize())
    step = max(1, BLOCK * size[axis] // image.GetNumberOfPixels())
    how = sitk.sitkNearestNeighbor if label else sitk.sitkLinear
    for start in range(0, size[axis], step):
        first, sides = [0, 0, 0], list(size)
        first[axis], sides[axis] = start, min(step, size[axis] - start)
        slab = sitk.Resample(
            image,
            sides,
            transform,
            how,
            image.TransformIndexToPhysicalPoint(first),
            image.GetSpacing(),
            image.GetDirection(),
            outside,
            image.GetPixelID(),
        )
        part = (*[slice(None)] * axis, slice(start, start + sides[axis]))
        yield part, sitk.GetArrayViewFromImage(slab).transpose()
