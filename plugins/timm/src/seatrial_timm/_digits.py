"""A small worked example: handwritten digits that scikit-learn carries, and a network for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from attrs import define, field

from seatrial import Case
from seatrial.errors import ModelError, ParameterError

from ._classifier import ImageClassifier
from ._tower import ImageTower, Loaded, weights_digest

if TYPE_CHECKING:
    import numpy as np

__all__ = ["DIGITS", "digits_cases", "digits_classifier"]

DIGITS = ("0", "1", "2", "3", "4", "5", "6", "7", "8", "9")
TRAINING = 1200
"""The first are trained on. Neighbours are by one writer, so the parts are not drawn at random."""

SIDE = 64
WHITE = 16  # of the values that scikit-learn gives, where it means ink
STROKES = ("thin", "medium", "thick")

Part = Literal["train", "test"]


def pictures(part: Part) -> tuple[list[np.ndarray[Any, Any]], list[int], list[str]]:
    """Draw the digits of a part, dark on white: uint8 64×64×1, with labels and strokes."""
    import numpy as np
    from PIL import Image

    try:
        from sklearn.datasets import load_digits
    except ImportError as error:
        msg = "the digits come with scikit-learn: pip install scikit-learn"
        raise ModelError(msg) from error
    found = load_digits()
    ink = found.images.mean(axis=(1, 2))
    bounds = np.quantile(ink[:TRAINING], [1 / 3, 2 / 3])
    inside = slice(TRAINING) if part == "train" else slice(TRAINING, None)
    small = np.rint(255 - found.images[inside] * (255 / WHITE)).astype(np.uint8)
    large = [
        np.asarray(Image.fromarray(one).resize((SIDE, SIDE), Image.Resampling.BICUBIC))[:, :, None]
        for one in small
    ]
    strokes = [STROKES[int(np.searchsorted(bounds, one))] for one in ink[inside]]
    return large, found.target[inside].tolist(), strokes


def digits_cases(*, part: Part = "test") -> list[Case]:
    """Give handwritten digits as cases: 1200 to train on, or the other 597 to test.

    The input is uint8 64×64×1, dark on white, enlarged from 8×8; the target is "0" to "9". Groups:
    `digit`, and `stroke` (thin, medium or thick, by thirds of how much ink the training part has).
    Source: Alpaydin and Kaynak, Optical Recognition of Handwritten Digits, UCI (CC BY 4.0), as
    scikit-learn carries it: 13 writers, and which of them wrote what is not recorded.
    """
    if part not in ("train", "test"):
        msg = f"part must be 'train' or 'test', not {part!r}"
        raise ParameterError(msg)
    return [
        Case(f"{part}-{place}", image, DIGITS[label], {"digit": DIGITS[label], "stroke": stroke})
        for place, (image, label, stroke) in enumerate(zip(*pictures(part), strict=True))
    ]


@define(eq=False)
class DigitsTower(ImageTower):
    """The network of the example, which is trained when it is first asked."""

    name: str = field(default="digits", init=False)

    @property
    def identity(self) -> str:
        """The digest of the weights: training may differ in last bits from machine to machine."""
        return f"digits-tower:{weights_digest(self.module)}"

    @property
    def classes(self) -> tuple[str, ...]:
        """The ten digits."""
        return DIGITS

    @property
    def _loaded(self) -> Loaded:
        with self._lock:
            if self._cache is None:
                from ._digits_network import trained

                self._cache = trained(*pictures("train")[:2])
            return self._cache


def digits_classifier() -> ImageClassifier:
    """Give a small convolutional network for `digits_cases`, trained in seconds when it is asked.

    It has seen clean digits only. It is an example to try a specification on, and no good model.
    """
    return ImageClassifier(DigitsTower())
