"""What all modalities that are numpy arrays have in common."""

from __future__ import annotations

import io
import math
from typing import Any

import numpy as np

from ..._writing import digest

__all__ = ["dump_array", "error_over_range", "frozen_array", "load_array", "name_array", "sides"]

Array = np.ndarray[Any, Any]


def _canonical(value: Array) -> Array:
    """Give the same numbers in C order and little-endian, as every machine would write them."""
    return np.ascontiguousarray(value, dtype=value.dtype.newbyteorder("<"))


def name_array(value: Array) -> str:
    """Name the content of an array: its type, its shape and its numbers."""
    whole = _canonical(value)
    head = f"{whole.dtype.str}|{','.join(map(str, value.shape))}|".encode()
    return digest(head + whole.tobytes())


def frozen_array(value: Array) -> Array:
    """Give a copy that nobody can write to, not even by setting its flags."""
    held = value.tobytes()
    return np.frombuffer(held, dtype=value.dtype).reshape(value.shape)


def dump_array(value: Array) -> bytes:
    """Write an array in numpy's own format, without pickle."""
    buffer = io.BytesIO()
    np.save(buffer, _canonical(value).reshape(value.shape), allow_pickle=False)
    return buffer.getvalue()


def load_array(data: bytes) -> Array:
    """Read what `dump_array` wrote; the array is read-only."""
    return frozen_array(np.load(io.BytesIO(data), allow_pickle=False))


def error_over_range(clean: Array, perturbed: Array) -> float | None:
    """Give the root mean squared error over the range of the clean array (NRMSE).

    None where the shapes differ, nothing is there, or the clean array is constant and changed.
    """
    if clean.shape != perturbed.shape or not clean.size:
        return None
    with np.errstate(all="ignore"):  # infinities of an array are its own business
        moved = np.subtract(perturbed, clean, dtype=np.float64)
        error = float(np.sqrt(np.mean(np.square(moved, out=moved))))
        spread = float(clean.max()) - float(clean.min())
    if not spread:
        return 0.0 if not error else None
    return error / spread if math.isfinite(error / spread) else None


def sides(value: Array) -> str:
    """Write the shape and the type of an array."""
    return f"{'×'.join(map(str, value.shape))} {value.dtype}"
