"""How alike two pictures or volumes look: structural similarity (SSIM)."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["mean_similarity", "structural_similarity"]

Array = np.ndarray[Any, Any]
WINDOW = 7
K1, K2 = 0.01, 0.03
"""The constants of the paper, as fractions of the range: they keep flat windows from counting."""


def structural_similarity(clean: Array, perturbed: Array) -> float | None:
    """Give the mean structural similarity of two arrays of one channel, 1 where they are equal.

    Over windows of 7 pixels a side (fewer where the array is thinner), each wholly inside, with the
    range of the clean array. None where the shapes differ or the clean array is constant. Wang,
    Bovik, Sheikh and Simoncelli, IEEE TIP 2004, equation 13.
    """
    from scipy.ndimage import uniform_filter

    if clean.shape != perturbed.shape or not clean.size:
        return None
    low, high = float(clean.min()), float(clean.max())
    if low == high:
        return None
    sides = [min(WINDOW, count - 1 + count % 2) for count in clean.shape]
    inside = tuple(
        slice(side // 2, count - side // 2) for side, count in zip(sides, clean.shape, strict=True)
    )

    def mean(values: Array) -> Array:
        return np.asarray(uniform_filter(values, sides)[inside])

    x, y = ((one - low) / (high - low) for one in (clean.astype(float), perturbed.astype(float)))
    x_mean, y_mean = mean(x), mean(y)
    x_variance = mean(x * x) - x_mean**2
    y_variance = mean(y * y) - y_mean**2
    covariance = mean(x * y) - x_mean * y_mean
    alike = (2 * x_mean * y_mean + K1**2) * (2 * covariance + K2**2)
    spread = (x_mean**2 + y_mean**2 + K1**2) * (x_variance + y_variance + K2**2)
    return float(np.mean(alike / spread))


def mean_similarity(clean: Array, perturbed: Array) -> float | None:
    """Give the mean structural similarity over channels, the first axis; None where undefined."""
    if clean.shape != perturbed.shape:
        return None
    found = [structural_similarity(*pair) for pair in zip(clean, perturbed, strict=True)]
    known = [one for one in found if one is not None]
    return sum(known) / len(known) if known else None
