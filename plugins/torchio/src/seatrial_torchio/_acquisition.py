"""Faults of the acquisition in image space: wrapped tissue, lost slices, swapped blocks."""

from __future__ import annotations

import numpy as np
import torchio

from seatrial import Volume
from seatrial.errors import NotApplicable, ParameterError
from seatrial.protocols import Perturb

from ._draws import axis_of
from ._through import transformed
from ._volumes import Array, on_voxels, slab, wide

__all__ = ["drop_out", "swap", "wrap_around"]


def wrap_around(*, overlap: float, axis: int | None = None) -> Perturb:
    """Fold tissue at one end of the field over onto the other end, along an axis.

    The field is too short by the fraction `overlap`: with a period of p = (1 − overlap) · n voxels,
    what is seen at x is I(x − p) + I(x) + I(x + p). The axis is 0, 1 or 2, drawn where None.
    Intensities are relative to the darkest voxel.
    """
    if not 0 < overlap <= 0.5:  # noqa: PLR2004 - beyond half, three copies lie over one another
        msg = f"overlap is a fraction of at most 0.5, got {overlap}"
        raise ParameterError(msg)

    def change(values: Array, _: Volume, draw: np.random.Generator) -> Array:
        along = axis_of(draw, axis)
        wide(values, 2, axes=(along,))
        width = max(1, round(overlap * values.shape[along + 1]))
        low = values.min()
        first, last = slab(along, slice(None, width)), slab(along, slice(-width, None))
        before = values[first].copy()
        values[first] += values[last] - low
        values[last] += before - low
        return values

    return on_voxels(change)


def drop_out(*, fraction: float, axis: int | None = None) -> Perturb:
    """Lose the signal of whole slices along an axis.

    A `fraction` of the slices, which are drawn among those with contrast, takes the value of the
    darkest voxel. The axis is 0, 1 or 2, drawn where None.
    """
    if not 0 < fraction <= 1:
        msg = f"fraction must be above 0 and at most 1, got {fraction}"
        raise ParameterError(msg)

    def change(values: Array, _: Volume, draw: np.random.Generator) -> Array:
        along = axis_of(draw, axis)
        wide(values, 2, axes=(along,))
        across = tuple(one for one in range(4) if one != along + 1)
        bright = values.max(axis=across)
        low = values.min()
        order = draw.permutation(np.flatnonzero(bright > low))
        for place in order[: max(1, round(fraction * len(order)))]:
            values[slab(along, int(place))] = low
        return values

    return on_voxels(change)


def swap(*, swaps: int, blocks: int = 8) -> Perturb:
    """Let blocks of the image change places, by torchio's `Swap`; labels stay where they are.

    The volume is divided into `blocks` along each axis, and `swaps` pairs of blocks that differ are
    drawn; no block is swapped twice.
    """
    if not 1 <= swaps <= blocks**3 // 2:
        msg = f"{blocks} blocks along each axis make 1 to {blocks**3 // 2} swaps, got {swaps}"
        raise ParameterError(msg)

    def change(values: Array, volume: Volume, draw: np.random.Generator) -> Array:
        wide(values, blocks)
        size = [side // blocks for side in values.shape[1:]]
        corners = np.argwhere(np.ones((blocks,) * 3)) * size
        drawn = draw.permutation(corners)
        seen = [one for one in drawn if np.ptp(values[_block(one, size)]) > 0]
        if len(seen) < 2 * swaps:
            msg = f"only {len(seen)} blocks have any contrast, and {2 * swaps} are to be swapped"
            raise NotApplicable(msg)
        places = [(int(x), int(y), int(z)) for x, y, z in seen[: 2 * swaps]]
        pairs = list(zip(places[::2], places[1::2], strict=True))
        sides = (size[0], size[1], size[2])
        transform = torchio.Swap(sides, pairs, copy=False)
        return transformed(transform, [values], volume.affine, [False])[0]

    return on_voxels(change)


def _block(corner: Array, size: list[int]) -> tuple[slice, ...]:
    inside = (slice(at, at + side) for at, side in zip(corner, size, strict=True))
    return (slice(None), *inside)
