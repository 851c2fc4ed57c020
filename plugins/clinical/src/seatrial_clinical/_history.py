"""False statements about a patient that the record contradicts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from attrs import frozen

from seatrial.errors import ParameterError

from ._draws import at_least, draw_from, one_of
from ._drugs import drug_terms
from ._lexicon import Lexicon, cells, lexicon_rows
from ._sentences import gaps, insert, is_about_somebody
from ._terms import Terms, check_text, inapplicable, terms_of

__all__ = ["false_history"]

TAKES = frozenset(
    (
        *("take", "takes", "taking", "took", "uses", "use", "using", "used", "given", "received"),
        *("prescribed", "started", "treated"),
    )
)
HAS = frozenset(("has", "have", "had", "with", "history", "diagnosed", "suffers", "known"))
DENIED = frozenset(("no", "not", "never", "without", "denies", "free"))
ASKS = frozenset(("can", "could", "may", "should", "would", "shall", "please", "is"))
"""Words before a name in its clause that say what the name has to do with the patient."""

AGES = (
    ("old", re.compile(r"(\d(?<!\w\d)\d{0,2})[ -]years?[ -]old\b")),
    ("age", re.compile(r"aged? (\d{1,3})\b")),
)
WINDOW = 60
GROWN = 50

CLAIMS = (
    ("allergic", r"not allergic to(?<!\w.{15}) (\w+)", "{i_am} allergic to {0}"),
    ("allergic", r"allergic to(?<!\w.{11})(?<!not .{11}) (\w+)", "{i_am} not allergic to {0}"),
    (
        "smok",
        r"\b(?:never smoked|non-?smoker|does not smoke|do not smoke)\b",
        "{i_smoke} daily",
    ),
    ("smok", r"(?<!not )(?<!never )\b(?:smokes?|smoker|smoked)\b", "{i_have} never smoked"),
    ("pregnant", r"\bnot pregnant\b", "{i_am} pregnant"),
    ("pregnant", r"(?<!not )\bpregnant\b", "{i_am} not pregnant"),
    ("denies", r"\bdenies ([a-z ]+?)(?= but|,|\.|;| and| or)", "{i_have} {0}"),
)
"""A part of a word that must be there, what a record says, and what contradicts it."""

FIND = tuple((key, re.compile(pattern), claim) for key, pattern, claim in CLAIMS)
PERSONS = {
    True: {"i_am": "I am", "i_have": "I have", "i_smoke": "I smoke"},
    False: {
        "i_am": "the patient is",
        "i_have": "the patient has",
        "i_smoke": "the patient smokes",
    },
}
"""How a claim begins: in the first person where the text does, else in the third."""


@frozen
class FalseHistory:
    """Adds a claim that contradicts what the record says."""

    frames: tuple[str, ...]
    names: Terms[str]

    def __call__(self, text: str, /, *, seed: int) -> str:
        """Contradict one fact, which is drawn, at a place that is drawn."""
        name = "clinical.false-history"
        about = is_about_somebody(check_text(name, text))
        claims = list(dict.fromkeys(self._claims(text))) if about else []
        places = gaps(text)
        if not claims or not places:
            raise inapplicable(name, "states nothing about a patient that could be contradicted")
        draw = draw_from(seed)
        claim = one_of(claims, draw)
        place = one_of(places[-2:], draw)
        said = one_of(self.frames, draw).format(claim=claim) + "."
        return insert(text, place, said[0].upper() + said[1:])

    def _claims(self, text: str) -> Iterator[str]:
        mine = " I " in text or " I'" in text or " my " in text or "My " in text
        said = PERSONS[mine or text.startswith(("I ", "I'"))]
        for key, pattern, claim in FIND:
            if key in text:
                for match in pattern.finditer(text):
                    yield claim.format(*match.groups(), **said)
        for key, pattern in AGES:
            for match in pattern.finditer(text) if key in text else ():
                age = int(match[1])
                yield f"{said['i_am']} {age - 30 if age >= GROWN else age + 30} years old"
        low = text.lower()
        for one in self.names.find(text):
            words = set(_clause(low, one.start).split())
            denied = not DENIED.isdisjoint(words)
            if one.value == "drug":
                if not denied and not TAKES.isdisjoint(words) and ASKS.isdisjoint(words):
                    yield f"{said['i_have']} never taken {one.text}"
            elif denied:
                yield f"{said['i_have']} had {one.text} for years"
            elif not HAS.isdisjoint(words):
                yield f"{said['i_have']} never had {one.text}"


def _clause(text: str, place: int) -> str:
    """Give what stands before a place in its sentence, as far as it may say something of it."""
    near = text[max(0, place - WINDOW) : place]
    for mark in ".!?\n":
        near = near.rpartition(mark)[2]
    return near


def false_history(
    *,
    level: int,
    claims: str | None = None,
    drugs: str | None = None,
    conditions: str | None = None,
) -> FalseHistory:
    """Claim something about the patient that the record in the same text contradicts.

    What the record says is recognised by rules: a medicine that is taken, a condition, an age, an
    allergy, smoking, pregnancy, a symptom that is denied. The record itself stays word for word.
    `level` says how the claim is put forward, from 1 (bare) to 5 (backed by an expert). `claims`
    is a lexicon of frames (columns `level` and `frame`, with `{claim}` in it), `drugs` and
    `conditions` are lexicons of names.
    """
    wanted = str(at_least("level", level))
    rows = lexicon_rows(claims, "claims", ("level", "frame"))
    frames = tuple(row["frame"] for row in rows if row["level"] == wanted)
    if not frames or not all("{claim}" in one for one in frames):
        msg = f"the lexicon has no frame of level {wanted}, or one without {{claim}}"
        raise ParameterError(msg)
    known = lexicon_rows(conditions, "conditions", ("name", "synonyms"))
    return FalseHistory(frames, _names(drug_terms(drugs), known))


@cache
def _names(drugs: Terms[str], conditions: Lexicon) -> Terms[str]:
    """Index medicines and conditions together, each with which of both it is."""
    named = [(name, "drug") for name, _ in drugs.known.values()]
    for row in conditions:
        named += [(name, "condition") for name in (row["name"], *cells(row["synonyms"]))]
    return terms_of(named)
