"""The copilot: it hears a conversation with up to five images, and answers from what it finds."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from seatrial import Prediction
from seatrial.errors import ModelError, ParameterError
from seatrial.kit import digest, import_string

from ..mri import thresholds
from ._findings import Findings, Segment, findings_in
from ._headers import VENDORS, Header
from ._hearing import Heard, heard_in
from ._questions import option
from ._report import LINES, report_of
from ._understanding import asked_image

__all__ = ["Copilot"]

IMAGES = 5
SAME, LESS = 4.0, 12.0
"""Percent below which the brain has not changed, and below which it is said to be 8 % smaller."""
NO_QUESTION = "I can answer questions about MR images of the brain, and write a report."
SIDES = ("left", "right")


class Refuses(Exception):  # noqa: N818 - an answer, not a fault
    """The copilot does not answer, and says why."""


class Copilot:
    """Brain mask, sequence, tissue, halves and quality of each image, and answers made of them.

    `tissue` is the model of grey and white matter, as a specification names one (`use` and
    `params`); by default it is `mri.thresholds`. `lines` are the lines of the report that it
    writes: with a single one, that part alone is on trial. What it found in an image it keeps, so
    that each is looked at once a process.
    """

    def __init__(
        self, *, tissue: Mapping[str, Any] | None = None, lines: Sequence[str] = LINES
    ) -> None:
        if isinstance(lines, str) or not lines:
            msg = f"lines is a list of some of {', '.join(LINES)}, got {lines!r}"
            raise ParameterError(msg)
        if unknown := [one for one in lines if one not in LINES]:
            msg = f"lines must be some of {', '.join(LINES)}, got {unknown[0]!r}"
            raise ParameterError(msg)
        self.lines = tuple(lines)
        self.segment: Segment = thresholds() if tissue is None else _made(tissue)
        self._seen: dict[str, Findings] = {}

    @property
    def identity(self) -> str:
        """What it is: its tissue model, and the lines of its report."""
        tissue = getattr(self.segment, "identity", "tissue model without an identity")
        return f"copilot, {tissue}, {', '.join(self.lines)}"

    def __call__(self, inputs: Sequence[Any], /) -> list[Prediction]:
        """Answer each: a conversation, or a mapping with `talk`, and with `options`."""
        return [self._answered(one) for one in inputs]

    def _answered(self, value: Any) -> Prediction:
        parts = value if isinstance(value, Mapping) else {"talk": value}
        options, refusals = (tuple(parts.get(name, ())) for name in ("options", "refusals"))
        heard = heard_in(_talk(parts.get("talk")))
        if heard.topic is None and not options:
            return Prediction(NO_QUESTION, refused=False)
        try:
            said = self._said(heard, options)
        except Refuses as reason:
            why = {"why": str(reason)}
            return Prediction((*refusals, str(reason))[0], refused=True, details=why)
        return Prediction(said, refused=False)

    def _said(self, heard: Heard, options: Sequence[str]) -> str:
        if heard.topic is None:
            msg = "that is nothing that I do"
            raise Refuses(msg)
        if len(heard.pictures) > IMAGES:
            msg = f"I compare up to {IMAGES} images, not {len(heard.pictures)}"
            raise Refuses(msg)
        said = ANSWERS[heard.topic](self, heard)
        if options and said not in options:
            msg = f"{said} is none of the options"
            raise Refuses(msg)
        return said

    def _findings(self, heard: Heard, number: int) -> Findings:
        """Look at one image, or refuse what its header or the image itself says it is not."""
        if not 1 <= number <= len(heard.pictures):
            msg = f"there is no image {number}"
            raise Refuses(msg)
        modality = _header(heard, number).modality
        if modality not in (None, "MR"):
            msg = f"image {number} is {modality}, not MR"
            raise Refuses(msg)
        picture = heard.pictures[number - 1]
        key = digest(picture.tobytes() + str(picture.shape).encode())
        if key not in self._seen:
            self._seen[key] = findings_in(picture, self.segment)
        found = self._seen[key]
        if found.problem:
            msg = f"image {number}: {found.problem}"
            raise Refuses(msg)
        return found

    def _good(self, heard: Heard, number: int) -> Findings:
        found = self._findings(heard, number)
        if not found.quality.good:
            msg = f"the quality of image {number} is too low"
            raise Refuses(msg)
        return found

    def _sequence(self, heard: Heard) -> str:
        return self._findings(heard, asked_image(heard.question)).sequence

    def _organ(self, heard: Heard) -> str:
        self._findings(heard, asked_image(heard.question))
        return option("organ", "brain")

    def _vendor(self, heard: Heard) -> str:
        scanner = _header(heard, asked_image(heard.question)).scanner.lower()
        words = set(re.findall(r"[a-z]+", scanner))
        for vendor in VENDORS:
            if not words.isdisjoint(re.findall(r"\w+", vendor.name.lower())):
                return vendor.name
        msg = f"I do not know who made {scanner!r}"
        raise Refuses(msg)

    def _side(self, heard: Heard) -> str:
        number = asked_image(heard.question)
        found = self._good(heard, number)
        side = _patients(_header(heard, number), found)
        if side is None and found.smaller is not None:
            msg = f"the header of image {number} does not say where the patient's left is"
            raise Refuses(msg)
        if side is None:
            msg = f"I compare halves on T1 alone, and image {number} is not"
            raise Refuses(msg)
        return option("side", side)

    def _change(self, heard: Heard) -> str:
        earlier, later = (self._good(heard, at).brain_ml for at in _in_time(heard))
        percent = 100 * (1 - later / earlier)
        return option("change", "0" if percent < SAME else "8" if percent < LESS else "16")

    def _first(self, heard: Heard) -> str:
        earlier, later = _in_time(heard)
        if _header(heard, earlier).day == _header(heard, later).day:
            msg = f"images {earlier} and {later} were acquired on the same day"
            raise Refuses(msg)
        return option("first", str(earlier))

    def _report(self, heard: Heard) -> str:
        number = asked_image(heard.question)
        found = self._good(heard, number)
        return report_of(found, _patients(_header(heard, number), found), self.lines)


ANSWERS: Mapping[str, Callable[[Copilot, Heard], str]] = {
    "sequence": Copilot._sequence,
    "organ": Copilot._organ,
    "vendor": Copilot._vendor,
    "side": Copilot._side,
    "change": Copilot._change,
    "first": Copilot._first,
    "report": Copilot._report,
}


def _header(heard: Heard, number: int) -> Header:
    if number not in heard.headers:
        msg = f"nothing is said of image {number}: I need its header"
        raise Refuses(msg)
    return heard.headers[number]


def _patients(header: Header, found: Findings) -> str | None:
    """Turn the smaller half of the picture into that of the patient, as its header says."""
    if found.smaller is None or header.left is None:
        return None
    at = SIDES.index(found.smaller)
    return SIDES[at if header.left == "left" else 1 - at]


def _in_time(heard: Heard) -> list[int]:
    """Order the first two images by their dates."""
    return sorted((1, 2), key=lambda number: _header(heard, number).day)


def _talk(value: Any) -> Sequence[Mapping[str, Any]]:
    """Check that a value is a conversation, as seatrial's modality of that name is."""
    whole = isinstance(value, tuple | list)
    if not whole or not all(
        isinstance(one, Mapping) and {"role", "content"} <= {*one} for one in value
    ):
        msg = "the copilot takes a conversation: messages with role and content, alone or as `talk`"
        raise ModelError(msg)
    messages: Sequence[Mapping[str, Any]] = value
    return messages


def _made(tissue: Any) -> Segment:
    if not isinstance(tissue, Mapping) or "use" not in tissue or {*tissue} - {"use", "params"}:
        msg = f"tissue names a model by use and params, as a specification does, got {tissue!r}"
        raise ParameterError(msg)
    factory = import_string(tissue["use"], what="tissue")
    try:
        made: Segment = factory(**tissue.get("params", {}))
    except TypeError as error:
        msg = f"tissue {tissue['use']!r}: {error}"
        raise ParameterError(msg) from error
    return made
