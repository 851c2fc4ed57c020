"""Short values in a prompt: after a cue, in a part of its own, or under a name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from numbers import Number
from typing import Any

from attrs import frozen

from ._option_marks import marks_of
from ._reading import BESIDE, fields_of, options_of, rendered

__all__ = ["ANSWER", "Slot", "slots_of"]

ENDS = (
    ("the first word", re.compile(r"^\W*([^\W_]|\d{1,2})[^\w\s]\s")),
    ("the last word", re.compile(r"(?<=[?.!:\n])\W*([^\W_]|\d{1,2})\W*$")),
)
"""A letter or a number that stands alone, before the question or after it."""

LONGEST = 40
"""Longer values are texts, and no labels or numbers."""

WORDS = (
    r"answers?|ans|solution|labels?|target|gold|truth|correct|key|expected|reference|response"
    r"|choice|verdict|result|output"
)
ANSWER = re.compile(rf"(?:\b|_)(?:{WORDS})(?:\b|_)", re.IGNORECASE)
BETWEEN = r"is|was|key|option|choice|number|nr|no\.|index|id|label|letter|answer|the|line"
CUE = re.compile(
    rf"(?=[acegklorstv])(?<!\w)(?:{WORDS})\b"
    rf"(?:[^\w\n]|\b(?:{BETWEEN})(?!\w))*(?P<value>[^\W_][^\n]*)"
)
NAMED = (
    re.compile(r"(?m)^\W*(?P<name>[A-Za-z][\w -]{1,24}?)\W*(?::|=|->|→)\s*(?P<value>\S.*)$"),
    re.compile(
        r"[.;,!?]\s+(?P<name>[A-Za-z][\w -]{1,24}?)\s*(?::|=|->|→)\s*(?P<value>\w{1,12})\W*$"
    ),
    re.compile(r"[(\[{]\s*(?P<name>[A-Za-z][\w -]{1,24}?)\s*[:=]\s*(?P<value>[^\n)\]}]+)[)\]}]"),
    re.compile(r"<(?P<name>\w{2,25})>\s*(?P<value>[^<\n]+)</(?P=name)>"),
    re.compile(r"[\"'](?P<name>\w{2,25})[\"']\s*:\s*[\"']?(?P<value>[^\"',}\n]+)"),
)


@frozen
class Slot:
    """One place in the prompts: where it is, in words, and its value in each case (or None).

    `cued` says that its name, or the words before it, announce an answer; `plain`, that it stands
    in running text, where values with many forms are what the question is about.
    """

    where: str
    cued: bool
    values: tuple[str | None, ...]
    plain: bool = False


def slots_of(inputs: Sequence[Any], template: str | None) -> list[Slot]:
    """Find the places in these inputs that hold short values."""
    found: dict[tuple[str, bool], list[str | None]] = {}
    for at, value in enumerate(inputs):
        for where, short in _values(value, template):
            found.setdefault(where, [None] * len(inputs))[at] = short
    distinct = {tuple(values): where for where, values in reversed(found.items())}
    return [Slot(*where, values) for values, where in distinct.items()]


def _values(value: Any, template: str | None) -> Iterator[tuple[tuple[str, bool], str]]:
    """Give (where, whether it is cued) and the short text that stands there."""
    text = rendered(value, template)
    parts = dict(_scalars(value))
    names = fields_of(template)
    for name, short in parts.items():
        if len(parts) > 1 and _is_short(short) and (names is None or name.split(".")[0] in names):
            yield (f"the part {name!r}", bool(ANSWER.search(name))), short
    cued = [found["value"].strip() for found in CUE.finditer(text.casefold())]
    if cued:
        yield ("what stands after words such as 'answer:'", True), cued[-1][:LONGEST]
        yield ("what stands after the first words such as 'answer:'", True), cued[0][:LONGEST]
    for pattern in NAMED:
        for found in pattern.finditer(text):
            name, short = found["name"].strip().casefold(), found["value"].strip()
            if _is_short(short) and name not in BESIDE:
                yield (f"what stands after {name!r}", bool(ANSWER.search(name))), short
    for where, pattern in ENDS:
        if alone := pattern.search(text):
            yield (where, False), alone[1]
    for where, odd in marks_of(text, options_of(value)):
        yield (where, False), odd
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) > 1:
        yield from (
            ((where, False), line)
            for where, line in (("the first line", lines[0]), ("the last line", lines[-1]))
            if _is_short(line)
        )


def _is_short(text: str) -> bool:
    return 0 < len(text) <= LONGEST and "\n" not in text


def _scalars(value: Any, before: str = "") -> Iterator[tuple[str, str]]:
    """Give the texts and numbers of an input by name, without the options."""
    if isinstance(value, Mapping):
        for name, part in value.items():
            if name not in BESIDE:
                yield from _scalars(part, f"{before}.{name}" if before else str(name))
    elif isinstance(value, str | Number):
        yield before, str(value).strip()
    elif isinstance(value, Sequence) and len(value) == 1:
        yield from _scalars(value[0], before)
    elif isinstance(value, Sequence) and all(isinstance(one, str | Number) for one in value):
        yield before, " ".join(str(one).strip() for one in value)
