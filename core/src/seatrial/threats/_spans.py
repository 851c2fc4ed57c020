"""Words of a text that a search may replace, and how a replacement is written."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..errors import ParameterError

__all__ = ["PROTECT", "any_of", "free_words", "in_the_case_of"]

NUMBERS = "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|half|once|twice"
PROTECT = (
    rf"(?:\d[\d.,/:]*|{NUMBERS})(?:\s*[^\s\d]\S*)?",  # a number, with its unit after it
    r"no|not|none|nor|never|neither|without|cannot|(?:deny|denie[sd]|denying)|\w+n['’]t",
    r"left|right|both|upper|lower|bilateral(?:ly)?",
)
"""What carries the meaning of a text: numbers with their units, negation, sides."""

# A word of two letters or more: option letters stay, and so does what a digit or an accent touches.
WORD = re.compile(
    r"(?<![\w\u0300-\u036f])[^\W\d_]{2,}(?:[-'’][^\W\d_]+)*(?![\w\u0300-\u036f])(?![-'’]\w)"
)


def any_of(patterns: Sequence[str], *, what: str) -> re.Pattern[str] | None:
    """Compile patterns that match whole words, whatever their case; None for no patterns."""
    if isinstance(patterns, str) or not all(isinstance(one, str) for one in patterns):
        msg = f"{what} must be a tuple of strings, got {patterns!r}"
        raise ParameterError(msg)
    for pattern in patterns:
        try:
            re.compile(pattern)
        except re.error as error:
            msg = f"{what} has {pattern!r}, which is no regular expression: {error}"
            raise ParameterError(msg) from error
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
