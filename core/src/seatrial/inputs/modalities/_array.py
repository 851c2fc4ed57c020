"""Numbers in a grid."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ._arrays import (
    dump_array,
    error_over_range,
    frozen_array,
    load_array,
    name_array,
    sides,
)
from ._files import read_array

__all__ = ["Arrays", "array"]


class Arrays:
    """The carrier of `array`, and the ground that of pictures and masks stands on."""

    kinds = "biuf"

    def holds(self, value: Any, /) -> bool:
        """Tell whether this is a numpy array of numbers or truth values."""
        return isinstance(value, np.ndarray) and value.dtype.kind in self.kinds

    def digest(self, value: Any, /) -> str:
        """Name the type, the shape and the bytes."""
        return name_array(value)

    def freeze(self, value: Any, /) -> Any:
        """Give a copy that nobody can write to."""
        return frozen_array(value)

    def dump(self, value: Any, /) -> bytes:
        """Write in numpy's format."""
        return dump_array(value)

    def load(self, data: bytes, /) -> Any:
        """Read numpy's format."""
        return load_array(data)

    def read(self, path: Path, /) -> Any:
        """Read the array of a numpy file."""
        return read_array(path)

    def distance(self, clean: Any, perturbed: Any, /) -> float | None:
        """Give the root mean squared error over the range of the clean array."""
        return error_over_range(clean, perturbed)

    def preview(self, value: Any, /) -> str:
        """Show shape, type and range."""
        if not value.size:
            return f"array {sides(value)}"
        return f"array {sides(value)}, {value.min():.4g} to {value.max():.4g}"

    def samples(self) -> Sequence[Any]:
        """Give features, a table and a signal."""
        draw = np.random.default_rng(0)
        return (
            draw.normal(size=16).astype(np.float32),
            draw.normal(size=(5, 7)),
            draw.integers(-5, 5, 12),
            np.sin(np.linspace(0, 20, 200)),
        )

    def edges(self) -> Sequence[Any]:
        """Give one number, an empty array and a constant one."""
        return (np.zeros(1), np.zeros(0), np.full((3, 3), 7.0))


def array() -> Arrays:
    """Make the carrier."""
    return Arrays()
