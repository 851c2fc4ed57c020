"""Bounds of searches: edit distance for texts, L2 and L∞ for arrays."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np

from seatrial.errors import ParameterError
from seatrial.kit import edit_distance

__all__ = ["NORMS", "check_bound", "far", "fitted", "projected", "same", "worst"]

T = TypeVar("T")
Array = np.ndarray[Any, Any]

NORMS = ("linf", "l2")
TINY = 1e-9  # of a step between whole numbers: 1/255 of 255 is one step, not a little less
SLACK = 1e-12


def check_bound(distance: Any, norm: str = "linf") -> None:
    """Refuse a bound that bounds nothing, and an unknown norm."""
    if isinstance(distance, bool) or not isinstance(distance, int | float) or not 0 < distance <= 1:
        msg = f"distance must lie in (0, 1], got {distance!r}"
        raise ParameterError(msg)
    if norm not in NORMS:
        msg = f"norm must be {' or '.join(map(repr, NORMS))}, got {norm!r}"
        raise ParameterError(msg)


def far(clean: Any, candidate: Any, norm: str = "linf") -> float:
    """Measure how far a candidate lies from the clean value, in the unit of the bound.

    Arrays: the largest (L∞) or the root mean square (L2) change of a value, where 1 is the whole
    range of an integer dtype, or 1. Texts: the edit distance over the longer length.
    """
    if isinstance(clean, np.ndarray):
        change = (candidate.astype(np.float64) - clean) / _range(clean)
        return _norm(change, norm)
    if not isinstance(clean, str) or not isinstance(candidate, str):
        return math.inf
    longest = max(len(clean), len(candidate))
    return edit_distance(clean, candidate) / longest if longest else 0.0


def same(one: Any, other: Any) -> bool:
    """Tell whether a candidate is the clean value itself."""
    if isinstance(one, np.ndarray) or isinstance(other, np.ndarray):
        return bool(np.array_equal(one, other))
    return bool(one == other)


def _norm(change: Array, norm: str) -> float:
    if not change.size:
        return 0.0
    return float(np.abs(change).max() if norm == "linf" else np.sqrt(np.mean(change**2)))


def _range(array: Array) -> float:
    return float(np.iinfo(array.dtype).max) if array.dtype.kind in "iu" else 1.0


def projected(clean: Array, candidate: Array, distance: float, norm: str) -> Array:
    """Move a candidate to the nearest point of the ball around the clean array, in its dtype."""
    change = (candidate.astype(np.float64) - clean) / _range(clean)
    if not np.isfinite(change).all():
        msg = "the array holds values that are not finite"
        raise ValueError(msg)
    whole = clean.dtype.kind in "iu"
    # What rounding to the array's own precision may add is left free.
    radius = distance if whole else max(distance - _rounding(clean, distance), 0.0)
    if norm == "linf":
        change = np.clip(change, -radius, radius)
    elif (size := _norm(change, norm)) > radius:
        change *= radius / size
    if whole:
        # Towards zero: rounding to the nearest could step over the bound.
        steps = change * _range(clean)
        return np.asarray(clean + np.trunc(steps + np.copysign(TINY, steps))).astype(clean.dtype)
    return np.asarray((clean + change).astype(clean.dtype))


def _rounding(clean: Array, distance: float) -> float:
    largest = float(np.abs(clean).max()) if clean.size else 0.0
    return float(np.finfo(clean.dtype).eps) * (largest + distance)


def fitted(clean: Any, candidate: Any, distance: float, norm: str) -> Any:
    """Give a candidate within the bound: arrays are projected, other values taken or None."""
    if isinstance(clean, np.ndarray):
        return projected(clean, candidate, distance, norm)
    return candidate if far(clean, candidate) <= distance + SLACK else None


def worst(candidates: Sequence[T], losses: Sequence[float]) -> T:
    """Give the candidate with the largest loss, the first of several."""
    return candidates[max(range(len(candidates)), key=losses.__getitem__)]
