"""Volumes and masks in NIfTI files (and FreeSurfer's .mgz), by nibabel."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from ..._carriers import Volume
from ...errors import PlanError, SeatrialWarning

__all__ = ["SUFFIXES", "read_nifti", "whole_numbers"]

Array = np.ndarray[Any, Any]
SUFFIXES = (".nii", ".nii.gz", ".mgz", ".mgh")
AXES = 3
CLOSE = 0.01
"""Two affines that place no corner of the volume further apart than this (mm) are the same."""


def read_nifti(path: Path, *, labels: bool) -> Volume:
    """Read a volume, or whole-numbered labels, with the affine that the file states.

    The sform is taken where it has a code, else the qform. A `SeatrialWarning` says so where they
    differ, and where the file states neither, so that left and right are unknown. Voxels are scaled
    by scl_slope and scl_inter; labels must be whole numbers after it.

    Raises `PlanError` that names the field, for a file of other than three dimensions, voxels of
    size 0, NaN, colours, or one that is cut off.
    """
    try:
        import nibabel
    except ImportError as error:
        msg = f"to read {path.name}, install nibabel: pip install nibabel"
        raise PlanError(msg) from error
    with _unlogged(nibabel.imageglobals.logger):
        image: Any = nibabel.load(path)  # it repairs headers, and says so on stderr
    _check_voxel_size(image, path)
    affine = _affine(image, path)
    if not np.isfinite(affine).all() or not np.linalg.det(affine):
        msg = f"{path.name}: affine (sform, qform): it puts several voxels in one place"
        raise PlanError(msg)
    slope = getattr(image.dataobj, "slope", 1)
    try:
        values = np.asanyarray(image.dataobj)
    except Exception as error:
        msg = f"{path.name}: its voxels cannot be read, the file may be cut off ({error})"
        raise PlanError(msg) from error
    values = _three_axes(_native(values, path), path)
    if labels:
        return Volume(whole_numbers(values, f"{path.name} (scl_slope {slope:g})"), affine)
    if values.dtype == np.float64:
        values = values.astype(np.float32)
    return Volume(values, affine)


@contextmanager
def _unlogged(logger: logging.Logger) -> Iterator[None]:
    def nothing(_: logging.LogRecord) -> bool:
        return False

    logger.addFilter(nothing)
    try:
        yield
    finally:
        logger.removeFilter(nothing)


def _native(values: Array, path: Path) -> Array:
    if values.dtype.kind not in "biuf":
        kind = "colours" if values.dtype.fields else f"values of type {values.dtype}"
        msg = f"{path.name}: datatype: it holds {kind}, and a volume holds real numbers"
        raise PlanError(msg)
    if values.dtype.kind == "f" and (bad := int(np.count_nonzero(~np.isfinite(values)))):
        msg = f"{path.name}: {bad:,} of its voxels are NaN or infinite; replace them first"
        raise PlanError(msg)
    return values.astype(values.dtype.newbyteorder("="), copy=False)


def _three_axes(values: Array, path: Path) -> Array:
    """Drop empty axes beyond the third; refuse series, vectors and flat pictures."""
    while values.ndim > AXES and values.shape[-1] == 1:
        values = values[..., 0]
    if values.ndim == AXES:
        return values
    sides = "×".join(map(str, values.shape))
    more = "" if values.ndim < AXES else "; write one volume to a file of its own"
    msg = f"{path.name}: dim: it has {values.ndim} dimensions ({sides}), three are needed{more}"
    raise PlanError(msg)


def _check_voxel_size(image: Any, path: Path) -> None:
    """Look at the sizes in the file: nibabel puts 1 in the place of 0."""
    header = image.header
    if "pixdim" not in header:
        return
    from nibabel.openers import ImageOpener

    with ImageOpener(str(path)) as stream:
        stated = type(header).from_fileobj(stream, check=False)["pixdim"][1 : AXES + 1]
    if not (np.isfinite(stated) & (stated != 0)).all():
        sizes = " × ".join(f"{one:g}" for one in stated)
        msg = f"{path.name}: pixdim: voxels of {sizes} mm have no volume"
        raise PlanError(msg)


def _affine(image: Any, path: Path) -> Array:
    affine: Array = np.asarray(image.affine)
    if "sform_code" not in image.header:
        return affine
    sform, s_code = image.header.get_sform(coded=True)
    qform, q_code = image.header.get_qform(coded=True)
    if not s_code and not q_code:
        _say(f"{path.name}: sform_code and qform_code are 0: left and right are unknown")
        return affine
    if s_code and q_code:
        corners = np.array(np.meshgrid(*[(0, side - 1) for side in image.shape[:AXES]]))
        whole = np.vstack([corners.reshape(AXES, -1), np.ones(2**AXES)])
        apart = float(np.abs((sform - qform) @ whole).max())
        if apart > CLOSE:
            _say(f"{path.name}: sform and qform differ by up to {apart:.3g} mm: sform is taken")
    return np.asarray(sform if s_code else qform)


def _say(text: str) -> None:
    warnings.warn(text, SeatrialWarning, stacklevel=2)


def whole_numbers(values: Array, where: str) -> Array:
    """Take labels as integers; raises `PlanError` for what is no whole number."""
    if values.dtype.kind in "biu":
        return values
    rounded = np.rint(values)
    if np.abs(values - rounded).max(initial=0) > CLOSE:
        msg = f"{where}: labels are whole numbers, and these are not, as in {values.max():g}"
        raise PlanError(msg)
    low, high = rounded.min(initial=0), rounded.max(initial=0)
    small = np.iinfo(np.uint8)
    return rounded.astype(np.uint8 if small.min <= low <= high <= small.max else np.int32)
