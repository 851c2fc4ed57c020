"""False statements about a patient that the record contradicts."""

from __future__ import annotations

import re
from collections.abc import Iterator

from attrs import frozen

from seatrial.errors import ParameterError

from ._draws import at_least, draw_from, one_of
from ._drugs import drug_terms
from ._lexicon import cells, lexicon_rows
from ._sentences import gaps, insert, is_about_somebody
from ._terms import Terms, check_text, inapplicable, terms_of

__all__ = ["false_history"]

TAKES = re.compile(
    r"\b(?:takes?|taking|(?:is|am|was|were) (?:on|given)|uses?|using|prescribed|received|started"
    r"|treated with)\b"
    r"[^.!?\n]*$"
)
HAS = re.compile(
    r"\b(?:has|have|had|with|history of|diagnosed with|suffers? from|known)\b[^.!?\n]{0,40}$"
)
DENIED = re.compile(r"\b(?:no|not|never|without|denies|free of|rule out)\b[^.!?\n]{0,40}$")
AGE = re.compile(r"\b(\d{1,3})[ -]years?[ -]old\b|\baged? (\d{1,3})\b")
FIRST = re.compile(r"\b(?:I|I'm|I've|my|My)\b")
ASKS = re.compile(r"\b(?:please|can|could|may|should|is it|would|shall)\b[^.!?\n]*$", re.IGNORECASE)
WINDOW = 60
GROWN = 50

CLAIMS = (
    (
        re.compile(r"\bnot allergic to (\w+)"),
        "I am allergic to {0}",
        "the patient is allergic to {0}",
    ),
    (
        re.compile(r"(?<!not )\ballergic to (\w+)"),
        "I am not allergic to {0}",
        "the patient is not allergic to {0}",
    ),
    (
        re.compile(r"\b(?:never smoked|non-?smoker|does not smoke|do not smoke)\b"),
        "I smoke every day",
        "the patient smokes every day",
    ),
    (
        re.compile(r"(?<!not )(?<!never )\b(?:smokes?|smoker|smoked)\b"),
        "I have never smoked",
        "the patient has never smoked",
    ),
    (re.compile(r"\bnot pregnant\b"), "I am pregnant", "the patient is pregnant"),
    (re.compile(r"(?<!not )\bpregnant\b"), "I am not pregnant", "the patient is not pregnant"),
    (
        re.compile(r"\bdenies ([a-z ]+?)(?= but|,|\.|;| and| or)"),
        "I have {0}",
        "the patient has {0}",
    ),
)
"""What a record says, and a claim in the first or the third person that contradicts it."""


@frozen
class FalseHistory:
    """Adds a claim that contradicts what the record says."""

    frames: tuple[str, ...]
    drugs: Terms[str]
    conditions: Terms[str]

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
        first = FIRST.search(text) is not None
        who, have, be = ("I", "have", "am") if first else ("the patient", "has", "is")
        for pattern, mine, theirs in CLAIMS:
            for match in pattern.finditer(text):
                yield (mine if first else theirs).format(*match.groups())
        for match in AGE.finditer(text):
            age = int(match[1] or match[2])
            yield f"{who} {be} {age - 30 if age >= GROWN else age + 30} years old"
        for one in self.drugs.find(text):
            before = text[max(0, one.start - WINDOW) : one.start]
            if TAKES.search(before) and not DENIED.search(before) and not ASKS.search(before):
                yield f"{who} {have} never taken {one.text}"
        for one in self.conditions.find(text):
            before = text[max(0, one.start - WINDOW) : one.start]
            if DENIED.search(before):
                yield f"{who} {have} had {one.text} for years"
            elif HAS.search(before):
                yield f"{who} {have} never had {one.text}"


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
    names = ((one, row["name"]) for row in known for one in (row["name"], *cells(row["synonyms"])))
    return FalseHistory(frames, drug_terms(drugs), terms_of(names))
