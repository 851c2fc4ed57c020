"""How far a perturbation really moved an input, whatever its severity was called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from .._edit_distance import edit_distance

__all__ = ["distance", "same"]


def same(one: Any, other: Any) -> bool:
    """Tell whether a perturbation left its input exactly as it was."""
    if isinstance(one, np.ndarray) or isinstance(other, np.ndarray):
        return bool(np.array_equal(one, other))
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    return bool(one == other)


def distance(clean: Any, perturbed: Any) -> float | None:
    """Measure what was really done to a value; None where no distance is defined.

    Text: edit distance over the longer length, in [0, 1]. Arrays: root mean squared error over the
    range of the clean array (NRMSE). Mappings and sequences of these: the mean over the parts that
    can be measured.
    """
    if isinstance(clean, str) and isinstance(perturbed, str):
        longest = max(len(clean), len(perturbed))
        return edit_distance(clean, perturbed) / longest if longest else 0.0
    if isinstance(clean, np.ndarray) and isinstance(perturbed, np.ndarray):
        return _nrmse(clean, perturbed)
    if isinstance(clean, Mapping) and isinstance(perturbed, Mapping):
        parts = [distance(clean[key], perturbed[key]) for key in clean if key in perturbed]
    elif isinstance(clean, tuple | list) and isinstance(perturbed, tuple | list):
        parts = [distance(one, other) for one, other in zip(clean, perturbed, strict=False)]
    else:
        return None
    known = [part for part in parts if part is not None]
    return sum(known) / len(known) if known else None


def _nrmse(clean: np.ndarray[Any, Any], perturbed: np.ndarray[Any, Any]) -> float | None:
    if clean.shape != perturbed.shape or not clean.size:
        return None
    reference = clean.astype(np.float64)
    spread = float(reference.max() - reference.min())
    error = float(np.sqrt(np.mean((perturbed.astype(np.float64) - reference) ** 2)))
    if not spread:
        return 0.0 if not error else None
    return error / spread if np.isfinite(error / spread) else None
