"""Numbers in texts, written in one way."""

from __future__ import annotations

import re
import unicodedata

__all__ = ["ascii_digits", "one_number_format"]

OTHER_DIGIT = re.compile(r"[^\D0-9]")
NUMBER = re.compile(
    r"(?=[\d.])(?<![\w.,])(?:(?P<grouped>[1-9]\d{0,2}(?:,\d{3})+)|(?P<whole>\d+))?"
    r"(?:\.(?P<part>\d+))?(?:[eE](?P<power>[+-]?\d{1,2}))?(?![.,]?\d)(?<=\d)"
)
LABEL = re.compile(
    r"\b(?:version|release|section|chapter|fig(?:ure)?\.?|table|equation|article|rule|clause"
    r"|paragraph)\s+$",
    re.IGNORECASE,
)
LONGEST_LABEL = 12
FURTHEST = 30
"""Powers of ten beyond this are compared as they are written."""


def ascii_digits(text: str) -> str:
    """Write the decimal digits of every script as 0 to 9; superscripts are none."""
    if text.isascii():
        return text
    return OTHER_DIGIT.sub(lambda found: str(unicodedata.decimal(found.group())), text)


def one_number_format(text: str) -> str:
    """Write "1,000", "1000.0" and "1e3" as 1000, and ".5" as 0.5.

    A comma separates thousands only before groups of three digits, as in English: "1,5" may be a
    decimal or a list, and stays. So do leading zeros (a code: "007"), several points ("1.2.3"),
    what follows a letter ("B12") and the zeros of what numbers a section or version ("3.10").
    """
    return NUMBER.sub(_rewritten, text)


def _rewritten(found: re.Match[str]) -> str:
    whole = (found["grouped"] or found["whole"] or "0").replace(",", "")
    part, power = found["part"] or "", int(found["power"] or 0)
    before = found.string[max(found.start() - LONGEST_LABEL, 0) : found.start()]
    code = len(whole) > 1 and whole.startswith("0")
    if code or abs(power) > FURTHEST or LABEL.search(before):
        return found.group()
    digits = whole + part
    point = len(whole) + power
    digits = digits.rjust(len(digits) - min(point, 0), "0").ljust(point, "0")
    point = max(point, 0)
    whole, part = digits[:point].lstrip("0") or "0", digits[point:].rstrip("0")
    return f"{whole}.{part}" if part else whole
