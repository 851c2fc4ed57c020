"""Whether an image is a brain on MRI that can be read, before anything is said of it.

deepbet marks a fifth of pure noise as brain, so whether there is a brain is decided here. The
thresholds were chosen on simulated patients other than those of the cases.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from attrs import frozen
from scipy.ndimage import affine_transform, gaussian_filter

from ..mri._template import template
from ._sheets import ACROSS, SPACING, TILE, Array, is_sheet

__all__ = ["Quality", "problem_of_array", "problem_of_brain", "problem_of_picture", "quality_of"]

RANGE = 16
"""Grey levels between the darkest and the brightest, below which a picture is blank."""
SMOOTH = 0.6
"""The correlation of neighbouring pixels, below which a picture is noise."""
DARK, AIR = 0.15, 0.35
"""What is dark, as a part of the bright end, and how much of a scan must be: the air around."""
LITRES = (0.7, 2.6)
"""Of everything inside the brain's mask."""
ALIKE = 0.8
"""Dice of the mask with that of the template, moved and scaled to it."""
NOISY, GHOSTED = 0.055, 0.07
"""The quality flag: noise, and signal outside of the head, as parts of the bright end."""


def problem_of_array(picture: Array) -> str | None:
    """Say why an array is no picture of 8 bits, H×W×C; None where it is one."""
    if picture.dtype != np.uint8:
        return f"its pixels are {picture.dtype}, and not uint8"
    if picture.ndim != 3 or not picture.size:  # noqa: PLR2004 - rows, columns, channels
        return f"it is no picture, but has the shape {picture.shape}"
    return None


def problem_of_picture(picture: Array) -> str | None:
    """Say why a picture is no readable series of slices, None where it is one."""
    if picture.shape[2] != 1 and (picture != picture[..., :1]).any():
        return "it is in colour"
    if not is_sheet(picture[..., :1]):
        height, width = TILE
        return f"it is no sheet of slices of {height}×{width} pixels, {ACROSS} in a row"
    values = picture[..., 0].astype(np.float32)
    if np.ptp(values) < RANGE:
        return "it is blank"
    if _correlation(values) < SMOOTH:
        return "it is noise"
    if (values < DARK * np.percentile(values, 99)).mean() < AIR:
        return "there is no air around a head"
    return None


def _correlation(values: Array) -> float:
    """Correlate each pixel with its neighbour below."""
    one, other = values[:-1].ravel(), values[1:].ravel()
    return float(np.corrcoef(one, other)[0, 1])


def problem_of_brain(mask: Array) -> str | None:
    """Say why what deepbet marked is no brain: its size or its shape."""
    litres = mask.sum() * np.prod(SPACING) / 1e6
    if not LITRES[0] < litres < LITRES[1]:
        return f"what looks like a brain has {litres:.1f} litres"
    if _likeness(mask) < ALIKE:
        return "what looks like a brain does not have its shape"
    return None


def _likeness(mask: Array) -> float:
    """Dice of a mask with the template's, moved to its centre and scaled along each axis."""
    whole = _template_mask()
    (here, wide), (there, high) = (_place(one) for one in (mask, whole))
    scale = high / wide
    moved = affine_transform(
        whole.astype(np.float32),
        scale,
        offset=there - scale * here,
        output_shape=mask.shape,
        order=1,
    )
    other = moved > 0.5  # noqa: PLR2004
    return float(2 * (mask & other).sum() / (mask.sum() + other.sum()))


def _place(mask: Array) -> tuple[Array, Array]:
    places = np.argwhere(mask)
    return places.mean(axis=0), places.std(axis=0)


@cache
def _template_mask() -> Array:
    return np.asarray(template().t1[..., ::2] > 0)


@frozen
class Quality:
    """Noise and signal outside of the head, as parts of the bright end; good or not."""

    noise: float
    outside: float

    @property
    def good(self) -> bool:
        """Whether what is found can be relied on."""
        return self.noise < NOISY and self.outside < GHOSTED


def quality_of(values: Array, mask: Array) -> Quality:
    """Measure the quality of a scan: noise in the brain, and what shines where air should be."""
    bright = float(np.percentile(values[mask], 99)) or 1.0
    rough = values - gaussian_filter(values, (1, 1, 0))
    core = rough[mask]
    noise = 1.48 * float(np.median(np.abs(core - np.median(core)))) / bright
    air = values[gaussian_filter(mask.astype(np.float32), 3) < 0.02]  # noqa: PLR2004
    return Quality(noise, float(air.mean()) / bright if air.size else 0.0)
