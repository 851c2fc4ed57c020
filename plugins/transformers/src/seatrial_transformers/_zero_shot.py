"""Answers of a model that embeds images and texts: the class whose prompt is nearest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from seatrial import Prediction

if TYPE_CHECKING:
    import numpy as np

__all__ = ["named_by_cosine", "unit"]

DECIMALS = 6  # of probabilities: float32 leaves the rest unsure


def unit(rows: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Bring rows to unit norm; a row of zeros stays as it is."""
    import numpy as np

    norms = np.linalg.norm(rows, axis=-1, keepdims=True)
    return np.asarray(rows / np.where(norms > 0, norms, 1), dtype=rows.dtype)


def named_by_cosine(
    images: np.ndarray[Any, Any],
    prototypes: np.ndarray[Any, Any],
    classes: Sequence[str],
    *,
    scale: float,
) -> list[Prediction]:
    """Name the class whose prototype is nearest to each image, by cosine.

    `images` [n, width] need no unit norm, `prototypes` [classes, width] have it. Probabilities are
    the softmax over the classes of scale × cosine.
    """
    import numpy as np

    cosines = unit(images) @ prototypes.T
    powers = np.exp(scale * (cosines - cosines.max(axis=1, keepdims=True)))
    probabilities = powers / powers.sum(axis=1, keepdims=True)
    return [
        Prediction(
            classes[int(cosine.argmax())],
            probabilities={
                name: round(float(part), DECIMALS) for name, part in zip(classes, row, strict=True)
            },
        )
        for cosine, row in zip(cosines, probabilities, strict=True)
    ]
