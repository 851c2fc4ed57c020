"""Read the files that assets name: numpy arrays, pictures, volumes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ..._carriers import Volume
from ...errors import PlanError
from ._dicom import is_dicom, read_dicom
from ._nifti import SUFFIXES, read_nifti, whole_numbers

__all__ = ["read_array", "read_labels", "read_picture", "read_volume"]

Array = np.ndarray[Any, Any]
ARRAYS = (".npy", ".npz")
PICTURES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp", ".gif")
GREY, COLOURS = "L", "RGB"


def read_array(path: Path) -> Array:
    """Read the array of a .npy file, or the only one of a .npz archive; pickles are refused."""
    _check(path, ARRAYS)
    held: Any = np.load(path, allow_pickle=False)
    if isinstance(held, np.ndarray):
        return held
    with held:
        if len(held.files) != 1:
            msg = f"{path} holds {', '.join(held.files) or 'nothing'}; one array is wanted"
            raise PlanError(msg)
        return np.asarray(held[held.files[0]])


def read_volume(path: Path, *, labels: bool = False) -> Volume:
    """Read a volume, or labels, of a NIfTI file, DICOM slices, or an array with its affine."""
    if path.is_dir() or path.suffix.lower() not in (*ARRAYS, *PICTURES):
        if path.name.lower().endswith(SUFFIXES):
            return read_nifti(path, labels=labels)
        if path.is_dir() or is_dicom(path):
            found = read_dicom(path)
            return Volume(whole_numbers(found.array, path.name), found.affine) if labels else found
    if path.suffix.lower() == ".npz":
        with np.load(path, allow_pickle=False) as held:
            if "affine" in held.files and len(held.files) == 2:
                (name,) = (one for one in held.files if one != "affine")
                return Volume(held[name], held["affine"])
    _check(path, (*ARRAYS, *SUFFIXES, "DICOM"))
    return Volume(read_array(path))


def read_picture(path: Path) -> Array:
    """Read a picture as H×W×1 (grey) or H×W×3, the right way up as its EXIF orientation says.

    Colour maps become colours, and transparency is laid over white.
    """
    if path.suffix.lower() in ARRAYS:
        return read_array(path)
    with _opened(path) as file:
        picture = _upright(file)
        if picture.mode in ("I;16", "I;16B", "I"):
            return _sixteen(np.asarray(picture), path)
        if picture.mode == "F":
            return np.asarray(picture)[:, :, None]
        if "A" in picture.getbands() or "transparency" in picture.info:
            picture = _over_white(picture.convert("RGBA"))
        grey = picture.mode in ("1", GREY)
        values = np.asarray(picture.convert(GREY if grey else COLOURS))
    return values[:, :, None] if grey else values


def _sixteen(values: Array, path: Path) -> Array:
    low, high = int(values.min()), int(values.max())
    if low < 0 or high > np.iinfo(np.uint16).max:
        msg = f"{path.name} holds values from {low} to {high}; a picture has 0 to 65535"
        raise PlanError(msg)
    return values.astype(np.uint16)[:, :, None]


def read_labels(path: Path) -> Array:
    """Read the labels of a mask: integers H×W, the indices of a picture with a colour map."""
    if path.suffix.lower() in ARRAYS:
        return read_array(path)
    with _opened(path) as file:
        picture = _upright(file)
        if picture.mode not in ("1", GREY, "P", "I", "I;16"):
            msg = f"{path} is a picture of mode {picture.mode}; a mask has one channel of labels"
            raise PlanError(msg)
        return np.asarray(picture)


def _opened(path: Path) -> Any:
    _check(path, (*ARRAYS, *PICTURES))
    try:
        from PIL import Image
    except ImportError as error:
        msg = f"to read {path.name}, install Pillow: pip install pillow"
        raise PlanError(msg) from error
    return Image.open(path)


def _upright(picture: Any) -> Any:
    from PIL import ImageOps

    return ImageOps.exif_transpose(picture)


def _over_white(picture: Any) -> Any:
    from PIL import Image

    below = Image.new("RGBA", picture.size, "white")
    return Image.alpha_composite(below, picture).convert(COLOURS)


def _check(path: Path, suffixes: tuple[str, ...]) -> None:
    if path.suffix.lower() not in suffixes:
        msg = f"{path.name}: files of the kinds {', '.join(suffixes)} can be read here"
        raise PlanError(msg)
