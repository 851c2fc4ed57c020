"""What cases say, read in one way by every audit: prompts, options, gold and keys of sameness."""

from __future__ import annotations

import json
import re
import string
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from seatrial import Case, Volume
from seatrial.kit import digest

__all__ = [
    "BESIDE",
    "PREFIX",
    "fields_of",
    "gold_of",
    "input_key",
    "normalised",
    "options_of",
    "parts_of",
    "prompt_of",
    "rendered",
    "value_key",
]

OPTIONS = ("options", "choices")
BESIDE = (*OPTIONS, "refusals")
"""Parts of an input that are answers to choose from, not what is asked."""

LETTERED = re.compile(r"^\s*\(?([A-Z])[).:]\s+(\S.*?)\s*$", re.MULTILINE)
LETTER = re.compile(r"\(?([A-Za-z])[).:]?")
PREFIX = re.compile(r"^\(?([A-Z])[).:]\s+(?=\S)")


def normalised(text: str) -> str:
    """Write a text so that only what it says counts: not case, white space or Unicode forms."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def parts_of(value: Any) -> dict[str, str]:
    """Give the texts of an input by name, without the options; a bare text is called "input"."""
    if isinstance(value, str):
        return {"input": value}
    if isinstance(value, Mapping):
        found = {str(name): parts_of(part) for name, part in value.items() if name not in BESIDE}
        return {name: "\n".join(part.values()) for name, part in found.items() if part}
    if isinstance(value, Sequence):
        texts = ["\n".join(parts_of(_said(turn)).values()) for turn in value]
        return {"messages": "\n".join(text for text in texts if text)} if any(texts) else {}
    return {}


def _said(turn: Any) -> Any:
    """Leave out who said a turn of messages."""
    if isinstance(turn, Mapping):
        return {name: part for name, part in turn.items() if name != "role"}
    return turn


def prompt_of(value: Any) -> str:
    """Give all texts of an input, one below the other, without the options."""
    return "\n".join(parts_of(value).values())


def fields_of(template: str | None) -> frozenset[str] | None:
    """Give the names of the parts that a template has; None without one, or if it has no form."""
    if template is None:
        return None
    try:
        found = {name for _, name, *_ in string.Formatter().parse(template) if name is not None}
    except ValueError:
        return None
    return frozenset(found) or None


def rendered(value: Any, template: str | None) -> str:
    """Fill a template as models do; without one, write each part below its name."""
    parts, names = parts_of(value), fields_of(template)
    if template is not None and names is not None and names <= parts.keys():
        pieces = string.Formatter().parse(template)
        return "".join(text + parts.get(name or "", "") for text, name, *_ in pieces)
    return "\n".join(text if len(parts) == 1 else f"{name}: {text}" for name, text in parts.items())


def options_of(value: Any) -> tuple[str, ...]:
    """Give the options of an input: its part, or the lettered lines of its text; else none."""
    if isinstance(value, Mapping):
        for name in OPTIONS:
            given = value.get(name)
            if isinstance(given, str):
                return _lettered(given)
            if isinstance(given, Sequence) and all(isinstance(one, str) for one in given):
                return tuple(given)
    return _lettered(prompt_of(value))


def _lettered(text: str) -> tuple[str, ...]:
    found = LETTERED.findall(text)
    letters = "".join(letter for letter, _ in found)
    in_order = letters == "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[: len(letters)]
    return tuple(option for _, option in found) if len(found) > 1 and in_order else ()


def gold_of(case: Case) -> str | None:
    """Give the right answer as a text: the option where the target is its letter or its text."""
    target = case.target
    if not isinstance(target, str):
        return None
    options = options_of(case.input)
    plain = normalised(target)
    for option in options:
        if normalised(option) == plain:
            return option
    bare = PREFIX.sub("", target)
    for option in options:
        if normalised(PREFIX.sub("", option)) == normalised(bare):
            return option
    if options and (found := LETTER.fullmatch(target.strip())):
        place = ord(found[1].upper()) - ord("A")
        if place < len(options):
            return options[place]
    return target


def value_key(value: Any) -> Any:
    """Give something hashable that is equal for values which say the same."""
    if isinstance(value, str):
        return normalised(value)
    if isinstance(value, np.ndarray):
        content = digest(np.ascontiguousarray(value).tobytes())
        return ("array", value.shape, str(value.dtype), content)
    if isinstance(value, Volume):
        return ("volume", value_key(value.array), value_key(value.affine))
    if isinstance(value, Mapping):
        return tuple(sorted((str(name), repr(value_key(part))) for name, part in value.items()))
    if isinstance(value, Sequence):
        return tuple(value_key(part) for part in value)
    return json.dumps(value, default=repr)


def input_key(value: Any) -> Any:
    """Give the same for inputs that ask the same, in whatever order their options stand."""
    if isinstance(value, Mapping):
        found = {}
        for name, part in value.items():
            key = value_key(part)
            found[str(name)] = sorted(map(repr, key)) if name in BESIDE and key else key
        return tuple(sorted((name, repr(part)) for name, part in found.items()))
    return value_key(value)
