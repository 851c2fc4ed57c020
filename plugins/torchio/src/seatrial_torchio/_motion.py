"""Head motion during the scan: lines of k-space from several positions."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import SimpleITK as sitk  # noqa: N813 - as its own documentation has it

from seatrial import Volume
from seatrial.protocols import Perturb

from ._draws import axis_of, directions, movement_times
from ._kspace import even, weighted_along
from ._resample import image_of, resampled
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
    image = image_of(channel, affine)
    outside = float(channel.min())
    channel[...] = 0  # the image has a copy
    across = 1 if axis == 2 else 2  # noqa: PLR2004 - slabs must be whole along the axis itself
    positions = _positions(image, degrees, shifts)
    for weight, position in zip(_weights(channel.shape[axis], times), positions, strict=True):
        lines = even(weight)
        for part, voxels in resampled(image, position, axis=across, outside=outside):
            weighted_along(voxels, axis, lines, into=channel[part])


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


def _positions(image: Any, degrees: Array, shifts: Array) -> list[Any]:
    """Give the transforms to the first position, which moves nothing, and to the others."""
    middle = [(side - 1) / 2 for side in image.GetSize()]
    centre = image.TransformContinuousIndexToPhysicalPoint(middle)
    turns = zip(np.radians(degrees).tolist(), shifts.tolist(), strict=True)
    rigid = [
        sitk.Euler3DTransform(centre, *turn, shift)  # type: ignore[no-untyped-call]
        for turn, shift in turns
    ]
    return [sitk.Transform(), *rigid]  # type: ignore[no-untyped-call]
