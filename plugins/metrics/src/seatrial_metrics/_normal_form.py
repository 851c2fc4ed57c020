"""A text in normal form: what changes no meaning is taken away, and nothing else."""

from __future__ import annotations

import re
import unicodedata

from attrs import frozen

from ._characters import compatible
from ._marks import without_punctuation
from ._numbers import ascii_digits, one_number_format

__all__ = ["NormalForm"]

CASE_MATTERS = frozenset(
    [
        *("m", "M", "g", "G", "mg", "Mg", "mm", "mM", "Mm", "nm", "nM", "pm", "pM", "μm", "μM"),
        *("ms", "mS", "ns", "nS", "μs", "μS", "mW", "MW", "mV", "MV", "mA", "MA", "mHz", "MHz"),
        *("mPa", "MPa", "mJ", "MJ", "mN", "MN", "mBq", "MBq", "cal", "Cal"),
        *("kb", "kB", "mb", "Mb", "MB", "Gb", "GB", "Tb", "TB"),
        *("Nm", "cM", "pA", "mΩ", "MΩ", "mU", "MU", "mIU", "MIU"),
    ]
)
"""Unit symbols that are other units, or other powers of ten, in another case."""

AFTER_A_NUMBER = re.compile(r"(?<=\d)(\s*)([^\W\d_]{1,3})(?![^\W\d_])")
KILOBYTE = re.compile(r"(?<=\d)(\s*)K(?=[bB]\b)")
PER_CENT = re.compile(r"(?<=\d)\s*per\s?cent\b", re.IGNORECASE)
UNIT = re.compile(
    r"(?<![\w.,])(\d(?:[\d.,xe]*\d)?)(?:-(?=[^\W\d_]{2}))?"
    r"((?:[munkcd]?[glm]|mcg|μ[glm]|k?hz|m?mol|mmhg|k?pa|k?cal|iu|min|ms)\b)",
    re.IGNORECASE,
)
"""Units that stand right behind a number, or a hyphen, as often as after a space."""
GREEK = "[\N{GREEK CAPITAL LETTER ALPHA}-\N{GREEK SMALL LETTER OMEGA}]"
LONE_GREEK = re.compile(rf"(?<!{GREEK}){GREEK}(?!{GREEK})")
GREEK_WORD = re.compile(GREEK * 2)


@frozen
class NormalForm:
    """Rewrites texts so that two which say the same are equal, by the switches of exact match."""

    case: bool
    white_space: bool
    punctuation: bool
    number_format: bool

    def __call__(self, text: str) -> str:
        text = ascii_digits(compatible(text))
        if self.number_format:
            text = UNIT.sub(r"\1 \2", PER_CENT.sub("%", text))
            text = one_number_format(text)
        if self.punctuation:
            text = without_punctuation(text)
        if self.case:
            text = unicodedata.normalize("NFC", _folded(text))
        return " ".join(text.split()) if self.white_space else text


def _folded(text: str) -> str:
    """Fold case, but not of unit symbols ("5 mW", "5 MW") and lone Greek letters."""
    text = KILOBYTE.sub(r"\1k", text)
    kept = [found.span(2) for found in AFTER_A_NUMBER.finditer(text) if found[2] in CASE_MATTERS]
    bare = text.strip()
    if len(bare) > 1 and bare in CASE_MATTERS:
        return text
    if not text.isascii() and not GREEK_WORD.search(text):
        kept += [found.span() for found in LONE_GREEK.finditer(text)]
    pieces, at = [], 0
    for start, end in sorted(kept):
        pieces += [text[at:start].casefold(), text[start:end]]
        at = max(end, at)
    return "".join(pieces) + text[at:].casefold()
