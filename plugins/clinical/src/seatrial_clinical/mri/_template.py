"""The MNI152 template inside nilearn, at 2 mm: T1 without the skull, grey and white matter."""

from __future__ import annotations

from functools import cache
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path
from typing import Any

import numpy as np
from attrs import frozen

from seatrial import Volume
from seatrial.errors import PlanError

__all__ = ["SHAPE", "Array", "Template", "halved", "template"]

Array = np.ndarray[Any, Any]
SHAPE = (96, 112)
"""Sides of an axial slice, of which both can be halved twice."""
FULL = 255.0
MARGIN = (1, 2)


@frozen(eq=False)
class Template:
    """T1, and the probabilities of grey and of white matter: float32 X×Y×Z at 2 mm."""

    t1: Array
    grey: Array
    white: Array
    affine: Array

    @property
    def labels(self) -> Array:
        """Background (0), grey (1) and white matter (2): whichever is more, from a half on."""
        tissue = np.where(self.white > self.grey, 2, 1)
        return np.where(self.grey + self.white < 0.5, 0, tissue).astype(np.uint8)  # noqa: PLR2004

    @property
    def volume(self) -> Volume:
        """The T1 as a volume."""
        return Volume(self.t1, self.affine)


@cache
def template() -> Template:
    """Read the template; only files of nilearn are read, and none of its code is imported."""
    import nibabel

    found = {}
    for name in ("t1", "gm", "wm"):
        image: Any = nibabel.load(_file(f"mni_icbm152_{name}_tal_nlin_sym_09a"))
        found[name] = _cut(halved(np.asarray(image.dataobj)))
    affine = image.affine @ np.diag([2.0, 2.0, 2.0, 1.0])
    affine[:3, 3] += image.affine[:3, :3] @ np.full(3, 0.5)  # the centre of eight voxels
    affine[:3, 3] += affine[:3, :3] @ np.array([*MARGIN, 0.0])
    return Template(found["t1"], found["gm"] / FULL, found["wm"] / FULL, affine)


def _file(stem: str) -> Path:
    try:
        held = files("nilearn") or []
    except PackageNotFoundError:
        held = []
    for one in held:
        if one.name.startswith(stem):
            return Path(str(one.locate()))
    msg = f"no file {stem}* of nilearn is installed: pip install --no-deps nilearn"
    raise PlanError(msg)


def halved(values: Array) -> Array:
    """Average each 2×2×2 voxels; an odd side loses its last."""
    x, y, z = (side // 2 for side in values.shape)
    even = values[: 2 * x, : 2 * y, : 2 * z].astype(np.float32)
    return np.asarray(even.reshape(x, 2, y, 2, z, 2).mean(axis=(1, 3, 5), dtype=np.float32))


def _cut(values: Array) -> Array:
    x, y = MARGIN
    return np.ascontiguousarray(values[x : x + SHAPE[0], y : y + SHAPE[1]])
