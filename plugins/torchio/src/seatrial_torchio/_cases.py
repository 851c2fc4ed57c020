"""Move the volumes of a case, and the masks that are its target, in the same way.

Volumes of the input are images, but for truth values. In the target, integers and truth values are
labels: volumes, and arrays X×Y×Z on the grid of the image; volumes of other numbers are images too.
Anything else stays what it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import attrs
import numpy as np
from attrs import frozen

from seatrial import Case, Volume
from seatrial.errors import NotApplicable, ParameterError, PlanError
from seatrial.protocols import Perturb

from ._volumes import Array, intensities, like

__all__ = ["AXES", "LABELS", "Field", "Move", "on_cases", "parts_of", "same_place"]

AXES = 3
LABELS = "biu"
CLOSE = 1e-3
"""Affines of one grid may differ by this, in mm: files keep them in single precision."""
COUNTED = 1 << 16
LARGEST = 1 << 24
"""torchio moves labels as float32, which holds whole numbers up to here."""


@frozen
class Field:
    """The grid that a move starts from: its shape and its affine."""

    shape: tuple[int, int, int]
    affine: Array


Move = Callable[
    [Field, list[Array], Sequence[bool], np.random.Generator], tuple[list[Array], Array]
]
"""Takes the field, arrays C×X×Y×Z that may be written to (float32, or labels in their own type),
which of them are labels, and a generator; gives the moved arrays and their affine."""


def on_cases(move: Move, *, kept: float | None) -> Perturb:
    """Make a perturbation of whole cases; it moves labels along with the images.

    A case whose target lost more than the fraction 1 - `kept` of a label's voxels is left out
    (`NotApplicable`): what is no longer there cannot be found. None is for moves that lose nothing.
    Raises `PlanError` for a mask that is not on the grid of its image.
    """
    if kept is not None and not 0 <= kept <= 1:
        msg = f"kept is a fraction from 0 to 1, got {kept}"
        raise ParameterError(msg)

    def perturb(case: Case, /, *, seed: int) -> Case:
        images = list(_volumes(case.input))
        if not images:
            msg = f"case {case.id!r} has no volume in its input"
            raise PlanError(msg)
        field = _grid(images)
        masks = list(_masks(case.target, field))
        held = [*images, *masks]
        kinds = ["b"] * len(images) + [LABELS] * len(masks)
        labels = [one.array.dtype.kind in kind for one, kind in zip(held, kinds, strict=True)]
        arrays = [
            one.array.copy() if label else intensities(one)
            for one, label in zip(held, labels, strict=True)
        ]
        moved, affine = move(field, arrays, labels, np.random.default_rng(seed))
        if kept is not None:
            for mask, after in zip(masks, moved[len(images) :], strict=True):
                if mask.array.dtype.kind in LABELS:
                    _check_target(mask.array, after, kept)
        pairs = zip(held, moved, strict=True)
        rest = iter([like(one, array, affine) for one, array in pairs])
        return attrs.evolve(
            case,
            input=_replaced(case.input, rest, None),
            target=_replaced(case.target, rest, field),
        )

    return perturb


def _volumes(value: Any) -> Iterator[Volume]:
    if isinstance(value, Volume):
        yield value
    for part in parts_of(value):
        yield from _volumes(part)


def _masks(value: Any, field: Field) -> Iterator[Volume]:
    """Find the masks of a target, each as a volume; raises `PlanError` for another grid."""
    if isinstance(value, Volume):
        if value.array.shape[1:] != field.shape or not same_place(value.affine, field.affine):
            msg = (
                f"the target {value!r} is not on the grid of its image "
                f"({'×'.join(map(str, field.shape))}): resample one to the other"
            )
            raise PlanError(msg)
        yield value
    elif _is_mask(value, field):
        yield Volume(value, field.affine)
    for part in parts_of(value):
        yield from _masks(part, field)


def _is_mask(value: Any, field: Field) -> bool:
    if not isinstance(value, np.ndarray) or value.ndim != AXES or value.dtype.kind not in LABELS:
        return False
    if value.shape != field.shape:
        sides = ["×".join(map(str, one)) for one in (value.shape, field.shape)]
        msg = f"the target is a mask of {sides[0]} voxels, and its image has {sides[1]}"
        raise PlanError(msg)
    return True


def parts_of(value: Any) -> Sequence[Any]:
    """Give the parts of an input or a target; none of a value that has no parts."""
    if isinstance(value, Mapping):
        return tuple(value.values())
    return value if isinstance(value, tuple | list) else ()


def _replaced(value: Any, new: Iterator[Volume], field: Field | None) -> Any:
    """Put new volumes in the places of the old ones, in the order in which these were found."""
    if isinstance(value, Volume):
        return next(new)
    if field is not None and _is_mask(value, field):
        return next(new).array[0]
    if isinstance(value, Mapping):
        return {key: _replaced(part, new, field) for key, part in value.items()}
    if isinstance(value, tuple | list):
        return tuple(_replaced(part, new, field) for part in value)
    return value


def _grid(images: Sequence[Volume]) -> Field:
    first = images[0]
    for other in images[1:]:
        if other.array.shape[1:] != first.array.shape[1:] or not same_place(
            other.affine, first.affine
        ):
            msg = f"{first!r} and {other!r} of one case have different grids: resample them"
            raise PlanError(msg)
    x, y, z = first.array.shape[1:]
    return Field((x, y, z), first.affine)


def same_place(one: Array, other: Array) -> bool:
    """Tell whether two affines place voxels alike."""
    return bool(np.allclose(one, other, rtol=0, atol=CLOSE))


def _check_target(before: Array, after: Array, kept: float) -> None:
    """Raise `NotApplicable` unless enough of each label is left."""
    was, now = _counts(before), _counts(after)
    for label, count in was.items():
        left = now.get(label, 0) / count
        if left < kept or not left:
            msg = f"target left the field: {left:.0%} of label {label} is still in it"
            raise NotApplicable(msg)


def _counts(labels: Array) -> dict[int, int]:
    """Count the voxels of each label but the background, 0."""
    flat = labels.reshape(-1)
    low, high = int(flat.min()), int(flat.max())
    if not -LARGEST <= low <= high <= LARGEST:
        msg = f"labels of a mask go up to {LARGEST}, got {low} to {high}"
        raise PlanError(msg)
    if high - low < COUNTED:
        counts = np.bincount(np.subtract(flat, low, dtype=np.int64))
        names = np.arange(low, high + 1)
    else:
        names, counts = np.unique(flat, return_counts=True)
    pairs = zip(names.tolist(), counts.tolist(), strict=True)
    return {int(label): count for label, count in pairs if label and count}
