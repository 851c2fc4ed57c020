"""Volumes in DICOM files, by pydicom: one series of slices, or one file of many frames."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from attrs import frozen

from ..._carriers import Volume
from ...errors import PlanError
from ._mosaic import is_mosaic, taken_apart

__all__ = ["is_dicom", "read_dicom"]

Array = np.ndarray[Any, Any]
PREAMBLE = 128
INDEX = "DICOMDIR"
PARALLEL = 1e-3
STEP = 0.01
"""Steps between slices may differ by this fraction, or by .01 mm: headers are rounded."""
SHOWN = 4
LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0])


def is_dicom(path: Path) -> bool:
    """Tell whether a file begins as DICOM files do, and is no index of others."""
    if path.name == INDEX:
        return False
    with path.open("rb") as stream:
        return stream.read(PREAMBLE + 4)[PREAMBLE:] == b"DICM"


@frozen
class Slice:
    """One slice: its pixels, where they lie, and how they become intensities."""

    pixels: Array
    position: Array
    rows_and_columns: Array  # two unit vectors: along a row, along a column
    spacing: tuple[float, float]  # between rows, between columns
    slope: float
    intercept: float
    thickness: float
    source: str


def read_dicom(path: Path) -> Volume:
    """Read the slices of one series: a folder, or one file of several frames or a mosaic.

    They are put in order by their position along the normal of the slice, and the distance between
    them is the voxel size; neither names nor numbers nor SliceThickness count. Intensities are
    rescaled, frame by frame. Raises `PlanError` that names the field, for several series, echoes or
    times in one folder, for slices that are missing, of another size or direction, and for pixels
    that this installation cannot decode.
    """
    try:
        import pydicom
    except ImportError as error:
        msg = f"to read {path.name}, install pydicom: pip install pydicom"
        raise PlanError(msg) from error
    files = [path] if path.is_file() else sorted(one for one in path.rglob("*") if one.is_file())
    sets = [(pydicom.dcmread(one), one) for one in files if is_dicom(one)]
    if not sets:
        msg = f"{path.name} holds no DICOM file"
        raise PlanError(msg)
    _check_one_series(sets, path)
    slices = [part for one, file in sets for part in _slices(one, file.name)]
    return _stacked(slices, path)


def _check_one_series(read: Sequence[tuple[Any, Path]], path: Path) -> None:
    sets = [one for one, _ in read]
    without = [file.name for one, file in read if not one.get("SeriesInstanceUID")]
    if 0 < len(without) < len(read):
        many = f"{len(without)} of {len(read)} files lack it and may be cut off"
        msg = f"{path.name}: SeriesInstanceUID: {many} ({', '.join(without[:SHOWN])})"
        raise PlanError(msg)
    for field, what in (("SeriesInstanceUID", "series"), ("EchoTime", "echoes")):
        found = Counter(str(one.get(field, "")) for one in sets)
        if len(found) > 1:
            names = {
                str(
                    one.get(field, "")
                ): f"{one.get('SeriesDescription', '')} {one.get(field)}".strip()
                for one in sets
            }
            told = "; ".join(list(names.values())[:SHOWN])
            msg = f"{path.name}: {field}: {len(found)} {what} in one folder ({told}); split them"
            raise PlanError(msg)


def _slices(data: Any, name: str) -> Iterator[Slice]:
    """Give the slices of one file; raises `PlanError` for what is no stack of grey slices."""
    if data.get("SamplesPerPixel", 1) != 1:
        msg = f"{name}: SamplesPerPixel: a picture in colours, and a volume is grey"
        raise PlanError(msg)
    pixels = _pixels(data, name)
    frames = pixels if int(data.get("NumberOfFrames", 1)) > 1 else pixels[None]
    positions = None
    if is_mosaic(data):
        frames, positions = taken_apart(data, pixels, name)
    for index, frame in enumerate(frames):
        find = _Finder(data, index, name)
        slope, intercept = find("RescaleSlope", 1), find("RescaleIntercept", 0)
        rows, columns = np.reshape(np.array(find("ImageOrientationPatient"), float), (2, 3))
        spacing = [float(one) for one in find("PixelSpacing")]
        if not all(one > 0 for one in spacing):
            msg = f"{name}: PixelSpacing: pixels of {' × '.join(map(str, spacing))} mm"
            raise PlanError(msg)
        yield Slice(
            frame,
            np.array(find("ImagePositionPatient"), float)
            if positions is None
            else positions[index],
            np.array([rows, columns]),
            (spacing[0], spacing[1]),
            float(slope),
            float(intercept),
            float(find("SpacingBetweenSlices", find("SliceThickness", 1)) or 1),
            name if len(frames) == 1 else f"{name}, frame {index + 1}",
        )


@frozen
class _Finder:
    """Finds a field of one frame: its own, that of all frames, or the file's."""

    data: Any
    frame: int
    name: str

    def __call__(self, field: str, default: Any = None) -> Any:
        for group in self._groups():
            if group.get(field) is not None:
                return group[field].value
        if default is None:
            msg = f"{self.name}: {field} is missing, so its place in space is unknown"
            raise PlanError(msg)
        return default

    def _groups(self) -> Iterator[Any]:
        frames = self.data.get("PerFrameFunctionalGroupsSequence", ())
        shared = self.data.get("SharedFunctionalGroupsSequence", ())
        for outer in (*frames[self.frame : self.frame + 1], *shared):
            for element in outer:
                if element.VR == "SQ":
                    yield from element.value
        yield self.data


def _pixels(data: Any, name: str) -> Array:
    try:
        found: Array = data.pixel_array
    except Exception as error:
        syntax = getattr(data.file_meta.get("TransferSyntaxUID"), "name", "unknown")
        hint = ""
        if getattr(data.file_meta.get("TransferSyntaxUID"), "is_compressed", False):
            hint = "; for compressed pixels: pip install 'pylibjpeg[all]'"
        msg = f"{name}: PixelData ({syntax}) cannot be read: {error}{hint}"
        raise PlanError(msg) from error
    return found


def _stacked(slices: Sequence[Slice], path: Path) -> Volume:
    first = slices[0]
    normal = np.cross(*first.rows_and_columns)
    for one in slices:
        _check_alike(first, one)
    order = sorted(slices, key=lambda one: float(one.position @ normal))
    step = _step(order, normal, path)
    # A row of pixels runs along x, a column along y.
    rows, columns = first.rows_and_columns
    affine = np.eye(4)
    affine[:3, :3] = np.column_stack([rows * first.spacing[1], columns * first.spacing[0], step])
    affine[:3, 3] = order[0].position
    affine[:3] = LPS_TO_RAS @ affine[:3]
    scaled = any(one.slope != 1 or one.intercept for one in order)
    values = np.stack([_intensities(one, scaled=scaled) for one in order], axis=-1)
    return Volume(values, affine)


def _intensities(one: Slice, *, scaled: bool) -> Array:
    pixels = one.pixels.T
    if scaled:
        return (pixels * one.slope + one.intercept).astype(np.float32)
    return pixels.astype(pixels.dtype.newbyteorder("="))


def _check_alike(first: Slice, other: Slice) -> None:
    if first.pixels.shape != other.pixels.shape:
        sides = [" × ".join(map(str, one.pixels.shape)) for one in (first, other)]
        msg = f"{other.source}: Rows, Columns: {sides[1]} pixels, and {sides[0]} in {first.source}"
        raise PlanError(msg)
    if not np.allclose(first.rows_and_columns, other.rows_and_columns, atol=PARALLEL):
        msg = f"{other.source}: ImageOrientationPatient: not parallel to {first.source}"
        raise PlanError(msg)
    if not np.allclose(first.spacing, other.spacing, rtol=PARALLEL):
        msg = f"{other.source}: PixelSpacing: other pixels than {first.source}"
        raise PlanError(msg)


def _step(order: Sequence[Slice], normal: Array, path: Path) -> Array:
    """Give the vector from slice to slice, in LPS; raises `PlanError` where slices are missing."""
    if len(order) == 1:
        return np.asarray(normal * order[0].thickness)
    places = np.array([float(one.position @ normal) for one in order])
    steps = np.diff(places)
    step = float(np.median(steps))
    allowed = max(STEP * step, STEP)
    if steps.min() < allowed:
        at = places[int(steps.argmin())]
        msg = (
            f"{path.name}: ImagePositionPatient: several slices at {at:g} mm, so it holds several "
            "times or echoes; split them"
        )
        raise PlanError(msg)
    wide = np.flatnonzero(np.abs(steps - step) > allowed)
    if len(wide):
        missing = [
            f"{places[at] + step * (1 + more):g}"
            for at in wide
            for more in range(max(1, round(steps[at] / step) - 1))
        ]
        msg = (
            f"{path.name}: ImagePositionPatient: slices lie {step:g} mm apart, and some are "
            f"missing at {', '.join(missing[:SHOWN])} mm"
        )
        raise PlanError(msg)
    return np.asarray((order[-1].position - order[0].position) / (len(order) - 1))
