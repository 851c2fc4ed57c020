"""Numbers in texts, written in one way."""

from __future__ import annotations

import re
import unicodedata
from math import gcd

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
POWER_OF_TEN = re.compile(
    r"(?<![\w.,^])(?:(?<![/÷:])(?<![/÷:]\s)(?P<times>(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?)\s*[×x*·]\s*)?"
    r"10\^(?P<power>[+-]?\d{1,2})(?![\d^]|[.,]\d)"
)
FRACTION = re.compile(
    r"(?<![\w.,:/^])(?:(?P<whole>\d+) )?(?P<over>\d)/(?P<under>\d\d?)(?![\w/^]|[.,:]\d)"
)
UNDER = (2, 4, 5, 8, 10)
"""What a fraction is over that is a decimal of a few digits: halves, quarters, fifths, …"""
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

    "1.5 × 10^3" is 1500 too, and "10^5" is 100000, but "1/2 × 10^3" is no 1/2000. A proper fraction
    in lowest terms that is a short decimal is written as one: "1/2" as 0.5 and "2 1/2" as 2.5, but
    neither "1/3" nor "2/4".

    A comma separates thousands only before groups of three digits, as in English: "1,5" may be a
    decimal or a list, and stays. So do leading zeros (a code: "007"), several points ("1.2.3"),
    what follows a letter ("B12") and the zeros of what numbers a section or version ("3.10").
    """
    if "10^" in text:
        text = POWER_OF_TEN.sub(_as_power, text)
    if "/" in text:
        text = FRACTION.sub(_as_decimal, text)
    return NUMBER.sub(_rewritten, text)


def _as_power(found: re.Match[str]) -> str:
    return f"{found['times'] or 1}e{found['power']}"


def _as_decimal(found: re.Match[str]) -> str:
    over, under = int(found["over"]), int(found["under"])
    if under not in UNDER or not over < under or gcd(over, under) > 1 or _is_labelled(found):
        return found.group()
    return f"{found['whole'] or 0}{f'{over / under:g}'[1:]}"


def _is_labelled(found: re.Match[str]) -> bool:
    """Tell the number of a section or a version from one that counts."""
    before = found.string[max(found.start() - LONGEST_LABEL, 0) : found.start()]
    return LABEL.search(before) is not None


def _rewritten(found: re.Match[str]) -> str:
    whole = (found["grouped"] or found["whole"] or "0").replace(",", "")
    part, power = found["part"] or "", int(found["power"] or 0)
    code = len(whole) > 1 and whole.startswith("0")
    if code or abs(power) > FURTHEST or _is_labelled(found):
        return found.group()
    digits = whole + part
    point = len(whole) + power
    digits = digits.rjust(len(digits) - min(point, 0), "0").ljust(point, "0")
    point = max(point, 0)
    whole, part = digits[:point].lstrip("0") or "0", digits[point:].rstrip("0")
    return f"{whole}.{part}" if part else whole
