"""What is told about each image, as a line of text that a person and a program can read.

The names of manufacturers are those of DICOM headers. Three are copied from files that nibabel and
pydicom carry; no package carries one of the other seven, so those are written as the vendors do.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date

from attrs import frozen

__all__ = ["VENDORS", "Header", "headers_in", "without_headers"]


@frozen
class Vendor:
    """A vendor, the manufacturer and model of a header, and whether a package carries the file."""

    name: str
    header: str
    file: bool = False


VENDORS = (
    Vendor("Siemens", "SIEMENS TrioTim", file=True),
    Vendor("Philips", "Philips Medical Systems Achieva", file=True),
    Vendor("Canon (Toshiba)", "TOSHIBA_MEC MRT50H1", file=True),
    Vendor("GE", "GE MEDICAL SYSTEMS DISCOVERY MR750"),
    Vendor("Fujifilm (Hitachi)", "Hitachi, Ltd. ECHELON Smart"),
    Vendor("United Imaging", "UIH uMR 780"),
    Vendor("Esaote", "Esaote S-scan"),
    Vendor("Neusoft", "Neusoft Medical Systems NSM-S15P"),
    Vendor("Mindray", "MINDRAY MagSense 360"),
    Vendor("Hyperfine", "Hyperfine SWOOP"),
)
"""Ten vendors; declare those that matter to you."""

MODALITIES = "MR|CT|US|XR|CR|DX|ES|GM|IO|MG|NM|OP|OT|PET|PT|PX|RF|RG|SC|SM|XA|XC"
"""What a header may say that an image is: DICOM's codes, and the usual words for them."""
LINE = re.compile(
    rf"Image (?P<number>\d+): (?:(?P<modality>(?i:{MODALITIES})), )?"
    r"(?P<scanner>[^:]*?), "
    r"acquired (?P<day>\d{4}-\d\d-\d\d)(?:, .*?left of the picture is (?P<left>left|right) of "
    r"the patient)?"
)


@frozen(kw_only=True)
class Header:
    """What is said of one image; `left` is what of the patient is at the left of the picture."""

    number: int
    scanner: str
    day: date
    modality: str | None = "MR"
    left: str | None = "left"

    def __str__(self) -> str:
        said = f"{self.modality}, " if self.modality else ""
        laid = (
            ", axial slices from below, 2 mm pixels, 4 mm apart, "
            f"left of the picture is {self.left} of the patient"
            if self.left
            else ""
        )
        return f"Image {self.number}: {said}{self.scanner}, acquired {self.day}{laid}."


def headers_in(texts: Iterable[str]) -> dict[int, Header]:
    """Read the headers of a conversation, by the number of their image; the last one counts.

    A header whose date is none is not read.
    """
    found = {}
    for text in texts:
        for match in LINE.finditer(text):
            try:
                day = date.fromisoformat(match["day"])
            except ValueError:
                continue
            number = int(match["number"])
            found[number] = Header(
                number=number,
                modality=match["modality"] and match["modality"].upper(),
                scanner=match["scanner"],
                day=day,
                left=match["left"],
            )
    return found


def without_headers(text: str) -> str:
    """Take the headers out of a text."""
    return LINE.sub("", text).strip(" .")
