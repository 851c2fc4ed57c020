"""Artefacts of a scanner on a sheet of slices: the volume is read from it, spoilt, and laid out."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import seatrial_torchio

from seatrial import Case, Perturbation
from seatrial.errors import NotApplicable, ParameterError
from seatrial.kit import did_you_mean

from ._sheets import TILE, Array, is_sheet, sheet_of, volume_of

__all__ = ["scan_artefact"]

NAME = "clinical.scan-artefact"
KNOWN = {one.name: one for one in seatrial_torchio.seatrial_perturbations()}


def scan_artefact(*, rung: int, artefact: str = "torchio.motion") -> Callable[..., Array]:
    """Spoil the volume of a sheet by an artefact of seatrial-torchio, at a rung of its ladder.

    A picture that is no sheet of slices does not apply, nor does an artefact that would change
    how many voxels there are.
    """
    if artefact not in KNOWN:
        msg = f"{NAME}: no artefact {artefact!r}{did_you_mean(artefact, KNOWN)}"
        raise ParameterError(msg)
    component: Perturbation = KNOWN[artefact]
    perturb = component.at(rung)

    def spoil(picture: Array, /, *, seed: int) -> Array:
        if picture.dtype != "uint8" or not is_sheet(picture):
            msg = f"{NAME}: the picture is no sheet of slices"
            raise NotApplicable(msg)
        clean = volume_of(picture)
        given = Case("sheet", clean) if component.sees_case else clean
        worse = perturb(given, seed=seed)
        worse = worse.input if component.sees_case else worse
        if worse.array.shape != clean.array.shape:
            msg = f"{NAME}: {artefact} changes how many voxels there are"
            raise NotApplicable(msg)
        sheet = sheet_of(worse.array[0], across=picture.shape[1] // TILE[1])
        empty = picture.shape[0] - sheet.shape[0]
        return np.pad(sheet, ((0, empty), (0, 0), (0, 0)))

    return spoil
