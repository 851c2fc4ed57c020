"""The modality gap of Liang et al., without its small-sample bias, and an interval for it."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
from attrs import frozen

from seatrial.errors import MetricError, PlanError

from ._gap_interval import bounded
from ._parts import Part, parts_of
from ._rows import Floats, embeddings, same_width

__all__ = ["Ends", "ModalityGap", "modality_gap"]

MIN_CONFIDENCE: Final = 0.5


class Ends(NamedTuple):
    """The two ends of an interval."""

    low: float
    high: float


@frozen(kw_only=True)
class ModalityGap:
    """How far apart the images and the texts of an encoder lie.

    `gap` is the distance between the two means of unit embeddings, in [0, 2] (Liang et al., Mind
    the Gap, NeurIPS 2022, section 2). `squared_unbiased` estimates the square of the distance in
    the population: the square of `gap` is too large by the variance of the means, and this is not.
    It may be negative where there is no gap. `interval` holds the distance in the population with
    probability `confidence`, both ends together; where the rows are few it may lie below `gap`.
    `images`, `texts` and `clusters` are what was measured; `vector` is mean image minus mean text.
    """

    gap: float
    squared_unbiased: float
    interval: Ends
    confidence: float
    images: int
    texts: int
    clusters: int
    vector: Floats

    @property
    def corrected(self) -> float:
        """The distance without the bias: the root of `squared_unbiased`, 0 where negative."""
        return float(np.sqrt(max(self.squared_unbiased, 0.0)))

    @property
    def fraction_per_dimension(self) -> Floats:
        """What each dimension contributes to the square of the gap: sums to 1, or 0 without one."""
        square = np.square(self.vector)
        return np.asarray(square / (square.sum() or 1.0))


def modality_gap(
    images: Any,
    texts: Any,
    *,
    paired: bool = False,
    clusters: Any = None,
    confidence: float = 0.95,
) -> ModalityGap:
    """Measure the distance between the mean image and the mean text, each row of unit length.

    `images` [n, width] and `texts` [m, width] are embeddings of one space. With `paired`, row *i*
    of both belongs together (a picture and its caption). `clusters` names the independent unit of
    every row (the article): one label for each row where there are as many images as texts, else
    the pair (labels of images, labels of texts). An image and a text with the same label depend on
    each other.

    Only products of rows that are independent of each other count towards `squared_unbiased`: for
    independent rows that is `gap**2 - tr(Sx)/n - tr(Sy)/m`, for pairs `gap**2 - tr(S(x-y))/n`. The
    interval inverts a test by the first three moments of that estimate, which hold near a gap of
    zero too, where the square is no normal variable.

    Raises `MetricError` for widths that differ (the towers share no space), for a row without a
    direction, and where all rows are of one cluster.
    """
    given: Any = confidence
    if not isinstance(given, int | float) or not MIN_CONFIDENCE <= given < 1:
        msg = f"confidence must be at least {MIN_CONFIDENCE} and below 1, got {confidence!r}"
        raise PlanError(msg)
    x, y = embeddings(images, "images"), embeddings(texts, "texts")
    same_width(x, y)
    if paired and len(x) != len(y):
        msg = f"{len(x)} images and {len(y)} texts are no pairs"
        raise MetricError(msg)
    parts = parts_of(x, y, paired=paired, clusters=clusters)
    sums = _Sums(parts, x.shape[1])
    n, m = len(x), len(y)
    mean_x, mean_y = sums.images / n, sums.texts / m
    square = _between(n * n * float(mean_x @ mean_x), sums.image_squares, n * n, sums.image_pairs)
    square += _between(m * m * float(mean_y @ mean_y), sums.text_squares, m * m, sums.text_pairs)
    square -= 2 * _between(n * m * float(mean_x @ mean_y), sums.products, n * m, sums.mixed_pairs)
    vector = mean_x - mean_y
    low, high = bounded(parts, mean_x, mean_y, (n, m), square, confidence)
    return ModalityGap(
        gap=float(np.sqrt(vector @ vector)),
        squared_unbiased=square,
        interval=Ends(low, high),
        confidence=confidence,
        images=n,
        texts=m,
        clusters=sum(len(part) for part in parts),
        vector=vector,
    )


def _between(all_pairs: float, within: float, count: float, counted_within: float) -> float:
    """Average products over pairs of rows from different units."""
    if not count - counted_within > 0:
        msg = "all images, or all texts, are of one cluster: at least two are needed"
        raise MetricError(msg)
    return (all_pairs - within) / (count - counted_within)


class _Sums:
    """What one pass over all units adds up."""

    def __init__(self, parts: tuple[Part, ...], width: int) -> None:
        self.images, self.texts = np.zeros(width), np.zeros(width)
        self.image_squares = self.text_squares = self.products = 0.0
        self.image_pairs = self.text_pairs = self.mixed_pairs = 0.0
        for part in parts:
            self.image_pairs += float(np.square(part.image_counts).sum())
            self.text_pairs += float(np.square(part.text_counts).sum())
            self.mixed_pairs += float(part.image_counts @ part.text_counts)
            for _, x, y in part.blocks():
                if x is not None:
                    self.images += x.sum(axis=0)
                    self.image_squares += float(np.einsum("ij,ij->", x, x))
                if y is not None:
                    self.texts += y.sum(axis=0)
                    self.text_squares += float(np.einsum("ij,ij->", y, y))
                if x is not None and y is not None:
                    self.products += float(np.einsum("ij,ij->", x, y))
