"""Volumes in DICOM files of a folder: which there are, and which scanner they come from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from ...errors import PlanError
from ..modalities._dicom import is_dicom
from ..modalities._mosaic import is_mosaic

__all__ = ["SCANNER", "holds_dicom", "volumes_of"]

SCANNER = {
    "vendor": "Manufacturer",
    "model": "ManufacturerModelName",
    "field_strength": "MagneticFieldStrength",
    "sequence": "ScanningSequence",
}
"""Columns, and the fields of a header that they hold."""
SUFFIXES = (".dcm", ".ima")
WHOLE = ("NumberOfFrames", "ImageType")


def holds_dicom(path: Path) -> bool:
    """Tell whether a file is DICOM: scanners often write them without a suffix."""
    try:
        return path.suffix.lower() in SUFFIXES or is_dicom(path)
    except OSError:  # it may not be read: its suffix is all there is to go by
        return False


def volumes_of(files: Iterable[Path]) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Give a path for each volume in DICOM files, and what its header says of the scanner.

    The files of one folder are the slices of a volume, and the path is the folder's, unless the
    first of them is a volume by itself, of several frames or a mosaic: then each is.
    """
    folders: dict[Path, list[Path]] = {}
    for one in files:
        folders.setdefault(one.parent, []).append(one)
    for folder, inside in folders.items():
        first = _header(inside[0])
        if int(first.get("NumberOfFrames") or 1) > 1 or is_mosaic(first):
            yield from ((one, _scanner(_header(one))) for one in inside)
        else:
            yield folder, _scanner(first)


def _header(path: Path) -> Any:
    """Read what is wanted of a header; nothing of a file that cannot be read, as its case says."""
    try:
        import pydicom
    except ImportError as error:
        msg = f"to read {path.name}, install pydicom: pip install pydicom"
        raise PlanError(msg) from error
    wanted: Sequence[str] = (*SCANNER.values(), *WHOLE)
    try:
        return pydicom.dcmread(path, stop_before_pixels=True, specific_tags=list(wanted))
    except Exception:  # noqa: BLE001 - whatever is wrong with it costs its own case, later
        return {}


def _scanner(header: Any) -> dict[str, Any]:
    return {name: _plain(header.get(keyword)) for name, keyword in SCANNER.items()}


def _plain(value: Any) -> str | float | None:
    """Take a number as one, and several values as a text of all of them."""
    if value is None or value == "":
        return None
    if isinstance(value, float | int):
        return float(value)
    several = [value] if isinstance(value, str) else value
    return " ".join(str(one).strip() for one in several)
