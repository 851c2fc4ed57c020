"""Experiments in which each audit finds something, and some in which it must not."""

from __future__ import annotations

import numpy as np
from pydicom.data import get_testdata_file

from seatrial import Asset, Case, Volume
from seatrial.testing import Example

__all__ = ["identifying_headers", "volume_files"]


def volume_files() -> tuple[Example, ...]:
    """Give a mask of another shape, one in another place, and one on the grid of its image."""
    image = Volume(np.arange(512, dtype=np.float32).reshape(8, 8, 8))
    mask = np.ones((8, 8, 8), np.uint8)
    moved = np.diag([2.0, 2.0, 2.0, 1.0])
    return (
        Example([Case("a", image, mask[1:])], ["grids-differ"]),
        Example([Case("a", image, Volume(mask, moved))], ["grids-differ"]),
        Example([Case("a", image, Volume(mask)), Case("b", image, mask), Case("c", "text", "x")]),
    )


def identifying_headers() -> tuple[Example, ...]:
    """Give a DICOM file that names its patient, from pydicom's own, and a volume without header."""
    named = Asset(str(get_testdata_file("MR_small.dcm", download=False)), "volume")
    plain = Volume(np.zeros((4, 4, 4), np.float32))
    return (
        Example([Case("a", named), Case("b", plain)], ["identifying-headers"]),
        Example([Case("b", plain), Case("c", "text", "x")]),
    )
