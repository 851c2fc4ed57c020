"""Cases whose images stay in their files until they are asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import overload

import numpy as np
import numpy.typing as npt
from attrs import evolve, frozen

from seatrial import Case
from seatrial.errors import PlanError

__all__ = ["Pictures", "read_image", "rewrapped"]


@frozen
class Pictures(Sequence[Case]):
    """A sequence of cases that reads each image when it is asked for, and keeps none.

    `entries` are the same cases with the path in place of the image.
    """

    entries: tuple[Case, ...]

    def __len__(self) -> int:
        return len(self.entries)

    @overload
    def __getitem__(self, index: int) -> Case: ...
    @overload
    def __getitem__(self, index: slice) -> Pictures: ...
    def __getitem__(self, index: int | slice) -> Case | Pictures:
        """Read one case, or give a part of the sequence without reading any."""
        if isinstance(index, slice):
            return Pictures(self.entries[index])
        entry = self.entries[index]
        return evolve(entry, input=read_image(entry.input))

    def __iter__(self) -> Iterator[Case]:
        return (self[index] for index in range(len(self)))


def rewrapped(given: Sequence[Case], chosen: Sequence[Case]) -> Sequence[Case]:
    """Give chosen entries in the form in which they came."""
    return Pictures(tuple(chosen)) if isinstance(given, Pictures) else tuple(chosen)


def read_image(path: str | Path) -> npt.NDArray[np.uint8]:
    """Read a picture as uint8 H×W×3; grey and transparent ones are converted."""
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(path) as picture:
            return np.asarray(picture.convert("RGB"), dtype=np.uint8)
    except (OSError, UnidentifiedImageError) as error:
        msg = f"{path} cannot be read as a picture: {error}"
        raise PlanError(msg) from error
