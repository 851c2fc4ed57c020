"""Head motion during the scan: lines of k-space from several positions."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import SimpleITK as sitk  # noqa: N813 - as its own documentation has it
from torchio.data.io import nib_to_sitk

from seatrial import Volume
from seatrial.protocols import Perturb

from ._draws import axis_of, directions, movement_times
from ._kspace import even, weighted_along
from ._volumes import Array, on_voxels, wide

__all__ = ["motion", "moved"]

LEAST = 4


def motion(
    *, degrees: float, translation: float, movements: int = 4, axis: int | None = None
) -> Perturb:
    """Let the head move during the scan, so that parts of k-space come from other positions.

    Each of the `movements` turns it by `degrees` about an axis that is drawn, through the centre of
    the field, and shifts it by `translation` mm in a direction that is drawn. The lines of k-space
    are filled in time along `axis` (0, 1 or 2; drawn where None); its centre is of the first
    position. As torchio's `Motion`, which turns about the origin of the world instead.
    """

    def change(values: Array, volume: Volume, draw: np.random.Generator) -> Array:
        wide(values, LEAST)
        along = axis_of(draw, axis)
        turns = directions(draw, movements) * degrees
        shifts = directions(draw, movements) * translation
        times = movement_times(draw, movements)
        for channel in values:
            moved(channel, volume.affine, turns, shifts, times, along)
        return values

    return on_voxels(change)


def moved(
    channel: Array, affine: Array, degrees: Array, shifts: Array, times: Array, axis: int
) -> None:
    """Mix the k-spaces of several positions, in place.

    A line of k-space comes from one position, so the transforms along the other axes cancel; of the
    image only the real part is wanted, so each position is weighted evenly (see `even`).
    """
    image = nib_to_sitk(channel[None], affine, force_3d=True)
    channel[...] = 0  # the image has a copy
    weights = _weights(channel.shape[axis], times)
    positions = _positions(image, degrees, shifts)
    for weight in weights:
        position = next(positions)  # zip would keep one more in memory
        voxels = sitk.GetArrayViewFromImage(position).transpose()
        weighted_along(voxels, axis, even(weight), into=channel)
        del voxels, position


def _weights(count: int, times: Array) -> list[Array]:
    """Say which lines of k-space come from which position; the first has those in the centre."""
    ends = [0, *(count * times).astype(int).tolist(), count]
    found = []
    for start, end in pairwise(ends):
        weight = np.zeros(count)
        weight[start:end] = 1
        found.append(weight)
    late = np.flatnonzero(times > 0.5)  # noqa: PLR2004 - half of the scan
    centre = int(late[0]) if len(late) else len(times)
    found[0], found[centre] = found[centre], found[0]
    return found


def _positions(image: Any, degrees: Array, shifts: Array) -> Iterator[Any]:
    """Give the image in its first position, and then in each of the others."""
    yield image
    low = float(sitk.GetArrayViewFromImage(image).min())
    middle = [(side - 1) / 2 for side in image.GetSize()]
    centre = image.TransformContinuousIndexToPhysicalPoint(middle)
    for turn, shift in zip(np.radians(degrees).tolist(), shifts.tolist(), strict=True):
        rigid: Any = sitk.Euler3DTransform(centre, *turn, shift)  # type: ignore[no-untyped-call]
        yield sitk.Resample(image, image, rigid, sitk.sitkLinear, low, sitk.sitkFloat32)
