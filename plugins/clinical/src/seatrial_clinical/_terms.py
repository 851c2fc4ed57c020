"""Find the terms of a lexicon in a text, as whole words, and put others in their places."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Generic, TypeVar

from attrs import frozen

from seatrial.errors import NotApplicable, ParameterError

__all__ = [
    "Mention",
    "Terms",
    "begins_sentence",
    "check_text",
    "inapplicable",
    "protected_by",
    "recased",
    "replaced",
    "terms_of",
    "unprotected",
]

T = TypeVar("T")

WORD = re.compile(r"[^\W_]+(?:[-'’][^\W_]+)*")
JOINED = frozenset("/@_\\-.'’")  # beside a word they make it part of an address or of a longer name
ARTICLE = re.compile(r"(?<!\w)([Aa])n? $")
LONGEST_SHORT = 5  # letters of an abbreviation; a longer word in capitals is shouted


@frozen(eq=False)
class Mention(Generic[T]):
    """Where a term stands, what is written there, and the term and its value in the lexicon."""

    start: int
    end: int
    text: str
    term: str
    value: T


@frozen(eq=False)
class Terms(Generic[T]):
    """Terms by their first word, the longest first, each with what the lexicon has for it.

    A term in small letters, or with one capital, is found however it is written; one with several
    capitals (BP, MI) only as it stands.
    """

    heads: Mapping[str, Sequence[tuple[Sequence[str], str, T]]]

    def find(self, text: str) -> list[Mention[T]]:
        """Find the terms, in order, none within another, and none that a mark or joint touches."""
        low = text.lower()
        if len(low) != len(text):  # the one letter that grows in lower case
            low = text.replace("İ", "I").lower()
        if len(low) != len(text):
            return []
        heads = self.heads
        words = [match.span() for match in WORD.finditer(low)]
        found = []
        after = 0
        for index, (start, end) in enumerate(words):
            candidates = heads.get(low[start:end])
            if candidates is None or start < after:
                continue
            for rest, term, value in candidates:
                stop = self._stop(low, words, index, rest)
                if stop is None or (_shouts(term) and text[start:stop] != term):
                    continue
                if _free(text, start, stop):
                    found.append(Mention(start, stop, text[start:stop], term, value))
                    after = stop
                break
        return found

    @staticmethod
    def _stop(
        low: str, words: Sequence[tuple[int, int]], index: int, rest: Sequence[str]
    ) -> int | None:
        """Tell where a term ends whose other words must follow, each after one space."""
        end = words[index][1]
        if index + len(rest) >= len(words):
            return end if not rest else None
        for step, word in enumerate(rest, start=1):
            start, stop = words[index + step]
            if start != end + 1 or low[end] != " " or low[start:stop] != word:
                return None
            end = stop
        return end


def _shouts(term: str) -> bool:
    """Tell whether a term has several capitals, as abbreviations have."""
    return sum(map(str.isupper, term.partition(" ")[0])) > 1


def _free(text: str, start: int, end: int) -> bool:
    if start and (text[start - 1] in JOINED or unicodedata.category(text[start - 1])[0] == "M"):
        return False
    if end == len(text):
        return True
    after = text[end]
    if after == "." and end + 1 < len(text):
        return not (text[end + 1].isalnum() or text[end + 1] in JOINED)
    return after == "." or (after not in JOINED and unicodedata.category(after)[0] != "M")


def terms_of(entries: Iterable[tuple[str, T]]) -> Terms[T]:
    """Index terms with their values; of a term that is listed twice the first counts."""
    heads: dict[str, list[tuple[Sequence[str], str, T]]] = {}
    seen = set()
    for term, value in entries:
        words = [match.group() for match in WORD.finditer(term.lower())]
        key = term if _shouts(term) else term.lower()
        if not words or key in seen:
            continue
        seen.add(key)
        heads.setdefault(words[0], []).append((tuple(words[1:]), term, value))
    for several in heads.values():
        several.sort(key=lambda one: -len(one[0]))
    return Terms(heads)


def replaced(text: str, changes: Iterable[tuple[int, int, str]]) -> str:
    """Put texts in the places of spans, which do not overlap; "a" and "an" before them agree."""
    pieces, at = [], 0
    for start, end, new in sorted(changes):
        before = text[at:start]
        if (article := ARTICLE.search(before)) and new and _vowel(new) != _vowel(text[start:end]):
            before = f"{before[: article.end(1)]}{'n' if _vowel(new) else ''} "
        pieces += [before, new]
        at = end
    return "".join([*pieces, text[at:]])


def _vowel(word: str) -> bool:
    """Tell whether a word begins with the sound of a vowel, as far as its spelling tells."""
    if sum(map(str.isupper, word[:2])) > 1:
        return word[0] in "AEFHILMNORSX"
    return word[:1].lower() in "aeiou" and not word.lower().startswith(("eu", "uni", "use", "one"))


def recased(mention: Mention[Any], new: str, text: str) -> str:
    """Write a replacement as what stood there: in capitals, with one, or as it is.

    The capitals of a name or an abbreviation say nothing, save where a sentence begins.
    """
    old = mention.text
    if not new.islower():
        return new
    if old.isupper() and len(old) > LONGEST_SHORT:
        return new.upper()
    named = not mention.term.islower()
    capital = begins_sentence(text, mention.start) if named else old[:1].isupper()
    return new[:1].upper() + new[1:] if capital else new


def begins_sentence(text: str, start: int) -> bool:
    """Tell whether a sentence begins at a place."""
    before = text[:start].rstrip(" ")
    return not before or before[-1] in ".!?\n\r"


def protected_by(protect: Sequence[str]) -> re.Pattern[str] | None:
    """Compile what a user wants to stay besides."""
    if isinstance(protect, str) or not all(isinstance(one, str) for one in protect):
        msg = f"protect must be a tuple of strings, got {protect!r}"
        raise ParameterError(msg)
    if not protect:
        return None
    try:
        whole = "|".join(f"(?:{re.compile(one).pattern})" for one in protect)
        return re.compile(rf"(?<!\w)(?:{whole})(?!\w)", re.IGNORECASE)
    except re.error as error:
        msg = f"protect has {error.pattern!r}, which is no regular expression: {error}"
        raise ParameterError(msg) from error


def check_text(name: str, text: Any) -> str:
    """Refuse what is no text."""
    if not isinstance(text, str):
        msg = (
            f"{name} takes a text (str), got {type(text).__name__}; "
            "name the part of the input to act on with on='...'"
        )
        raise ParameterError(msg)
    return text


def inapplicable(name: str, lacks: str) -> NotApplicable:
    """Say that a text lacks what a perturbation acts on."""
    msg = f"{name}: the text {lacks}"
    return NotApplicable(msg)


def unprotected(
    mentions: Sequence[Mention[T]], text: str, protected: re.Pattern[str] | None
) -> Iterator[Mention[T]]:
    """Leave out the mentions that the user's own protected spans touch."""
    kept = [match.span() for match in protected.finditer(text)] if protected else []
    for one in mentions:
        if not any(start < one.end and one.start < end for start, end in kept):
            yield one
