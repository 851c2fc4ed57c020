"""Characters that are other forms of the same: ligatures, full width, presentation forms."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

__all__ = ["compatible"]

KINDS = ("compat", "wide", "narrow", "noBreak", "square", "initial", "medial", "final", "isolated")
SAME_IN_ANOTHER_FORM = frozenset(f"<{kind}>" for kind in KINDS)
"""Kinds of Unicode decomposition that keep the meaning; <super>, <sub> and <font> do not."""

INVISIBLE = re.compile("[\u00ad\u200b\u200e\u200f\u2060\ufe0e\ufe0f\ufeff]")
SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻", "0123456789+-")
NOT_ASCII = re.compile(r"[^\x00-\x7f]")
RAISED = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻]+")
DASHES = str.maketrans(
    dict.fromkeys("\u2010\u2011\u2012\u2013\u2212", "-")
    | {"\u2019": "'", "\u2018": "'", "\u201c": '"', "\u201d": '"', "\u2032": "'", "\u2033": '"'}
    | {"\N{FRACTION SLASH}": "/", "\N{DIVISION SLASH}": "/"}
    | {"\N{SMALL HYPHEN-MINUS}": "-", "\N{ARABIC PERCENT SIGN}": "%"}
)
BETWEEN_DIGITS = (
    (re.compile(r"(?<=\d)[\u00a0\u2009\u202f](?=\d{3}(?!\d))"), ","),  # spaces that do not break
    (re.compile("(?<=\\d)\N{ARABIC THOUSANDS SEPARATOR}(?=\\d)"), ","),
    (re.compile("(?<=\\d)\N{ARABIC DECIMAL SEPARATOR}(?=\\d)"), "."),
    (re.compile(r"(?<=\d)\s*\N{EM DASH}\s*(?=\d)"), "-"),
)
"""What separates thousands and decimals outside ASCII, and another dash of a range."""


def compatible(text: str) -> str:
    """Write each character in its usual form, and an exponent as "^5".

    Unicode's NFKC would make 10⁵ of 105, and 21⁄2 of 2½: what is raised, lowered or a fraction
    means something else than its digits on the line.
    """
    if text.isascii():
        return text
    text = INVISIBLE.sub("", unicodedata.normalize("NFC", text))
    for pattern, written in BETWEEN_DIGITS:
        text = pattern.sub(written, text)
    # Dashes and quotes first: Unicode takes a double prime apart into two.
    text = NOT_ASCII.sub(lambda found: _usual(found.group()), text.translate(DASHES))
    text = RAISED.sub(lambda found: "^" + found.group().translate(SUPERSCRIPTS), text)
    return unicodedata.normalize("NFC", text.translate(DASHES))


@cache
def _usual(character: str) -> str:
    kind, *codes = unicodedata.decomposition(character).split() or ("",)
    if kind == "<fraction>":
        return " " + "".join(chr(int(code, 16)) for code in codes)
    # A spacing accent is its own mark: its decomposition is a space with a combining one.
    if kind not in SAME_IN_ANOTHER_FORM or (codes[0] == "0020" and len(codes) > 1):
        return character
    return "".join(_usual(chr(int(code, 16))) for code in codes)
