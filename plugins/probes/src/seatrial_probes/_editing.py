"""Edits of the residual stream, as `model.intervened` takes them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import numpy.typing as npt

__all__ = ["OUTLYING", "adding", "erasing", "outlying"]

OUTLYING: Final = 10.0

Floats = npt.NDArray[np.float64]
Edit = Callable[[Any], Any]


def outlying(vectors: npt.NDArray[Any]) -> float:
    """Give the norm beyond which a token is left alone: ten times the largest that was read.

    The first token of a text is where attention rests; its norm can be hundreds of times that of
    any other, and what a probe learned from the others does not apply to it.
    """
    return OUTLYING * float(np.linalg.norm(vectors, axis=1).max())


def adding(vector: npt.NDArray[Any], limit: float) -> Edit:
    """Add a vector to every token whose norm is at most `limit`."""

    def edit(hidden: Any) -> Any:
        added = _tensor(vector, hidden)
        return (hidden.float() + added * _ordinary(hidden, limit)).to(hidden.dtype)

    return edit


def erasing(mean: Floats, left: Floats, right: Floats, limit: float) -> Edit:
    """Take `left @ right @ (x - mean)` from every token x whose norm is at most `limit`."""

    def edit(hidden: Any) -> Any:
        away, along, centre = (_tensor(one, hidden) for one in (left, right, mean))
        taken = (hidden.float() - centre) @ along.T @ away.T
        return (hidden.float() - taken * _ordinary(hidden, limit)).to(hidden.dtype)

    return edit


def _tensor(array: npt.NDArray[Any], like: Any) -> Any:
    import torch

    return torch.as_tensor(array, dtype=torch.float32, device=like.device)


def _ordinary(hidden: Any, limit: float) -> Any:
    return hidden.float().norm(dim=-1, keepdim=True) <= limit
