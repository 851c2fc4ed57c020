"""Simulated patients: the template's tissues bent, a cavity on one side, any sequence, any visit.

What a scan shows is known because it was put there: which side lost tissue, by how much the brain
of a later visit is smaller, how much of it is white matter, and which sequence it is.
"""

from __future__ import annotations

from functools import cache, lru_cache

import numpy as np
from attrs import frozen
from scipy.ndimage import affine_transform
from seatrial_torchio import elastic

from seatrial import Case, Volume, derive

from ..mri._template import template
from ._sheets import SPACING, Array, sheet_of

__all__ = ["CONTRASTS", "PATIENTS", "Patient", "patient", "real_scan"]

ROOT = 53  # of all draws; a change draws all patients anew
PATIENTS = 24
BENT = 2
"""The severity of `torchio.elastic` that bends the anatomy."""
CAVITY = (20.0, 26.0)
"""Millimetres: the radius of what is missing on one side."""
CONTRASTS = {
    "T1-weighted": {"fluid": (0.15, 0.25), "grey": (0.5, 0.6), "white": (0.8, 0.95)},
    "T2-weighted": {"fluid": (0.9, 1.0), "grey": (0.55, 0.65), "white": (0.3, 0.4)},
    "FLAIR": {"fluid": (0.05, 0.15), "grey": (0.75, 0.9), "white": (0.5, 0.6)},
}
"""Intensities of each tissue, drawn from these ranges."""
NOISE = 0.02
BRIGHT = 220.0
"""The brightest tissue of a sheet."""
HALF = 0.5
SMALLER = (0.0, 0.08, 0.16)
"""By which part the brain of the second visit is smaller."""


@frozen(eq=False)
class Patient:
    """One simulated patient: fluid, grey and white matter, [3, X, Y, Z], and what is wrong.

    `side` is that of the cavity; x grows towards the right of the patient. `smaller` is by which
    part the brain is smaller at the second visit.
    """

    name: str
    seed: int
    tissues: Array
    side: str
    smaller: float

    @property
    def white_percent(self) -> float:
        """White matter in percent of grey and white, each voxel being what most of it is."""
        _, grey, white = self.tissues
        tissue = grey + white > HALF
        return float(100 * np.count_nonzero(tissue & (white > grey)) / np.count_nonzero(tissue))

    @property
    def brain_ml(self) -> float:
        """Millilitres of everything inside, the fluid too."""
        return float((self.tissues.sum(axis=0) > HALF).sum() * np.prod(SPACING) / 1000)

    def picture(self, contrast: str, *, visit: int = 1, mirrored: bool = False) -> Array:
        """Scan the patient: a sheet whose left is the left of the patient, or the right."""
        return _scanned(self, contrast, visit, mirrored)


@lru_cache(maxsize=8 * PATIENTS)
def _scanned(one: Patient, contrast: str, visit: int, mirrored: bool) -> Array:
    tissues = one.tissues if visit == 1 else _shrunk(one.tissues, 1 - one.smaller)
    draw = np.random.default_rng(derive(ROOT, "scan", one.name, contrast, visit))
    means = [draw.uniform(*ends) for ends in CONTRASTS[contrast].values()]
    clean = sum(mean * tissue for mean, tissue in zip(means, tissues, strict=True))
    noise = draw.normal(0, NOISE, clean.shape)
    inside = tissues.sum(axis=0) > 0.05  # noqa: PLR2004 - all that is not air
    values = np.where(inside, clean + noise, np.abs(noise) / 2) * BRIGHT
    sheet = sheet_of(values[::-1] if mirrored else values)
    sheet.flags.writeable = False
    return sheet


@lru_cache(maxsize=2 * PATIENTS)
def patient(at: int) -> Patient:
    """Simulate one patient; sides alternate, and so does what becomes of the brain."""
    name = f"patient-{at:02}"
    draw = np.random.default_rng(derive(ROOT, "patient", name))
    side = ("left", "right")[at % 2]
    whole = Case(name, Volume(_tissues(), np.diag([*SPACING, 1.0])))
    bent = elastic.at(BENT)(whole, seed=derive(ROOT, "bent", name)).input.array
    return Patient(
        name,
        at,
        _with_cavity(np.clip(bent, 0, 1), side, draw),
        side,
        SMALLER[at % len(SMALLER)],
    )


@cache
def _tissues() -> Array:
    """Give the template's fluid, grey and white matter, every second slice of it."""
    held = template()
    fluid = np.clip((held.t1 > 0) - held.grey - held.white, 0, 1)
    return np.stack([fluid, held.grey, held.white]).astype(np.float32)[..., ::2]


def _with_cavity(tissues: Array, side: str, draw: np.random.Generator) -> Array:
    """Fill a ball in one half of the brain with fluid."""
    places = np.argwhere(tissues.sum(axis=0) > HALF) * np.array(SPACING)
    low, high = places.min(axis=0), places.max(axis=0)
    across = 0.74 if side == "right" else 0.26
    centre = low + (high - low) * np.array([across, draw.uniform(0.3, 0.7), draw.uniform(0.5, 0.7)])
    grid = np.moveaxis(np.indices(tissues.shape[1:]), 0, -1) * np.array(SPACING)
    ball = np.linalg.norm(grid - centre, axis=-1) < draw.uniform(*CAVITY)
    whole = tissues.sum(axis=0)
    found = tissues * ~ball
    found[0] += whole * ball
    return np.asarray(found, dtype=np.float32)


def _shrunk(tissues: Array, volume: float) -> Array:
    """Scale about the centre, so that the volume is this part of what it was."""
    scale = volume ** (-1 / 3)
    centre = (np.array(tissues.shape[1:]) - 1) / 2
    offset = centre - scale * centre
    return np.stack(
        [affine_transform(one, np.full(3, scale), offset=offset, order=1) for one in tissues]
    )


@cache
def real_scan() -> Array:
    """Give the MNI152 template itself, an average of 152 people, as a sheet; it is symmetric."""
    return sheet_of(template().t1[..., ::2] * BRIGHT)
