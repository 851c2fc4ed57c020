"""Pictures that show no brain on MRI: other modalities, real and simulated, and nothing at all."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import numpy as np
from attrs import frozen
from scipy.ndimage import binary_dilation, gaussian_filter

from seatrial import derive

from ._scans import ROOT, patient
from ._sheets import ACROSS, TILE, Array, sheet_of

__all__ = ["Picture", "abdomen", "nothing", "other_modalities"]

EACH = 8
"""Simulated pictures of each kind."""
SHAPE = (6 * TILE[0], ACROSS * TILE[1])
FILES = {
    "CT_small.dcm": ("CT", "GE MEDICAL SYSTEMS RHAPSODE"),
    "examples_rgb_color.dcm": ("US", "G.E. Medical Systems LOGIQ 700"),
}
"""Pictures of pydicom's own package that are not MR, without compression."""


@frozen(eq=False)
class Picture:
    """A picture, its kind, and what its header says of modality and scanner."""

    name: str
    kind: str
    pixels: Array
    modality: str | None
    scanner: str


def other_modalities() -> Iterator[Picture]:
    """Give CT, ultrasound and X-rays; every second header does not say what it is."""
    for file, (modality, scanner) in FILES.items():
        yield Picture(file, modality, _eight_bits(_pixels(file)), modality, scanner)
    makers = {"CT": _ct, "XR": _xray, "US": _ultrasound}
    for modality, make in makers.items():
        for at in range(EACH):
            told = modality if at % 2 else None
            yield Picture(f"{modality}-{at}", modality, make(at), told, "unnamed scanner")


def nothing() -> Iterator[Picture]:
    """Give noise, clouds, stripes and a bottle of water, each under a header of MR."""
    makers = {"noise": _noise, "clouds": _clouds, "stripes": _stripes, "bottle": _bottle}
    for kind, make in makers.items():
        for at in range(EACH):
            draw = np.random.default_rng(derive(ROOT, kind, at))
            yield Picture(f"{kind}-{at}", kind, make(draw), "MR", "unnamed scanner")


def abdomen() -> Picture:
    """Give one slice of an abdomen on MRI, of pydicom's own package: a real scan by Siemens."""
    pixels = _eight_bits(_pixels("examples_overlay.dcm"))
    return Picture("examples_overlay.dcm", "abdomen", pixels, "MR", "SIEMENS Avanto")


def _pixels(file: str) -> Array:
    import pydicom

    held: Any = files("pydicom") / "data" / "test_files" / file
    found = np.asarray(pydicom.dcmread(held).pixel_array)
    return found if found.ndim == 3 else found[..., None]  # noqa: PLR2004


def _eight_bits(values: Array) -> Array:
    low, high = float(values.min()), float(np.percentile(values, 99.5))
    return np.asarray(np.clip((values - low) / (high - low) * 255, 0, 255), dtype=np.uint8)


def _ct(at: int) -> Array:
    """A head of one patient as on CT: bone bright, soft tissue nearly one grey."""
    fluid, grey, white = patient(at).tissues
    inside = fluid + grey + white > 0.5  # noqa: PLR2004
    skull = binary_dilation(inside, iterations=4) & ~binary_dilation(inside, iterations=1)
    values = 70 * inside + 8 * grey + 4 * white - 10 * fluid + 250 * skull
    draw = np.random.default_rng(derive(ROOT, "ct", at))
    return sheet_of(values + draw.normal(0, 4, values.shape))


def _xray(at: int) -> Array:
    """A projection of the same head from front to back."""
    inside = patient(at).tissues.sum(axis=0) > 0.5  # noqa: PLR2004
    skull = binary_dilation(inside, iterations=4) & ~inside
    seen = (inside + 3.0 * skull).sum(axis=1).T[::-1]
    seen = np.kron(seen, np.ones((8, 6)))
    return np.asarray(255 * seen / seen.max(), dtype=np.uint8)[..., None]


def _ultrasound(at: int) -> Array:
    """A fan of speckle."""
    draw = np.random.default_rng(derive(ROOT, "ultrasound", at))
    y, x = np.mgrid[0:480, -320:320]
    fan = (np.abs(np.arctan2(x, y + 40)) < 0.6) & (np.hypot(x, y + 40) < draw.uniform(400, 500))  # noqa: PLR2004
    speckle = gaussian_filter(draw.rayleigh(1, x.shape), 1.5) * np.exp(-y / 400)
    found = np.clip(speckle * fan / speckle.max(), 0, 1) * 255
    return np.asarray(found, dtype=np.uint8)[..., None]


def _noise(draw: np.random.Generator) -> Array:
    return draw.integers(0, 256, (*SHAPE, 1), dtype=np.uint8)


def _clouds(draw: np.random.Generator) -> Array:
    values = gaussian_filter(draw.normal(size=SHAPE), draw.uniform(6, 12))
    return _eight_bits(np.clip(values, 0, None)[..., None])


def _stripes(draw: np.random.Generator) -> Array:
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]]
    angle, width = draw.uniform(0, np.pi), draw.uniform(20, 60)
    waves = np.sin((np.cos(angle) * x + np.sin(angle) * y) * 2 * np.pi / width)
    return np.asarray(255 * np.clip(waves, 0, 1), dtype=np.uint8)[..., None]


def _bottle(draw: np.random.Generator) -> Array:
    """A bottle as it is scanned to check a scanner: a cylinder of one intensity, with a bubble."""
    grid = np.indices((TILE[1], TILE[0], 40)).astype(float)
    across = np.hypot(grid[0] - TILE[1] / 2, grid[1] - TILE[0] / 2)
    values = 200.0 * (across < draw.uniform(28, 42))
    bubble = np.hypot(grid[0] - TILE[1] / 2, grid[1] - TILE[0] * 0.7) < draw.uniform(3, 8)
    values[bubble] = 0
    return sheet_of(values + draw.normal(0, 4, values.shape))
