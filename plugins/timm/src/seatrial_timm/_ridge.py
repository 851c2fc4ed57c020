"""The linear map from a text tower's space to an image tower's: ridge regression, closed form."""

from __future__ import annotations

from typing import Any

import numpy as np
from attrs import frozen

__all__ = ["RidgeMap", "fit", "unit"]


@frozen
class RidgeMap:
    """Text embedding to direction in the image tower's space: (unit(x) - mean) @ matrix."""

    mean: np.ndarray[Any, Any]
    matrix: np.ndarray[Any, Any]

    def __call__(self, embeddings: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Map [n, text width] to float32 [n, image width]."""
        mapped = (unit(embeddings.astype(np.float64)) - self.mean) @ self.matrix
        return np.asarray(mapped, dtype=np.float32)


def fit(texts: np.ndarray[Any, Any], rows: np.ndarray[Any, Any], penalty: float) -> RidgeMap:
    """Fit the map from class-name embeddings [n, a] to classifier rows [n, b].

    Both are centred first: what all classes share says nothing about any of them. In float64.
    """
    x, y = unit(texts.astype(np.float64)), rows.astype(np.float64)
    mean = x.mean(axis=0)
    x = x - mean
    y = y - y.mean(axis=0)
    matrix = np.linalg.solve(x.T @ x + penalty * np.eye(x.shape[1]), x.T @ y)
    return RidgeMap(mean, matrix)


def unit(rows: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """L2-normalize each row; a row of zeros stays."""
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.where(length > 0, length, 1), dtype=rows.dtype)
