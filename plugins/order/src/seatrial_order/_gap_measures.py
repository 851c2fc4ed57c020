"""What else says how two modalities lie: relative gap, separability, and the curve of a shift."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal, get_args

import numpy as np
from attrs import frozen

from seatrial.errors import MetricError, ParameterError
from seatrial.statistics import held_out

from ._gap import modality_gap
from ._rows import Floats, embeddings, same_width, unit

__all__ = ["ShiftPoint", "relative_gap", "separability", "shift_curve"]

Variant = Literal["paired-cosine", "centroid-spread"]
VARIANTS = get_args(Variant)
MODALITIES = (1.0, -1.0)  # images, texts
RIDGE = 1e-3


@frozen
class ShiftPoint:
    """One point of a shift curve: how far the gap was closed, what was left of it, the score."""

    shift: float
    gap: float
    score: float


def relative_gap(images: Any, texts: Any, *, variant: Variant = "paired-cosine") -> float:
    """Measure the gap against the spread within each modality; two measures go by this name.

    "paired-cosine": with the dissimilarity `(1 - cosine) / 2`, the mean over pairs divided by that
    mean plus the mean over pairs of different rows within a modality (Schrodi et al., Two Effects,
    One Trigger, arXiv 2404.07983). Row *i* of both must belong together; .5 where a caption is as
    far from its picture as pictures are from each other. "centroid-spread": the gap over the root
    mean square distance of all rows from the mean of their modality.
    """
    if variant not in VARIANTS:
        msg = f"the relative gap has the variants {' and '.join(VARIANTS)}, not {variant!r}"
        raise ParameterError(msg)
    x, y = _units(images, texts)
    if variant == "paired-cosine":
        if len(x) != len(y):
            msg = f"paired-cosine needs pairs, got {len(x)} images and {len(y)} texts"
            raise MetricError(msg)
        across = (1 - float(np.einsum("ij,ij->", x, y)) / len(x)) / 2
        within = (_within(x) + _within(y)) / 2
        return float(across / (across + within)) if across + within > 0 else 0.0
    centres = x.mean(axis=0), y.mean(axis=0)
    spread = float(np.mean([*_away(x, centres[0]), *_away(y, centres[1])]))
    if not spread > 0:
        msg = "all rows of a modality are equal: there is no spread to compare the gap with"
        raise MetricError(msg)
    return float(np.linalg.norm(centres[0] - centres[1]) / spread**0.5)


def separability(
    images: Any, texts: Any, *, clusters: Any = None, fraction: float = 0.3, seed: int = 0
) -> float:
    """Give the balanced test accuracy of a linear classifier that tells images from texts.

    Ridge regression on unit rows, fitted on the training part and measured on the test part, which
    is `fraction` of the rows; whole `clusters` (one label for each image, then for each text) go
    to one side. 1 means that a plane separates the modalities, .5 that no plane helps. Raises
    `MetricError` where one of the parts has images or texts alone.
    """
    x, y = _units(images, texts)
    rows = np.concatenate([x, y])
    sides = np.repeat(MODALITIES, [len(x), len(y)])
    test = held_out(sides, clusters, fraction=fraction, seed=seed)
    if any(len(set(sides[part])) < len(MODALITIES) for part in (test, ~test)):
        msg = "the test part, or the training part, has rows of one modality alone: give more rows"
        raise MetricError(msg)
    means = [rows[~test & (sides == side)].mean(axis=0) for side in MODALITIES]
    origin = (means[0] + means[1]) / 2
    train, kind = rows[~test] - origin, sides[~test]
    weights = np.where(kind > 0, 1 / max((kind > 0).sum(), 1), 1 / max((kind < 0).sum(), 1))
    weighted = train * weights[:, None]
    matrix = weighted.T @ train + RIDGE * np.eye(rows.shape[1])
    plane = np.linalg.solve(matrix, weighted.T @ kind)
    said = np.sign((rows[test] - origin) @ plane)
    right = [float((said[sides[test] == side] == side).mean()) for side in MODALITIES]
    return float(np.mean(right))


def shift_curve(
    images: Any,
    texts: Any,
    score: Callable[[Floats, Floats], float],
    *,
    shifts: Sequence[float] = (-0.5, 0.0, 0.5, 1.0),
) -> tuple[ShiftPoint, ...]:
    """Close the gap step by step, hold everything else, and measure a task each time.

    Images move by `-shift / 2` and texts by `shift / 2` of the gap vector and are brought to unit
    length again (Liang et al., section 4): 0 leaves them alone, 1 closes the gap, negative widens
    it. `score(images, texts)` gets both and gives the figure of the task. A task that hangs on the
    size of the gap changes along the curve; a flat curve says that the gap explains nothing.
    """
    x, y = _units(images, texts)
    vector = x.mean(axis=0) - y.mean(axis=0)
    found = []
    for shift in shifts:
        moved = unit(x - shift / 2 * vector), unit(y + shift / 2 * vector)
        gap = modality_gap(*moved).gap
        found.append(ShiftPoint(float(shift), gap, float(score(*moved))))
    return tuple(found)


def _units(images: Any, texts: Any) -> tuple[Floats, Floats]:
    x, y = embeddings(images, "images"), embeddings(texts, "texts")
    same_width(x, y)
    return unit(x, "images"), unit(y, "texts")


def _within(rows: Floats) -> float:
    """Give the mean dissimilarity of two different rows."""
    n, total = len(rows), rows.sum(axis=0)
    return (1 - (float(total @ total) - n) / (n * (n - 1))) / 2


def _away(rows: Floats, centre: Floats) -> list[float]:
    found: list[float] = np.square(rows - centre).sum(axis=1).tolist()
    return found
