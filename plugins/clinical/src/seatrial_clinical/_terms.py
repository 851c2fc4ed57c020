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

FIRST_MARK = "\u0300"
JOINED = frozenset("/@_\\-'’")  # beside a word they make it part of an address or of a longer name
ARTICLE = re.compile(r"(?<!\w)([Aa])n? $")
LONGEST_ARTICLE = 3  # with the space behind it
END = ""  # of a term, in the tree of letters
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
    """Terms of a lexicon, each with what the lexicon has for it.

    A term in small letters, or with one capital, is found however it is written; one with several
    capitals (BP, MI) only as it stands.
    """

    pattern: re.Pattern[str]
    known: Mapping[str, tuple[str, T]]
    exact: frozenset[str]

    def find(self, text: str) -> list[Mention[T]]:
        """Find the longest terms, in order, none that a letter, a mark or a joint touches."""
        low = text.lower()
        if len(low) != len(text):  # the one letter that grows in lower case
            low = text.replace("İ", "I").lower()
        if len(low) != len(text):
            return []
        found = []
        for match in self.pattern.finditer(low):
            start, end = match.span()
            written = text[start:end]
            entry = self.known.get(written if written in self.exact else match.group())
            if entry and _free(text, start, end):
                found.append(Mention(start, end, written, *entry))
        return found


def _shouts(term: str) -> bool:
    """Tell whether a term has several capitals, as abbreviations have."""
    return sum(map(str.isupper, term.partition(" ")[0])) > 1


def _free(text: str, start: int, end: int) -> bool:
    """Tell whether a term stands alone: in no address or longer name, and torn from no mark."""
    before, after = text[start - 1 : start], text[end : end + 1]
    if before in JOINED or after in JOINED or _marks(before) or _marks(after):
        return False
    return after != "." or not text[end + 1 : end + 2].isalnum()


def _marks(letter: str) -> bool:
    """Tell whether a character combines with the one before it."""
    return letter >= FIRST_MARK and unicodedata.category(letter)[0] == "M"


def terms_of(entries: Iterable[tuple[str, T]]) -> Terms[T]:
    """Index terms with their values; of a term that is listed twice the first counts."""
    known: dict[str, tuple[str, T]] = {}
    exact = set()
    for term, value in entries:
        if _shouts(term):
            exact.add(term)
        known.setdefault(term if term in exact else term.lower(), (term, value))
    tree: dict[str, Any] = {}
    for term in known:
        node = tree
        for letter in term.lower():
            node = node.setdefault(letter, {})
        node[END] = {}
    return Terms(re.compile(rf"(?<!\w)(?:{_branches(tree)})(?!\w)"), known, frozenset(exact))


def _branches(node: Mapping[str, Any]) -> str:
    """Write a tree of letters as a pattern, which takes the longest way through it that fits."""
    parts = []
    for letter, rest in node.items():
        if letter == END:
            continue
        word = re.escape(letter)
        while len(rest) == 1 and END not in rest:
            ((letter, rest),) = rest.items()  # noqa: PLW2901 - letters in a row need no branch
            word += re.escape(letter)
        parts.append(word + (_branches(rest) if set(rest) != {END} else ""))
    whole = f"(?:{'|'.join(parts)})"
    return f"{whole}?" if END in node else whole


def replaced(text: str, changes: Iterable[tuple[int, int, str]]) -> str:
    """Put texts in the places of spans, which do not overlap; "a" and "an" before them agree."""
    pieces, at = [], 0
    for start, end, new in sorted(changes):
        before = text[at:start]
        near = max(0, len(before) - LONGEST_ARTICLE)
        if (
            new
            and (article := ARTICLE.search(before, near))
            and _vowel(new) != _vowel(text[start:end])
        ):
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
