"""What is protected for the company it keeps: "5 mg a day", "every night", "b)", "folic acid"."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from attrs import frozen

from ._vocabulary import PERIODS, SPELLED, UNITS

__all__ = ["CONTEXTS", "Context"]

DIGIT = re.compile(r"\d")


@frozen
class Context:
    """One pattern, and what must occur in a text for it to be worth searching.

    The pattern is searched in the text in lower case, which is faster than ignoring case, or with
    `capitals` in the text as it is. One of the `triggers` must be among the words; with `digits` a
    digit will do as well; a `mark` must stand in the text; without any it is always searched.
    """

    pattern: re.Pattern[str]
    triggers: frozenset[str] = frozenset()
    digits: bool = False
    capitals: bool = False
    mark: str = ""

    def occurs(self, low: str, words: set[str]) -> bool:
        """Tell whether the pattern can match a text with these words."""
        if self.mark:
            return self.mark in low
        if not self.triggers or not self.triggers.isdisjoint(words):
            return True
        return self.digits and DIGIT.search(low) is not None


def _context(pattern: str, triggers: str = "", **how: Any) -> Context:
    return Context(re.compile(rf"(?<!\w)(?:{pattern})"), frozenset(triggers.split()), **how)


def _either(words: Iterable[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=lambda word: (-len(word), word)))


_NUMBER = rf"(?:\S{{0,60}}?\d\S*|(?:{_either(SPELLED)})(?!\w))"
_BEFORE = (
    r"(?:(?:more|less|fewer|greater|higher|lower|older|younger|longer|shorter|better|worse)\s+than|"
    r"at\s+(?:least|most)|up\s+to|every|each|per|over|under|above|below|within|between|exceed(?:s|ing)?|"
    r"max(?:imum)?|min(?:imum)?)\s+(?:of\s+)?"
)
_AFTER = rf"(?:{_either(UNITS)})(?:[/.-]\w+)*(?!\w)|(?:a|an|per|every|each|to|or|and|by)(?!\w)"
_LINKS = r"[ \t\r\n)\]–/-]*"

CONTEXTS: Mapping[str, tuple[Context, ...]] = {
    "numbers": (
        _context(
            rf"(?:{_BEFORE}){{0,2}}{_NUMBER}(?:{_LINKS}(?<!\w)(?:{_NUMBER}|{_AFTER}))*",
            " ".join(SPELLED),
            digits=True,
        ),
        _context(
            rf"(?:every|each|per|times)\s+(?:(?:other|an?|per|every|each|few|second)\s+){{0,3}}"
            rf"(?:{_either(PERIODS)})s?(?!\w)",
            "every each per times",
        ),
        _context(
            r"(?:as\s+(?:needed|required|directed)|at\s+(?:bedtime|night)|in\s+the\s+(?:morning|evening|"
            r"afternoon)|(?:before|after|with|between)\s+(?:meals|food|eating|breakfast|lunch|dinner)|"
            r"on\s+an\s+empty\s+stomach|a?round\s+the\s+clock)(?!\w)",
            "needed required directed bedtime night morning evening afternoon meals food eating "
            "breakfast lunch dinner stomach clock",
        ),
        _context(
            r"(?:[Tt]ype|[Ss]tage|[Gg]rade|[Cc]lass|[Pp]hase|[Ff]actor|[Gg]roup|"
            r"[Hh]epatitis|[Ii]nfluenza)\s+(?:[IVX]+|[A-E])(?!\w)",
            "type stage grade class phase factor group hepatitis influenza",
            capitals=True,
        ),
    ),
    "drugs": (
        _context(
            r"(?:(?:folic|ascorbic|valproic|acetylsalicylic|salicylic|mefenamic|fusidic|azelaic|"
            r"tranexamic|alginic|retinoic|ursodeoxycholic|hyaluronic|zoledronic|boric|lactic|nicotinic)"
            r"\s+acid|st\.?\s+john['’]?s\s+wort|milk\s+of\s+magnesia|vitamins?\s+[a-ek]|gripe\s+water|"
            r"cod\s+liver\s+oil|tea\s+tree\s+oil|witch\s+hazel|oral\s+rehydration\s+salts?)(?!\w)",
            "acid wort magnesia vitamin vitamins water oil hazel salt salts",
        ),
    ),
    "negation": (
        _context(
            r"(?:rul(?:e|es|ed|ing)\s+out|other\s+than|apart\s+from)(?!\w)",
            "rule rules ruled ruling other apart",
        ),
    ),
    "laterality": (),
    "options": (
        _context(
            r"(?<!['’])(?:[A-Za-z][).:\]](?!\w)|[AI](?=\s*(?:,|/|or\b|and\b)\s*\(?[A-H]\b)|"
            r"(?:[Oo]ption|[Aa]nswer|[Cc]hoice|OPTION|ANSWER|CHOICE)s?:?\s+\(?[A-Ia-i](?!\w))",
            capitals=True,
        ),
    ),
    "order": (),
    "addresses": (
        _context(r"[a-z][a-z0-9+.-]*://[^\s<>\"]+", mark="://"),
        _context(r"www\.[^\s<>\"]+", mark="www."),
        _context(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+", mark="@"),
    ),
}
