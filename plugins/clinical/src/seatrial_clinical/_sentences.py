"""Where sentences begin and end, as far as it is safe to tell."""

from __future__ import annotations

import re
import unicodedata

from attrs import frozen

__all__ = ["Sentence", "gaps", "insert", "is_about_somebody", "sentences"]

BOUNDARY = re.compile(r"[.!?](?= [A-Z])")
CLOSES = frozenset(')%"’')
LAST = re.compile(r"[\w.]+$")
LONGEST_SHORT = 6
SHORT = frozenset(
    (
        *("dr", "mr", "mrs", "ms", "prof", "st", "no", "nos", "fig", "figs", "vs", "e.g", "i.e"),
        *("approx", "ca", "al", "etc", "inc", "ltd", "co", "vol", "p", "pp", "ref", "viz", "cf"),
    )
)
"""Words behind which a full stop ends no sentence."""

SOMEBODY = re.compile(
    r"[ImMhHsStTaA\d](?<!\w.)(?:(?<=I)|(?<=[mM])y|(?<=[hH])e|(?<=[sS])he|(?<=[hH])(?:is|er)"
    r"|(?<=[tT])he patient|(?<=[aA])n? (?:adult|(?:\w+ )?patient)"
    r"|(?<=\d)\d{0,2}[- ]year[- ]old)\b"
)
LINE = re.compile(r"[^\r\n]+")


@frozen
class Sentence:
    """One sentence of a line, with its mark at the end."""

    start: int
    end: int
    text: str


def sentences(text: str) -> list[Sentence]:
    """Cut the lines of a text into sentences, without the spaces between them."""
    found = []
    for line in LINE.finditer(text):
        start = line.start()
        for end in (*_ends(text, line.start(), line.end()), line.end()):
            part = text[start:end]
            inner = part.strip()
            if inner:
                begin = start + len(part) - len(part.lstrip())
                found.append(Sentence(begin, begin + len(inner), inner))
            start = end
    return found


def _ends(text: str, start: int, end: int) -> list[int]:
    """Find where sentences end before others: not behind "Dr." or "e.g.", nor behind a number 1."""
    found = []
    for match in BOUNDARY.finditer(text, start, end):
        place = match.start()
        last = text[place - 1 : place]
        if not (last.islower() or last.isdigit() or last in CLOSES):
            continue
        if not text[place - LONGEST_SHORT - 1 : place].isalpha():  # else the word is a longer one
            word = LAST.search(text, max(start, place - 12), place)
            if word is not None and (len(word[0]) == 1 or word[0].lower() in SHORT):
                continue
        found.append(place + 1)
    return found


def is_about_somebody(text: str) -> bool:
    """Tell whether a text is about one person, and not only about groups of them."""
    return SOMEBODY.search(text) is not None


def gaps(text: str) -> list[int]:
    """Give the places of a text where a sentence may be put, in order; none in a blank text."""
    if not text.strip():
        return []
    found = _ends(text, 0, len(text))
    first = text.lstrip()
    if unicodedata.category(first[0])[0] != "M":
        found.insert(0, len(text) - len(first))
    end = len(text.rstrip())
    if text[end - 1] in ".!?" and end not in found:
        found.append(end)
    return found


def insert(text: str, place: int, sentence: str) -> str:
    """Put a sentence at a gap: behind the sentence that ends there, or before the first one."""
    if text[:place].strip():
        return f"{text[:place]} {sentence}{text[place:]}"
    return f"{text[:place]}{sentence} {text[place:]}"
