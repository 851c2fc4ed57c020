"""Words of a text that a search may replace, and how a replacement is written."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from seatrial.errors import ParameterError

__all__ = ["free_words", "in_the_case_of", "protected_by"]

NUMBERS = "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|half|once|twice"
KEPT: Mapping[str, str] = {
    "numbers": rf"(?:\d[\d.,/:]*|{NUMBERS})(?:\s*[^\s\d]\S*)?",  # with the unit after it
    "negation": r"no|not|none|nor|never|neither|without|cannot|deny|denie[sd]|denying|\w+n['’]t",
    "laterality": r"left|right|both|upper|lower|bilateral(?:ly)?",
}
"""What carries the meaning of a text, by the words that `Perturbation.alters` has for it."""

# A word of two letters or more: option letters stay, and so does what a digit or an accent touches.
WORD = re.compile(
    r"(?<![\w\u0300-\u036f])[^\W\d_]{2,}(?:[-'’][^\W\d_]+)*(?![\w\u0300-\u036f])(?![-'’]\w)"
)


def protected_by(protect: Sequence[str], alters: Sequence[str]) -> re.Pattern[str] | None:
    """Compile what stays: every kind but those in `alters`, and whatever else is to be kept."""
    for name, given in {"protect": protect, "alters": alters}.items():
        if isinstance(given, str) or not all(isinstance(one, str) for one in given):
            msg = f"{name} must be a tuple of strings, got {given!r}"
            raise ParameterError(msg)
    if unknown := sorted(set(alters) - KEPT.keys()):
        msg = f"alters names unknown kinds {', '.join(unknown)}; the kinds are {', '.join(KEPT)}"
        raise ParameterError(msg)
    for pattern in protect:
        try:
            re.compile(pattern)
        except re.error as error:
            msg = f"protect has {pattern!r}, which is no regular expression: {error}"
            raise ParameterError(msg) from error
    patterns = [*(KEPT[kind] for kind in KEPT if kind not in alters), *protect]
    whole = "|".join(f"(?:{pattern})" for pattern in patterns)
    return re.compile(rf"(?<!\w)(?:{whole})(?!\w)", re.IGNORECASE) if patterns else None


def free_words(text: str, protected: re.Pattern[str] | None) -> list[tuple[int, int]]:
    """Find the words that no protected span touches, as (start, end)."""
    kept = [match.span() for match in protected.finditer(text)] if protected else []
    return [
        match.span()
        for match in WORD.finditer(text)
        if not any(start < match.end() and match.start() < end for start, end in kept)
    ]


def in_the_case_of(word: str, replacement: str) -> str:
    """Write a replacement as the word was written: in capitals, or with one, or as it is."""
    if word.isupper() and len(word) > 1:
        return replacement.upper()
    if word[:1].isupper():
        return replacement[:1].upper() + replacement[1:]
    return replacement
