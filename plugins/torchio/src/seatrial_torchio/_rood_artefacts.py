"""The artefacts of ROOD-MRI, with its parameters and what it draws of them.

Where a level of ours fixes how far and draws only where, ROOD draws how far, up to the level: a
high level can do next to nothing. Everything is drawn from the seed; torchio and MONAI draw alike,
but other numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torchio

from seatrial import Volume
from seatrial.protocols import Perturb

from ._bias import exponents, polynomial, shaded
from ._cases import Field, on_cases
from ._draws import movement_times
from ._intensity import to_power
from ._kspace import comb, even, weighted_along
from ._motion import moved
from ._noise import magnitude
from ._spatial import KEPT, bent, turned
from ._through import transformed
from ._volumes import Array, on_voxels, wide

__all__ = [
    "affine",
    "aniso_downsample",
    "bias_field",
    "contrast",
    "elastic_deformation",
    "ghosting",
    "iso_downsample",
    "motion",
    "rician_noise",
]

ORDER = 3
POINTS = 7
LOCKED = 2
"""How many layers of points at the border stay, as by torchio's default."""
RESTORED = 0.02
LEAST = 4
Moved = tuple[list[Array], Array]


def affine(*, degrees: float, translation: float, kept: float = KEPT) -> Perturb:
    """Turn by up to `degrees` about each axis and shift by up to `translation` mm along each."""

    def move(
        field: Field, arrays: list[Array], labels: Sequence[bool], draw: np.random.Generator
    ) -> Moved:
        wide(arrays[0], LEAST)
        turns = draw.uniform(-degrees, degrees, 3)
        shifts = draw.uniform(-translation, translation, 3)
        return turned(field, arrays, labels, turns, shifts)

    return on_cases(move, kept=kept)


def aniso_downsample(*, downsampling: float, kept: float = KEPT) -> Perturb:
    """Make slices thicker along an axis that is drawn, of the image and of its masks."""

    def move(
        field: Field, arrays: list[Array], labels: Sequence[bool], draw: np.random.Generator
    ) -> Moved:
        wide(arrays[0], LEAST)
        once = _coarse(int(draw.integers(3)), downsampling)
        return transformed(once, arrays, field.affine, labels), field.affine

    return on_cases(move, kept=kept)


def iso_downsample(*, factor: float, kept: float = KEPT) -> Perturb:
    """Make voxels larger along every axis, of the image and of its masks."""

    def move(
        field: Field, arrays: list[Array], labels: Sequence[bool], _: np.random.Generator
    ) -> Moved:
        wide(arrays[0], LEAST)
        thrice = torchio.Compose([_coarse(axis, factor) for axis in range(3)], copy=False)
        return transformed(thrice, arrays, field.affine, labels), field.affine

    return on_cases(move, kept=kept)


def _coarse(axis: int, factor: float) -> Any:
    return torchio.RandomAnisotropy((axis,), (factor, factor), scalars_only=False, copy=False)


def bias_field(*, coefficients: float) -> Perturb:
    """Shade by exp of a polynomial of order 3, each coefficient up to this far from 0."""

    def change(values: Array, _: Volume, draw: np.random.Generator) -> Array:
        drawn = draw.uniform(-coefficients, coefficients, len(list(exponents(ORDER))))
        return shaded(values, polynomial(drawn, ORDER))

    return on_voxels(change)


def contrast(*, gamma: float) -> Perturb:
    """Raise intensities, brought to [0, 1] and back, to the power `gamma`, as MONAI does."""

    def change(values: Array, _: Volume, __: np.random.Generator) -> Array:
        return to_power(values, gamma)

    return on_voxels(change)


def elastic_deformation(*, max_displacement: float, kept: float = KEPT) -> Perturb:
    """Displace each of 7 points along each axis by up to this many mm; the volume may fold."""

    def drawn(draw: np.random.Generator, _: Array) -> Array:
        return draw.uniform(-max_displacement, max_displacement, (POINTS, POINTS, POINTS, 3))

    return on_cases(bent(drawn, locked=LOCKED), kept=kept)


def ghosting(*, num_ghosts: int, intensity: float) -> Perturb:
    """Repeat the image along the first or the second axis, which is drawn; negatives become 0."""

    def change(values: Array, _: Volume, draw: np.random.Generator) -> Array:
        axis = int(draw.integers(2))
        wide(values, LEAST, axes=(axis,))
        weights = even(comb(values.shape[axis + 1], num_ghosts, intensity, RESTORED))
        for channel in values:
            weighted_along(channel, axis, weights, into=channel)
        return np.maximum(values, 0, out=values)

    return on_voxels(change)


def motion(*, degrees: float, translation: float, num_transforms: int) -> Perturb:
    """Move the head by up to `degrees` about and `translation` mm along each axis.

    Negatives become 0.
    """

    def change(values: Array, volume: Volume, draw: np.random.Generator) -> Array:
        wide(values, LEAST)
        turns = draw.uniform(-degrees, degrees, (num_transforms, 3))
        shifts = draw.uniform(-translation, translation, (num_transforms, 3))
        times = movement_times(draw, num_transforms)
        for channel in values:
            moved(channel, volume.affine, turns, shifts, times, axis=2)
        return np.maximum(values, 0, out=values)

    return on_voxels(change)


def rician_noise(*, std: float) -> Perturb:
    """Add Rician noise of `std` times the standard deviation of the volume, as MONAI does."""

    def change(values: Array, _: Volume, draw: np.random.Generator) -> Array:
        return magnitude(values, draw, std * float(values.std(dtype=np.float64)))

    return on_voxels(change)
