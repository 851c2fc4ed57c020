"""Siemens mosaics: the slices of a volume side by side in one picture."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from ...errors import PlanError

__all__ = ["is_mosaic", "taken_apart"]

Array = np.ndarray[Any, Any]


def is_mosaic(data: Any) -> bool:
    """Tell whether the pixels of a DICOM file are a mosaic of slices."""
    return "MOSAIC" in data.get("ImageType", ())


def taken_apart(data: Any, pixels: Array, name: str) -> tuple[Array, Array]:
    """Give the slices of a mosaic [slices, rows, columns] and where the first pixel of each lies.

    How many there are, and in which direction they follow, stands in Siemens' private header (CSA);
    nibabel reads it. ImagePositionPatient is that of the whole picture, as if it were one slice:
    it is put right. Raises `PlanError` where that header is missing.
    """
    try:
        with warnings.catch_warnings(action="ignore"):  # it calls its own reader experimental
            from nibabel.nicom.dicomwrappers import MosaicWrapper
    except ImportError as error:
        msg = f"to read the mosaic {name}, install nibabel: pip install nibabel"
        raise PlanError(msg) from error
    try:
        wrapper: Any = MosaicWrapper(data)  # type: ignore[no-untyped-call]
        count = int(wrapper.n_mosaic)
        affine = np.asarray(wrapper.affine, float)
    except Exception as error:
        msg = (
            f"{name}: ImageType: a mosaic of slices whose private header (CSA) does not say how "
            f"they lie ({error}); convert it to NIfTI first, with dcm2niix"
        )
        raise PlanError(msg) from error
    side = int(np.ceil(count**0.5))
    rows, columns = (pixels.shape[0] // side, pixels.shape[1] // side)
    tiles = pixels.reshape(side, rows, side, columns).swapaxes(1, 2).reshape(-1, rows, columns)
    positions = affine[:3, 3] + np.arange(count)[:, None] * affine[:3, 2]
    return tiles[:count], positions
