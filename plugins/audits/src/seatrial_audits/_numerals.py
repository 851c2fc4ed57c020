"""Numbers as they are written: digits, English words, roman numerals."""

from __future__ import annotations

import re

__all__ = ["number_of"]

ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen"
)
TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
VALUES = {word: at for at, word in enumerate(ONES.split(" "))} | {
    word: 10 * at for at, word in enumerate(TENS.split(" "), start=2)
}
SCALES = {"hundred": 100, "thousand": 1000, "million": 1_000_000}
ROMAN = re.compile(r"(?=.)m{0,3}(?:cm|cd|d?c{0,3})(?:xc|xl|l?x{0,3})(?:ix|iv|v?i{0,3})")
LETTERS = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100, "d": 500, "m": 1000}
DIGITS = re.compile(r"[-+]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?")
WORD = re.compile(r"[\s-]*([a-z]+)")


def number_of(text: str) -> float | None:
    """Give the number with which a text in lower case begins, or None."""
    if found := DIGITS.match(text):
        return float(found.group().replace(",", ""))
    words, at = [], 0
    while (found := WORD.match(text, at)) and (found[1] in VALUES or found[1] in SCALES):
        words.append(found[1])
        at = found.end()
    if words:
        return float(_spelt(words))
    found = WORD.match(text)
    return float(_roman(found[1])) if found and ROMAN.fullmatch(found[1]) else None


def _spelt(words: list[str]) -> int:
    total = group = 0
    for word in words:
        if word not in SCALES:
            group += VALUES[word]
        elif word == "hundred":
            group = max(group, 1) * SCALES[word]
        else:
            total, group = total + max(group, 1) * SCALES[word], 0
    return total + group


def _roman(text: str) -> int:
    values = [LETTERS[one] for one in text]
    after = [*values[1:], 0]
    return sum(-one if one < more else one for one, more in zip(values, after, strict=True))
