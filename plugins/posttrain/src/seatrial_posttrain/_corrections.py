"""The first wrong step of an answer, as a judge quotes it, and whether the quote holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import field, frozen
from attrs.validators import instance_of, optional

__all__ = ["Correction", "Located", "correction_of", "located"]

ENDS = ".!?:;"


@frozen(kw_only=True)
class Correction:
    """The first wrong step of an answer and a right one to put in its place.

    `step` is quoted word for word, and so is `before`, everything that stands before it; None for
    `before` leaves that to be read off the answer.
    """

    step: str = field(validator=instance_of(str))
    correction: str = field(validator=instance_of(str))
    before: str | None = field(default=None, validator=optional(instance_of(str)))
    justification: str = field(default="", validator=instance_of(str))


@frozen
class Located:
    """A step where it stands: what comes before it, what it says, and what it should say."""

    before: str
    step: str
    correction: str


def correction_of(value: Any) -> Correction | None:
    """Read what a critic gives: a `Correction`, or a mapping of its fields; None for all else."""
    if isinstance(value, Correction) or not isinstance(value, Mapping):
        return value if isinstance(value, Correction) else None
    try:
        return Correction(**value)
    except TypeError:
        return None


def located(text: str, given: Correction) -> Located | str:
    """Find the step in the answer, or say why the quote is none of an intermediate step."""
    step, correction = given.step.strip(), given.correction.strip()
    if not step or not correction:
        return "the step or its correction is empty"
    place = _place(text, step, given.before)
    if isinstance(place, str):
        return place
    before, after = text[:place], text[place + len(step) :]
    if not after.strip():
        return "the quoted step is the end of the answer"
    if not (_ends(before) and _ends(step + after[0])):
        return "the quoted step is only a part of one"
    return Located(before.strip(), step, correction)


def _place(text: str, step: str, before: str | None) -> int | str:
    places = _places(text, step)
    if not places:
        return "the quoted step does not stand in the answer"
    if before is not None:
        places = [one for one in places if text[:one].strip() == before.strip()]
        if not places:
            return "the quoted reasoning is not what stands before the step"
    return places[0] if len(places) == 1 else "the quoted step stands in the answer more than once"


def _places(text: str, step: str) -> list[int]:
    found, place = [], text.find(step)
    while place >= 0:
        found.append(place)
        place = text.find(step, place + 1)
    return found


def _ends(text: str) -> bool:
    """Say whether a new step may begin after a text: at its beginning, in a line, after a stop."""
    said = text.rstrip(" \t")
    return not said or said[-1] == "\n" or (said != text and said[-1] in ENDS)
