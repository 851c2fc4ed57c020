"""An explainer of regions of pictures: what is there, and how much of the answer comes from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from math import isqrt
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from attrs import field, frozen
from attrs.validators import and_, ge, in_, instance_of, le

from seatrial import Explanation, Outcome, Prediction
from seatrial.errors import ModelError

from ._odds import Feature, explain_by_features
from ._picture_findings import telling
from ._pictures import FULL, Picture, grey, pictures_in

__all__ = ["METHODS", "Regions", "in_percent", "occlusion", "region_names", "regions"]

METHODS: Final = ("occlusion", "grad-cam")
MOST: Final = 8
BATCH: Final = 64
THIRDS: Final = 3
ROWS: Final = ("top", "middle", "bottom")
COLUMNS: Final = ("left", "centre", "right")

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]


@frozen
class Regions:
    """Predicts failure from the regions of a picture, and names those that matter.

    The picture is laid out in `grid` × `grid` regions. Of each, the explainer reads the contrast
    (is there anything to see?) and the weight: how much of the answer comes from it, in percent of
    all. "occlusion" works for any model: the region is covered with the picture's mean colour, and
    its weight is how much the probability of the answer falls (without probabilities: whether the
    answer changes). The model is asked grid² + 1 times a picture, in training and to predict.
    "grad-cam" needs a model with `module` and a convolution in it: the weight is the heat in the
    region. Then logistic regression, as in `probes.appearance`. Sources: Zeiler and Fergus (ECCV
    2014), section 4.2; Selvaraju et al., Grad-CAM (ICCV 2017), equations 1 and 2.
    """

    method: str = field(default="occlusion", validator=in_(METHODS))
    grid: int = field(default=THIRDS, validator=and_(instance_of(int), ge(2), le(MOST)))

    def __call__(self, model: Any, outcomes: Sequence[Outcome], /, *, seed: int) -> Explanation:
        """Learn from the outcomes, and ask the model where it looks."""
        if self.method == "occlusion":
            where = partial(occlusion, model, grid=self.grid)
        else:
            from ._grad_cam import grad_cam

            where = partial(grad_cam, model, grid=self.grid)
        describe = partial(_features, where, region_names(self.grid))
        return explain_by_features(
            f"regions ({self.method})", describe, outcomes, seed=seed, findings=telling
        )


def region_names(grid: int) -> list[str]:
    """Name the regions, row by row."""
    if grid == THIRDS:
        names = [f"{row} {column}" for row in ROWS for column in COLUMNS]
        return ["the centre" if one == "middle centre" else f"the {one}" for one in names]
    every = range(1, grid + 1)
    return [f"row {row}, column {column} of {grid}" for row in every for column in every]


def _features(where: Any, names: Sequence[str], inputs: Sequence[Any]) -> list[Mapping[str, Any]]:
    contrasts = [_contrasts(grey(one.array), len(names)) for one in pictures_in(inputs)]
    return [
        {
            said: Feature(f"percent of {what}", "amount", float(one), said)
            for values, what, of in (
                (seen, "full range in contrast", "the contrast"),
                (weights, "the answer's weight", "the weight"),
            )
            for name, one in zip(names, values, strict=True)
            for said in (f"{of} of {name}",)
        }
        for seen, weights in zip(contrasts, in_percent(where(inputs)), strict=True)
    ]


def _contrasts(light: Floats, count: int) -> list[float]:
    grid = isqrt(count)
    return [100 * float(light[rows, columns].std()) / FULL for rows, columns in _cells(light, grid)]


def _cells(array: Array, grid: int) -> list[tuple[slice, slice]]:
    """Give the regions of a picture, row by row; those of a tiny picture hold a pixel at least."""
    ends = [
        [
            slice(size * at // grid, max(size * (at + 1) // grid, size * at // grid + 1))
            for at in range(grid)
        ]
        for size in array.shape[:2]
    ]
    return [(rows, columns) for rows in ends[0] for columns in ends[1]]


def in_percent(weights: Floats) -> Floats:
    """Give what is positive in percent of its sum; equal weights where nothing is."""
    positive = np.maximum(weights, 0.0)
    total = positive.sum(axis=1, keepdims=True)
    even = np.full_like(positive, 100 / positive.shape[1])
    return np.where(total > 0, 100 * positive / np.where(total > 0, total, 1.0), even)


def occlusion(model: Any, inputs: Sequence[Any], /, *, grid: int) -> Floats:
    """Measure by how much each answer's probability falls as a region is covered, [inputs, grid²].

    Negative where covering raises it.
    """
    if not callable(model):
        msg = "regions are found by asking the model again: pass model="
        raise ModelError(msg)
    found = np.empty((len(inputs), grid * grid))
    pictures = pictures_in(inputs)
    at_once = max(BATCH // (grid * grid + 1), 1)
    for start in range(0, len(pictures), at_once):
        some = pictures[start : start + at_once]
        asked = [one.replaced(array) for one in some for array in _variants(one, grid)]
        answers = _asked(model, asked)
        for row, given in enumerate(np.array_split(np.arange(len(answers)), len(some))):
            clean, *covered = [answers[at] for at in given]
            found[start + row] = [_fall(clean, one) for one in covered]
    return found


def _variants(picture: Picture, grid: int) -> list[Array]:
    """Give the picture, and then the picture with each region covered."""
    array = picture.array
    colour = array.mean(axis=(0, 1)).astype(array.dtype)
    variants = [array]
    for rows, columns in _cells(array, grid):
        covered = array.copy()
        covered[rows, columns] = colour
        variants.append(covered)
    return variants


def _asked(model: Any, inputs: Sequence[Any]) -> list[Prediction]:
    answers = list(model(inputs))
    if len(answers) != len(inputs):
        msg = f"the model gave {len(answers)} answers to {len(inputs)} pictures"
        raise ModelError(msg)
    return [one if isinstance(one, Prediction) else Prediction(one) for one in answers]


def _fall(clean: Prediction, covered: Prediction) -> float:
    name = str(clean.value)
    if clean.probabilities and covered.probabilities and name in clean.probabilities:
        return float(clean.probabilities[name] - covered.probabilities.get(name, 0.0))
    return float(covered.value != clean.value)


regions = Regions
