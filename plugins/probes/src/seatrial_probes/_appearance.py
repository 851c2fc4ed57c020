"""An explainer of how pictures look: how light, sharp, colourful and large they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import log2, pi, sqrt
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from attrs import frozen

from seatrial import Explanation, Outcome
from seatrial.kit import eight_bits

from ._odds import Feature, explain_by_features
from ._picture_findings import telling
from ._pictures import FULL, grey, pictures_in

__all__ = ["Appearance", "appearance", "appearance_features"]

DARK, LIGHT = 5, 250
"""Values out of 255 beyond which a pixel shows nothing any more."""

EDGE: Final = 0.5
"""The gradient from one pixel to the next, in standard deviations of the picture, of an edge."""

IMMERKAER: Final = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], dtype=float)
LAPLACE: Final = np.array([[0, 1, 0], [1, -4, 1], [0, 1, 0]], dtype=float)

Floats = npt.NDArray[np.float64]


@frozen
class Appearance:
    """Predicts failure from how a picture looks, and names what comes with failure.

    Brightness, contrast, sharpness, edges, noise, colourfulness, black and white pixels, size and
    shape. Edges and sharpness are relative to the picture's contrast, so that a picture which is
    only darker is no less sharp. Standardised, then logistic regression with the strength of the L2
    penalty chosen on validation. Sources: colourfulness, Hasler and Süsstrunk (SPIE 5007, 2003);
    noise, Immerkær (Computer Vision and Image Understanding 64, 1996).
    """

    def __call__(self, model: Any, outcomes: Sequence[Outcome], /, *, seed: int) -> Explanation:
        """Learn from the outcomes; the model is not looked at."""
        del model
        return explain_by_features(
            "appearance", appearance_features, outcomes, seed=seed, findings=telling
        )


def appearance_features(inputs: Sequence[Any]) -> list[Mapping[str, Feature]]:
    """Describe how the picture of each input looks."""
    return [_of(one.array) for one in pictures_in(inputs)]


def _of(picture: npt.NDArray[Any]) -> dict[str, Feature]:
    from scipy.ndimage import convolve, sobel

    light = grey(picture)
    height, width = light.shape
    steps = np.hypot(sobel(light, axis=0), sobel(light, axis=1)) / 8
    spread = max(float(light.std()), 1.0)
    amounts = {
        "brightness": ("percent of full brightness", 100 * light.mean() / FULL),
        "contrast": ("percent of full range in contrast", 100 * light.std() / FULL),
        "edges": ("percent of pixels on an edge", 100 * float((steps > EDGE * spread).mean())),
        "noise": ("grey levels of noise", _noise(convolve(light, IMMERKAER))),
        "colourfulness": ("units of colourfulness", _colourfulness(picture)),
        "black pixels": ("percent of black pixels", 100 * float((light <= DARK).mean())),
        "white pixels": ("percent of white pixels", 100 * float((light >= LIGHT).mean())),
    }
    doublings = {
        "sharpness": (
            "sharpness (standard deviation of the Laplacian, percent of that of the picture)",
            100 * convolve(light, LAPLACE).std() / spread,
        ),
        "size": ("number of pixels", height * width),
        "width to height": ("ratio of width to height", width / height),
    }
    return {
        name: Feature(phrase, "amount", float(value), name)
        for name, (phrase, value) in amounts.items()
    } | {
        name: Feature(phrase, "doubling", log2(1 + float(value)), name)
        for name, (phrase, value) in doublings.items()
    }


def _noise(differences: Floats) -> float:
    """Estimate the standard deviation of noise from second differences, which structure lacks."""
    return float(np.abs(differences).mean() * sqrt(pi / 2) / 6)


def _colourfulness(picture: npt.NDArray[Any]) -> float:
    if picture.shape[2] == 1:
        return 0.0
    red, green, blue = np.moveaxis(eight_bits(picture).astype(np.float64), 2, 0)
    one, other = red - green, (red + green) / 2 - blue
    return float(np.hypot(one.std(), other.std()) + 0.3 * np.hypot(one.mean(), other.mean()))


appearance = Appearance
