"""Moves: turned, shifted and bent anatomy, and left and right exchanged."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
import torchio

from seatrial.errors import ParameterError
from seatrial.protocols import Perturb

from ._bspline import Spline, bend, spline_of
from ._cases import Field, Move, on_cases
from ._draws import directions
from ._resample import image_of, resample
from ._volumes import Array, wide

__all__ = ["KEPT", "affine", "bent", "elastic", "flip", "turned"]

KEPT = 0.5
"""A target that lost half of a label's voxels is no longer what the case was about."""
LEAST = 4
DEGREE = 3
"""Of the splines by which torchio bends volumes."""
UNTOLD = (1e-6, 1e-6, 1e-6)
"""torchio takes the largest displacement only to warn of folds, which our rungs cannot make."""


def affine(*, degrees: float, translation: float, kept: float = KEPT) -> Perturb:
    """Turn the anatomy about the centre of the field and shift it, by torchio's `Affine`.

    It is turned by `degrees` and shifted by `translation` mm; both directions are drawn. What comes
    in from outside the field has the value of the darkest voxel. Masks move along, by the nearest
    neighbour; `kept` is how much of each label must stay in the field.
    """

    def move(
        field: Field, arrays: list[Array], labels: Sequence[bool], draw: np.random.Generator
    ) -> tuple[list[Array], Array]:
        wide(arrays[0], LEAST)
        turn, shift = directions(draw, 2)
        return turned(field, arrays, labels, turn * degrees, shift * translation)

    return on_cases(move, kept=kept)


def turned(
    field: Field, arrays: list[Array], labels: Sequence[bool], degrees: Array, shift: Array
) -> tuple[list[Array], Array]:
    """Turn by degrees about each axis and shift by mm along it, with the transform of torchio."""
    transform: Any = torchio.Affine((1, 1, 1), _triplet(degrees), _triplet(shift))
    kind: Any = torchio.ScalarImage
    image = kind(tensor=torch.from_numpy(arrays[0]), affine=field.affine)
    inverse = transform.get_affine_transform(image)
    for array, label in zip(arrays, labels, strict=True):
        for channel in array:
            resample(channel, field.affine, inverse, label=label)
    return arrays, field.affine


def _triplet(values: Array) -> tuple[float, float, float]:
    x, y, z = values.tolist()
    return x, y, z


def elastic(*, displacement: float, points: int = 7, kept: float = KEPT) -> Perturb:
    """Bend the anatomy smoothly, as torchio's `ElasticDeformation`.

    A grid of `points` along each axis is displaced, in directions that are drawn, by the fraction
    `displacement` of the field; the field's border stays. A fraction below half of the grid's
    spacing cannot fold the volume. Masks move along, by the nearest neighbour; `kept` is how much
    of each label must stay.
    """
    if points <= DEGREE + 1:
        msg = f"points must be {DEGREE + 2} or more, got {points}"
        raise ParameterError(msg)
    if not 0 < displacement < 0.5 / (points - DEGREE):
        limit = 0.5 / (points - DEGREE)
        msg = f"displacement must lie between 0 and {limit:.3g}, or the volume folds"
        raise ParameterError(msg)

    def drawn(draw: np.random.Generator, sides: Array) -> Array:
        way = directions(draw, points**3).reshape(points, points, points, 3)
        return way * (displacement * sides)

    return on_cases(bent(drawn, locked=1), kept=kept)


def bent(drawn: Callable[[np.random.Generator, Array], Array], *, locked: int) -> Move:
    """Bend by displacements in mm of a grid of points: `drawn(draw, sides of the field)`.

    So many layers of points at the border stay where they are.
    """

    def move(
        field: Field, arrays: list[Array], labels: Sequence[bool], draw: np.random.Generator
    ) -> tuple[list[Array], Array]:
        wide(arrays[0], LEAST)
        spacing = np.linalg.norm(field.affine[:3, :3], axis=0)
        points = drawn(draw, spacing * field.shape)
        inside = (slice(locked, -locked),) * 3
        still = np.zeros_like(points)
        still[inside] = points[inside]
        spline = _spline(arrays[0][0], field.affine, still)
        for array, label in zip(arrays, labels, strict=True):
            for channel in array:
                bend(channel, spline, label=label)
        return arrays, field.affine

    return move


def _spline(channel: Array, affine: Array, points: Array) -> Spline:
    image = image_of(channel, affine)  # a copy, gone when this ends
    transform = torchio.ElasticDeformation(points, UNTOLD).get_bspline_transform(image)
    return spline_of(image, transform)


def flip(*, pairs: Sequence[Sequence[int]] = ()) -> Perturb:
    """Exchange left and right, of the image and of its masks.

    It turns over the axis of voxels that runs most nearly from left to right, as the affine says.
    `pairs` lists labels of the left and the right side of one structure, as in `[[17, 53]]`: they
    are exchanged, since what was the left hippocampus now lies on the right. A target that is no
    mask stays: state what is asked of the answer by the relation.
    """
    exchanged = {int(a): int(b) for one, other in pairs for a, b in ((one, other), (other, one))}

    def move(
        field: Field, arrays: list[Array], labels: Sequence[bool], _: np.random.Generator
    ) -> tuple[list[Array], Array]:
        directions_ = field.affine[:3, :3] / np.linalg.norm(field.affine[:3, :3], axis=0)
        axis = int(np.abs(directions_[0]).argmax())
        turned = []
        for array, label in zip(arrays, labels, strict=True):
            new = np.flip(array, axis + 1).copy()
            turned.append(_exchanged(new, exchanged) if label and exchanged else new)
        return turned, field.affine

    return on_cases(move, kept=None)


def _exchanged(labels: Array, exchanged: dict[int, int]) -> Array:
    new = labels.copy()
    for old, name in exchanged.items():
        new[labels == old] = name
    return new
