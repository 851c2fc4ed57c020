"""A field of view that does not cover all."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from seatrial.errors import ParameterError
from seatrial.protocols import Perturb

from ._cases import Field, on_cases
from ._draws import axis_of, directions
from ._spatial import KEPT
from ._volumes import Array, slab, wide

__all__ = ["crop", "field_of_view"]

SHIFT = 0.05
"""How far off the centre the field is placed, as a fraction of half its side."""


def crop(*, removed: float, axis: int | None = None, kept: float = KEPT) -> Perturb:
    """Cut off the fraction `removed` of the slices along an axis, at both ends together.

    How much of it at which end is drawn, and so is the axis (0, 1 or 2) where it is None. The
    volume gets smaller, its affine and its masks with it; `kept` is how much of each label must
    stay in the field.
    """
    if not 0 < removed < 1:
        msg = f"removed is a fraction between 0 and 1, got {removed}"
        raise ParameterError(msg)

    def move(
        field: Field, arrays: list[Array], _: Sequence[bool], draw: np.random.Generator
    ) -> tuple[list[Array], Array]:
        along = axis_of(draw, axis)
        wide(arrays[0], 2, axes=(along,))
        count = field.shape[along]
        width = min(count - 1, max(1, round(removed * count)))
        start = round(draw.random() * width)
        window = slab(along, slice(start, start + count - width))
        affine = field.affine.copy()
        affine[:3, 3] += start * affine[:3, along]
        return [array[window].copy() for array in arrays], affine

    return on_cases(move, kept=kept)


def field_of_view(*, radius: float, kept: float = KEPT) -> Perturb:
    """See nothing outside an ellipsoid, as where the coil or the field does not reach.

    Its half-axes are `radius` times half the sides of the volume; it lies a little off the centre,
    in a direction that is drawn. Outside, images have the value of their darkest voxel and masks
    the background; `kept` is how much of each label must stay in the field.
    """
    if radius <= 0:
        msg = f"radius must be above 0, got {radius}"
        raise ParameterError(msg)

    def move(
        field: Field, arrays: list[Array], labels: Sequence[bool], draw: np.random.Generator
    ) -> tuple[list[Array], Array]:
        (shift,) = directions(draw, 1) * SHIFT
        x, y, z = (
            (((np.arange(count) + 0.5) / count * 2 - 1 - off) / radius) ** 2
            for count, off in zip(field.shape, shift, strict=True)
        )
        plane = y[:, None] + z[None, :]
        for array, label in zip(arrays, labels, strict=True):
            low = 0 if label else array.min()
            for place, square in enumerate(x):
                array[:, place, plane > 1 - square] = low
        return arrays, field.affine

    return on_cases(move, kept=kept)
