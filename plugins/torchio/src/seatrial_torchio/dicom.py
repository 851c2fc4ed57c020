"""What DICOM headers say though they must not: who the patient is; and series to be split.

from seatrial_torchio.dicom import identifying_fields, split_series
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pydicom
from pydicom.errors import InvalidDicomError

from seatrial.errors import PlanError

__all__ = ["identifying_fields", "split_series"]

IDENTIFYING = frozenset(
    {
        "AccessionNumber",
        "InstitutionAddress",
        "InstitutionName",
        "MedicalRecordLocator",
        "OtherPatientIDs",
        "PatientAddress",
        "PatientBirthDate",
        "PatientBirthTime",
        "PatientID",
        "PatientTelephoneNumbers",
        "StationName",
        "StudyDate",
    }
)
"""Keywords that identify a person or lead to one; every person's name (VR PN) does, too."""
SHORTEST = 4
"""Names and numbers of fewer characters are found anywhere by chance."""


def identifying_fields(path: str | Path) -> tuple[str, ...]:
    """List the fields of DICOM files that identify a person, wherever in the headers they stand.

    Names and numbers of the patient are looked for in every element, private blocks and nested
    sequences included: emptying PatientName leaves the copies there. A field reads
    `file.dcm: RequestAttributesSequence[0].PatientID`.
    """
    found = []
    for file, data in _headers(Path(path)):
        known = _names(data)
        found += [f"{file.name}: {place}" for place in _identifying(data, known, "")]
    return tuple(found)


def split_series(source: str | Path, to: str | Path) -> tuple[Path, ...]:
    """Copy the files of a folder into one folder for each series and echo; give these folders.

    They are `to/<series>-<echo>`, numbered in the order of SeriesNumber and EchoTime. Raises
    `PlanError` where there is no DICOM file, and where `to` is not empty.
    """
    to = Path(to)
    if to.exists() and any(to.iterdir()):
        msg = f"{to} is not empty: name a new folder"
        raise PlanError(msg)
    parts: dict[tuple[int, str, float], list[Path]] = {}
    for file, data in _headers(Path(source)):
        number, echo = data.get("SeriesNumber") or 0, data.get("EchoTime") or 0
        key = (int(number), str(data.get("SeriesInstanceUID", "")), float(echo))
        parts.setdefault(key, []).append(file)
    if not parts:
        msg = f"{source} holds no DICOM file"
        raise PlanError(msg)
    series = list(dict.fromkeys(uid for _, uid, _ in sorted(parts)))
    echoes: dict[str, int] = {}
    made = []
    for key in sorted(parts):
        echoes[key[1]] = echoes.get(key[1], 0) + 1
        folder = to / f"{series.index(key[1]) + 1}-{echoes[key[1]]}"
        folder.mkdir(parents=True)
        for place, file in enumerate(parts[key]):
            shutil.copyfile(file, folder / f"{place:04}.dcm")
        made.append(folder)
    return tuple(made)


def _headers(path: Path) -> Iterator[tuple[Path, Any]]:
    for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
        if file.is_file():
            try:
                yield file, pydicom.dcmread(file, stop_before_pixels=True)
            except InvalidDicomError:
                continue


def _text(value: Any) -> str:
    if value is None:
        return ""
    several = value if isinstance(value, list | pydicom.multival.MultiValue) else [value]
    return " ".join(f"{one:g}" if isinstance(one, float) else str(one).strip() for one in several)


def _names(data: Any) -> frozenset[str]:
    """Gather the names and numbers of the patient, in lower case, wherever they are declared."""
    found = set()
    for element in data.iterall():
        if element.VR == "PN" or element.keyword in ("PatientID", "OtherPatientIDs"):
            found.update(_text(element.value).lower().replace("^", " ").split())
    return frozenset(one for one in found if len(one) >= SHORTEST)


def _identifying(data: Any, known: frozenset[str], before: str) -> Iterator[str]:
    for element in data:
        place = before + (element.keyword or f"({element.tag.group:04x},{element.tag.element:04x})")
        if element.VR == "SQ":
            for index, item in enumerate(element.value):
                yield from _identifying(item, known, f"{place}[{index}].")
        elif _is_identifying(element, known):
            yield place


def _is_identifying(element: Any, known: frozenset[str]) -> bool:
    if isinstance(element.value, bytes):
        held = element.value.decode("latin-1").lower()
        return any(name in held for name in known)
    text = _text(element.value).lower()
    if text and (element.VR == "PN" or element.keyword in IDENTIFYING):
        return True
    return element.VR != "UI" and any(name in text for name in known)
