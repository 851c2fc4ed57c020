"""Masks in files lie on the grid of their image."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .._carriers import Asset, Volume
from .._cases import Case

__all__ = ["off_grid"]

CLOSE = 1e-3
"""Affines of one grid may differ by this, in mm: files keep them in single precision."""
AXES = 3


def off_grid(case: Case, opened: Case) -> str | None:
    """Say which mask of a case lies on another grid than every image of it; None where none does.

    The case is given as it is and with its assets opened. Only masks in files are looked at, and
    only where the input has a volume.
    """
    images = [pair for pair in _pairs(case.input, opened.input) if isinstance(pair[1], Volume)]
    if not images:
        return None
    for given, mask in _pairs(case.target, opened.target):
        if isinstance(given, Asset) and given.modality == "mask":
            apart = [_apart(mask, image, _named(name)) for name, image in images]
            if all(apart):
                return f"{given.path}: {apart[0]}"
    return None


def _pairs(value: Any, opened: Any) -> Iterator[tuple[Any, Any]]:
    """Give every part of a value with what it was opened as."""
    if isinstance(value, Mapping):
        for key, part in value.items():
            yield from _pairs(part, opened[key])
    elif isinstance(value, list | tuple):
        for part, other in zip(value, opened, strict=True):
            yield from _pairs(part, other)
    else:
        yield value, opened


def _named(value: Any) -> str:
    return f"its image {value.path.name}" if isinstance(value, Asset) else "its image"


def _apart(mask: Any, image: Volume, name: str) -> str:
    import numpy as np

    place = mask.affine if isinstance(mask, Volume) else image.affine  # an array has none
    shape = mask.array.shape[1:] if isinstance(mask, Volume) else mask.shape
    sides = ["×".join(map(str, one)) for one in (shape, image.array.shape[1:])]
    if sides[0] != sides[1]:
        return f"dim: the mask has {sides[0]} voxels, and {name} has {sides[1]}"
    if np.allclose(place, image.affine, rtol=0, atol=CLOSE):
        return ""
    corners = np.array(np.meshgrid(*[(0, side - 1) for side in shape])).reshape(AXES, -1)
    whole = np.vstack([corners, np.ones(corners.shape[1])])
    far = float(np.abs((place - image.affine) @ whole).max())
    return f"affine: the mask lies up to {far:.3g} mm off {name}"
