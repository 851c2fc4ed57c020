"""Which answer a text gives: looked for in a fixed order, and never guessed.

1. What stands in the last [[...]].
2. What follows the last "answer is", "answer:" or "selection:".
3. The only option that the text names.

A letter counts as an option only in the first two: "A" begins many a sentence. Where a step finds
something that is none of the options, the next one goes on; where none finds one, the answer is
unparsed.
"""

from __future__ import annotations

import re
import string
from collections.abc import Sequence

__all__ = ["UNPARSED", "extracted"]

UNPARSED = "unparsed"
"""The class of answers in which none was found: right for no target."""

BRACKETS = re.compile(r"\[\[(.*?)\]\]", re.DOTALL)
LEAD = r"\b(?:answer\s+is|answer\s*:|selection\s*:)"
PHRASE = re.compile(rf"{LEAD}((?:(?!{LEAD})[^\n])+)", re.IGNORECASE)


def extracted(text: str, options: Sequence[str] = (), *, whole: bool = True) -> tuple[str, str]:
    """Give the answer, and which step found it: "brackets", "phrase", "only option" or "whole".

    Without options the answer is free: what the first two steps find as it stands, else the whole
    text where `whole` allows it, as after a question that asked for nothing but the answer. Both
    are `UNPARSED` where no step finds anything.
    """
    for step, pattern in (("brackets", BRACKETS), ("phrase", PHRASE)):
        for told in reversed(pattern.findall(text)):
            found = _named(told, options) if options else _bare(told)
            if found:
                return found, step
    if options:
        (only, *more) = _mentioned(text, options) or [""]
        if only and not more:
            return only, "only option"
    elif whole and text.strip():
        return text.strip(), "whole"
    return UNPARSED, UNPARSED


def _bare(text: str) -> str:
    return text.strip().strip("*[]").rstrip(".").strip()


def _plain(text: str) -> str:
    return " ".join(text.casefold().strip(string.punctuation + string.whitespace).split())


def _named(told: str, options: Sequence[str]) -> str | None:
    """Read an option's letter or text, alone or together, as in "(B) no"."""
    plain = _plain(told)
    for letter, option in zip(string.ascii_lowercase, options, strict=False):
        wanted = _plain(option)
        if plain == wanted or re.fullmatch(rf"{letter}\W+{re.escape(wanted)}", plain):
            return option
    alone = re.match(r"\W*([A-Z])(?:$|[.,:;)\]]|\W+(?:because|since)\b)", told)
    for one, option in zip(string.ascii_uppercase, options, strict=False):
        if plain == one.casefold() or (alone is not None and alone[1] == one):
            return option
    (only, *more) = _mentioned(told, options) or [""]
    return only if only and not more else None


def _mentioned(text: str, options: Sequence[str]) -> list[str]:
    """Give the options that a text names; one that stands within a longer one does not count."""
    rest, found = " ".join(text.casefold().split()), []
    for option in sorted(options, key=len, reverse=True):
        pattern = rf"(?<!\w){re.escape(_plain(option))}(?!\w)"
        rest, times = re.subn(pattern, " ", rest)
        if times:
            found.append(option)
    return found
