"""Overlap, distance and volume of segmented structures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from seatrial.errors import ParameterError

from ._masks import Array, Masks, per_structure

__all__ = ["assd", "dice", "hd95", "iou", "volume_error"]

PerCase = Callable[[Sequence[Any], Sequence[Any]], list[float]]


def dice(*, label: int | None = None, ignore: int | None = None) -> PerCase:
    """Score twice the overlap over the sum of both volumes: 2|A ∩ B| / (|A| + |B|).

    The mean over structures; 1 where there is none and none was found.
    """

    def score(masks: Masks) -> float:
        both = np.count_nonzero(masks.truth & masks.answer)
        return 2 * both / (np.count_nonzero(masks.truth) + np.count_nonzero(masks.answer))

    return per_structure("metrics.dice", label, ignore, score, nothing=1.0)


def iou(*, label: int | None = None, ignore: int | None = None) -> PerCase:
    """Score the overlap over the union (Jaccard index): |A ∩ B| / |A ∪ B|.

    The mean over structures; 1 where there is none and none was found.
    """

    def score(masks: Masks) -> float:
        both = np.count_nonzero(masks.truth & masks.answer)
        return both / np.count_nonzero(masks.truth | masks.answer)

    return per_structure("metrics.iou", label, ignore, score, nothing=1.0)


def volume_error(*, label: int | None = None, ignore: int | None = None) -> PerCase:
    """Score the difference of both volumes over the larger: ||A| − |B|| / max(|A|, |B|).

    The mean over structures: 1 where one was missed or invented, 0 where there is none in either.
    """

    def score(masks: Masks) -> float:
        sizes = np.count_nonzero(masks.truth), np.count_nonzero(masks.answer)
        return abs(sizes[0] - sizes[1]) / max(sizes)

    return per_structure("metrics.volume-error", label, ignore, score, nothing=0.0)


def hd95(
    *, label: int | None = None, ignore: int | None = None, percentile: float = 95.0
) -> PerCase:
    """Score how far apart two surfaces lie, in mm: the larger of two directed percentiles.

    Of the distances from each surface voxel of one to the nearest of the other, percentile 95;
    100 gives the Hausdorff distance. A structure that was missed or invented has the diagonal of
    the field, the largest distance there can be. (Where the distances of both directions are pooled
    before the percentile, as elsewhere, the figure is another.)
    """
    if not 0 < percentile <= 100:  # noqa: PLR2004 - a percentile
        msg = f"percentile must be above 0 and at most 100, got {percentile}"
        raise ParameterError(msg)

    def score(masks: Masks) -> float:
        return _surfaces(
            masks, lambda there, back: max(np.percentile(one, percentile) for one in (there, back))
        )

    return per_structure("metrics.hd95", label, ignore, score, nothing=0.0)


def assd(*, label: int | None = None, ignore: int | None = None) -> PerCase:
    """Score the average symmetric surface distance, in mm, over the voxels of both surfaces.

    A structure that was missed or invented has the diagonal of the field.
    """

    def score(masks: Masks) -> float:
        return _surfaces(masks, lambda there, back: np.concatenate([there, back]).mean())

    return per_structure("metrics.assd", label, ignore, score, nothing=0.0)


def _surfaces(masks: Masks, figure: Callable[[Array, Array], Any]) -> float:
    """Measure both directed distances of two surfaces, and make a figure of them."""
    from scipy.ndimage import distance_transform_edt

    # The transform gives plausible distances to nothing: emptiness is looked at first.
    if not masks.truth.any() or not masks.answer.any():
        return masks.diagonal
    inside = _box(masks.truth | masks.answer)
    one, other = (_surface(mask[inside]) for mask in (masks.truth, masks.answer))
    to_other, to_one = (distance_transform_edt(~mask, masks.spacing) for mask in (other, one))
    return float(figure(to_other[one], to_one[other]))


def _box(mask: Array) -> tuple[slice, ...]:
    """Find the smallest part that holds a mask."""
    found = []
    for axis in range(mask.ndim):
        across = tuple(other for other in range(mask.ndim) if other != axis)
        places = np.flatnonzero(mask.any(axis=across))
        found.append(slice(int(places[0]), int(places[-1]) + 1))
    return tuple(found)


def _surface(mask: Array) -> Array:
    """Find the voxels of a mask with a side outside it, or at the edge of the field."""
    from scipy.ndimage import binary_erosion

    return np.asarray(mask & ~binary_erosion(mask))
