"""What a perturbation must keep of a value: its modality, its type of numbers, its parts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from .._carriers import Volume
from ._modalities import Modalities, described

__all__ = ["broken_promise", "other_dtype"]


def broken_promise(before: Any, after: Any, modalities: Modalities) -> str | None:
    """Say what of a value was not kept, None where all was.

    A value keeps its modality, an array its dtype, a mapping its parts, and each part of it the
    same again. Shapes, lengths and the values themselves may change. A target of None may become
    anything.
    """
    if before is None:
        return None
    if (name := modalities.recognise(before)) is not None:
        return modalities.misfit(name, after) or other_dtype(before, after)
    if isinstance(before, Mapping):
        return _mapping(before, after, modalities)
    if isinstance(before, tuple | list):
        return None if isinstance(after, tuple | list) else _got("a sequence", after)
    number = isinstance(after, bool | int | float | np.number)
    return None if number else _got("a number", after)


def _mapping(before: Mapping[str, Any], after: Any, modalities: Modalities) -> str | None:
    if not isinstance(after, Mapping):
        return _got("a mapping of parts", after)
    for key, part in before.items():
        if key not in after:
            return f"the part {key!r} is missing"
        if problem := broken_promise(part, after[key], modalities):
            return f"part {key!r}: {problem}"
    return None


def other_dtype(before: Any, after: Any) -> str | None:
    """Say that an array has another dtype than before, None where it has the same."""
    one, other = _dtype(before), _dtype(after)
    if one is None or one == other:
        return None
    return f"expected {one}, the dtype of what it was given, got {described(after)}"


def _dtype(value: Any) -> np.dtype[Any] | None:
    held = value.array if isinstance(value, Volume) else value
    return held.dtype.newbyteorder("=") if isinstance(held, np.ndarray) else None


def _got(expected: str, value: Any) -> str:
    return f"expected {expected}, got {described(value)}"
