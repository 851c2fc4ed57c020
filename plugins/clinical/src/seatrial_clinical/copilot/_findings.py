"""What one image shows, part by part: brain, sequence, tissue, halves, quality.

Left and right are the picture's; whose left that is, the header says.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from attrs import frozen
from scipy.ndimage import distance_transform_edt

from seatrial import Volume
from seatrial.kit import answer_of

from ..mri._models import brain_mask
from ._gate import (
    Quality,
    problem_of_array,
    problem_of_brain,
    problem_of_picture,
    quality_of,
)
from ._sheets import SPACING, Array, volume_of

__all__ = ["Findings", "Segment", "findings_in"]

Segment = Callable[[Sequence[Volume]], Sequence[Any]]
"""Grey (1) and white matter (2) of volumes."""

STEPS = 20
RICH = 1.6
"""Fluid over white matter on T2; less than that is not T2."""
REACH = 6
"""Half voxels to either side of the middle where the plane between the halves may lie."""


CLEAR = Quality(0.0, 0.0)


@frozen(kw_only=True)
class Findings:
    """What one image shows, or why nothing can be said of it.

    `smaller` is the half of the picture with less tissue, "left" or "right"; `half_percent` by how
    much. It and `white_percent` are known of T1 only, as the tissue model is.
    """

    problem: str | None = None
    quality: Quality = CLEAR
    sequence: str = ""
    brain_ml: float = 0.0
    white_percent: float | None = None
    smaller: str | None = None
    half_percent: float = 0.0


def findings_in(picture: Array, segment: Segment) -> Findings:
    """Look at one picture: what is no readable brain on MRI is said to be none, and no more."""
    if problem := problem_of_array(picture) or problem_of_picture(picture):
        return Findings(problem=problem)
    volume = volume_of(picture[..., :1])
    mask = np.asarray(brain_mask()([volume])[0].value.array[0]) > 0
    values = volume.array[0]
    if problem := problem_of_brain(mask):
        return Findings(problem=problem)
    quality = quality_of(values, mask)
    sequence = _sequence(values, mask)
    brain_ml = float(mask.sum() * np.prod(SPACING) / 1000)
    if sequence != "T1-weighted":
        return Findings(quality=quality, sequence=sequence, brain_ml=brain_ml)
    tissue = np.asarray(answer_of(segment([volume])[0]).value.array[0])
    left, right = _halves(tissue > 0, mask)
    counts = [np.count_nonzero(tissue == label) for label in (1, 2)]
    return Findings(
        quality=quality,
        sequence=sequence,
        brain_ml=brain_ml,
        white_percent=100 * counts[1] / max(sum(counts), 1),
        smaller="left" if left < right else "right",
        half_percent=100 * abs(left - right) / max(left, right, 1),
    )


def _sequence(values: Array, mask: Array) -> str:
    """Tell T1, T2 and FLAIR apart by which of three classes of intensity lies deepest.

    White matter is the deepest. On T1 it is the brightest class, on FLAIR the one in the middle,
    and on T2 the darkest, with fluid much brighter.
    """
    inside = values[mask]
    means = _three_means(inside)
    classes = np.abs(inside[:, None] - means).argmin(axis=1)
    depth = distance_transform_edt(mask, SPACING)[mask]
    deep = [np.median(depth[classes == one]) if (classes == one).any() else 0 for one in range(3)]
    white = int(np.argmax(deep))
    if white == 2:  # noqa: PLR2004 - the brightest of three
        return "T1-weighted"
    if white == 1:
        return "FLAIR"
    return "T2-weighted" if means[2] > RICH * means[0] else "FLAIR"


def _three_means(values: Array) -> Array:
    """Find three classes of intensity, in order of brightness (Lloyd's algorithm)."""
    means = np.quantile(values, [0.05, 0.5, 0.95])
    for _ in range(STEPS):
        nearest = np.abs(values[:, None] - means).argmin(axis=1)
        some = [values[nearest == at] for at in range(3)]
        means = np.array([one.mean() if one.size else means[at] for at, one in enumerate(some)])
    return np.sort(means)


def _halves(tissue: Array, mask: Array) -> tuple[int, int]:
    """Count tissue on either side of the plane that mirrors the brain best."""
    profile = mask.sum(axis=(1, 2)).astype(float)
    middle = round(2 * float((profile * np.arange(len(profile))).sum() / profile.sum()))
    plane = max(range(middle - REACH, middle + REACH + 1), key=lambda twice: _mirrored(mask, twice))
    columns = 2 * np.arange(len(profile))
    counts = tissue.sum(axis=(1, 2))
    return int(counts[columns < plane].sum()), int(counts[columns > plane].sum())


def _mirrored(mask: Array, twice: int) -> int:
    """Count the voxels whose mirror image, about half of `twice`, is in the mask as well."""
    at = np.arange(mask.shape[0])
    other = twice - at
    known = (other >= 0) & (other < len(at))
    return int((mask[at[known]] & mask[other[known]]).sum())
