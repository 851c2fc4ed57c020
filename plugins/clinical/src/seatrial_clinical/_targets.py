"""The part of a case that a perturbation reads, and its target when the answer is turned around."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from seatrial import Case
from seatrial.errors import NotApplicable, ParameterError

__all__ = ["flipped", "text_of", "turned_case"]

TURNED = {"yes": "no", "no": "yes", "true": "false", "false": "true"}
QUESTION = "question"


def text_of(name: str, case: Case, part: str | None) -> tuple[str | None, str]:
    """Give the name of the part and its text: the one named, `question`, or the only one."""
    given = case.input
    if isinstance(given, str):
        return None, given
    if isinstance(given, Mapping):
        key = part or (QUESTION if QUESTION in given else None)
        if key is None:
            texts = [key for key, value in given.items() if isinstance(value, str)]
            key = texts[0] if len(texts) == 1 else None
        if key is not None and isinstance(given.get(key), str):
            return key, given[key]
    msg = f"{name}: case {case.id!r} has no text to act on; name its part with part='...'"
    raise ParameterError(msg)


def flipped(name: str, case: Case) -> Any:
    """Give the answer that is right once the question is turned around.

    "yes" and "no" (or true and false) change places, whatever their capitals; of options, the only
    one that begins with the opposite takes the place of the target. None stays None.
    """
    target = case.target
    if target is None:
        return None
    if isinstance(target, bool):
        return not target
    word = target.partition(",")[0].split(" ")[0].rstrip(".") if isinstance(target, str) else ""
    turned = TURNED.get(word.lower())
    if turned is not None:
        if target.rstrip(".").lower() == word.lower():
            new = turned.capitalize() if word[0].isupper() else turned
            return (new.upper() if word.isupper() else new) + target[len(word) :]
        options = case.input.get("options", ()) if isinstance(case.input, Mapping) else ()
        opposite = [one for one in options if one.lower().startswith(turned)]
        if len(opposite) == 1:
            return opposite[0]
    msg = f"{name}: nothing says what is right once the answer {target!r} is turned around"
    raise NotApplicable(msg)


def turned_case(name: str, case: Case, key: str | None, text: str) -> Case:
    """Give the case with another text, and the answer that is right then."""
    target = flipped(name, case)
    given = text if key is None else {**case.input, key: text}
    return Case(case.id, given, target, case.groups, case.cluster)
