"""Run torchio's deterministic transforms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
import torchio

from seatrial import seeded

from ._volumes import Array

__all__ = ["transformed"]


def transformed(
    transform: Any, arrays: Sequence[Array], affine: Array, labels: Sequence[bool]
) -> list[Array]:
    """Apply a torchio transform to several C×X×Y×Z arrays of one grid.

    The arrays are torchio's to write to. Labels are moved by the nearest neighbour, and come back
    in their own type. Even transforms without randomness draw from torch's global generator, so
    this runs in `seeded`.
    """
    images = {}
    for index, (array, label) in enumerate(zip(arrays, labels, strict=True)):
        kind = torchio.LabelMap if label else torchio.ScalarImage
        held = array.astype(np.int32) if label else array
        images[f"image{index}"] = kind(tensor=torch.from_numpy(held), affine=affine)
    subject = torchio.Subject(images)
    with seeded(0):
        found = transform(subject)
    moved = []
    for (name, _), array, label in zip(images.items(), arrays, labels, strict=True):
        values = found[name].data.numpy()
        moved.append(np.rint(values).astype(array.dtype) if label else values)
    return moved
