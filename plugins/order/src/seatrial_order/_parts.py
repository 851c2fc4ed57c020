"""Independent units: rows, pairs of rows, or clusters of rows, each with its sum of unit rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
from attrs import frozen

from ._rows import BLOCK, Floats, codes_of, unit

__all__ = ["Part", "parts_of"]


@frozen(eq=False)
class Part:
    """Units of one kind: the sums of their images and of their texts, and how many rows each has.

    `images` and `texts` are sums [units, width], or with `raw` single rows that are not yet of unit
    length; None where units of this kind have none.
    """

    images: npt.NDArray[Any] | None
    texts: npt.NDArray[Any] | None
    image_counts: Floats
    text_counts: Floats
    raw: bool

    def __len__(self) -> int:
        return len(self.image_counts)

    def at(self, units: npt.NDArray[np.intp] | slice) -> tuple[Floats | None, Floats | None]:
        """Give the sums of some units, of images and of texts."""
        x = None if self.images is None else self.images[units]
        y = None if self.texts is None else self.texts[units]
        if self.raw:
            x = None if x is None else unit(x, "images")
            y = None if y is None else unit(y, "texts")
        return x, y

    def blocks(self) -> Iterator[tuple[slice, Floats | None, Floats | None]]:
        """Give all units, some at a time."""
        for start in range(0, len(self), BLOCK):
            some = slice(start, start + BLOCK)
            yield (some, *self.at(some))


def parts_of(
    x: npt.NDArray[Any], y: npt.NDArray[Any], *, paired: bool, clusters: Any
) -> tuple[Part, ...]:
    """Find the independent units of the rows."""
    n, m = len(x), len(y)
    if clusters is not None:
        image_codes, text_codes = codes_of(clusters, n, m, paired=paired)
        found = int(max(image_codes.max(), text_codes.max())) + 1
        images, texts = _summed(x, image_codes, found), _summed(y, text_codes, found)
        counts = [
            np.bincount(codes, minlength=found).astype(np.float64)
            for codes in (image_codes, text_codes)
        ]
        return (Part(images, texts, counts[0], counts[1], raw=False),)
    if paired:
        return (Part(x, y, np.ones(n), np.ones(n), raw=True),)
    return (
        Part(x, None, np.ones(n), np.zeros(n), raw=True),
        Part(None, y, np.zeros(m), np.ones(m), raw=True),
    )


def _summed(rows: npt.NDArray[Any], codes: npt.NDArray[np.intp], count: int) -> Floats:
    """Sum the unit rows of each cluster: [clusters, width]."""
    sums = np.zeros((count, rows.shape[1]))
    order = np.argsort(codes, kind="stable")
    for start in range(0, len(order), BLOCK):
        some = order[start : start + BLOCK]
        found, first = np.unique(codes[some], return_index=True)
        sums[found] += np.add.reduceat(unit(rows[some]), first, axis=0)
    return sums
