"""Order and sides turned around; who a patient is, in other words."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from attrs import frozen

from seatrial.errors import ParameterError

from ._draws import draw_from, one_of
from ._lexicon import lexicon_rows
from ._terms import Mention, Terms, check_text, inapplicable, recased, replaced, terms_of

__all__ = ["demographics", "order", "sides"]

WORDS = re.compile(r"[A-Za-z]+")
NEAR = 2  # words between a side and the part of the body that it belongs to
PLAIN = {"left", "right", "medial", "lateral", "anterior", "posterior", "distal", "proximal"}


def _opposites(lexicon: str | None, kind: str) -> Terms[str]:
    rows = lexicon_rows(lexicon, "opposites", ("kind", "one", "other"))
    both = ("one", "other"), ("other", "one")
    return terms_of((row[a], row[b]) for row in rows if row["kind"] == kind for a, b in both)


def order(*, lexicon: str | None = None) -> Callable[..., str]:
    """Turn around what came first: before for after, previous for subsequent, first for last.

    All of them, so that what is said about the order is its opposite throughout. The lexicon has
    the columns `kind`, `one` and `other`; those of the kind "order" are taken.
    """
    name, terms = "clinical.order", _opposites(lexicon, "order")

    def turn(text: str, /, *, seed: int) -> str:  # noqa: ARG001 - nothing is drawn
        found = terms.find(check_text(name, text))
        if not found:
            raise inapplicable(name, "says nothing about an order")
        return replaced(
            text, ((one.start, one.end, recased(one, one.value, text)) for one in found)
        )

    return turn


def sides(*, lexicon: str | None = None, body_parts: str | None = None) -> Callable[..., str]:
    """Turn around where it is: left for right, medial for lateral, anterior for posterior.

    Left and right are sides only near a part of the body, as in "left knee" ("she left the ward"
    stays). `lexicon` has the columns `kind`, `one` and `other` (those of the kind "sides" are
    taken), `body_parts` the column `word`.
    """
    name, terms = "clinical.sides", _opposites(lexicon, "sides")
    body = {row["word"].lower() for row in lexicon_rows(body_parts, "body_parts", ("word",))}

    def turn(text: str, /, *, seed: int) -> str:  # noqa: ARG001 - nothing is drawn
        found = [
            one
            for one in terms.find(check_text(name, text))
            if one.text.lower() not in PLAIN or _beside(text, one, body)
        ]
        if not found:
            raise inapplicable(name, "names no side of a part of the body")
        return replaced(
            text, ((one.start, one.end, recased(one, one.value, text)) for one in found)
        )

    return turn


def _beside(text: str, one: Mention[str], body: set[str]) -> bool:
    after = WORDS.findall(text[one.end : one.end + 40].partition(".")[0])[:NEAR]
    return any(word.lower() in body for word in after)


FUNCTION = frozenset(
    (
        *(
            "to",
            "and",
            "or",
            "but",
            "for",
            "in",
            "on",
            "at",
            "with",
            "by",
            "from",
            "of",
            "as",
            "that",
        ),
        *("because", "when", "if", "is", "was", "has", "had", "will", "can", "while", "since"),
        *("after", "before", "about", "up", "down", "out", "a", "an", "the", "any", "some", "take"),
        *("not", "again", "today", "now", "yesterday", "more", "until", "through", "into", "than"),
    )
)
"""Words that may follow a pronoun in the accusative, and no possessive."""

Role = tuple[str, str]
"""The value of an attribute (female), and the role of the word (subject, adult)."""


@frozen
class Demographics:
    """Puts another value of one attribute in the place of what a text says."""

    attribute: str
    terms: Terms[tuple[Role, ...]]
    words: Mapping[str, Mapping[str, str]]

    def __call__(self, text: str, /, *, seed: int) -> str:
        """Change every mention: the values that occur change places with others, consistently."""
        name = "clinical.demographics"
        found = self.terms.find(check_text(name, text))
        if not found:
            raise inapplicable(name, f"says nothing about {self.attribute}")
        if not all(one.value for one in found):
            raise inapplicable(name, "is about something that only one sex has")
        values = sorted({value for roles in self.words.values() for value in roles})
        step = one_of(range(1, len(values)), draw_from(seed)) if len(values) > 1 else 0
        changes = []
        for one in found:
            value, role = self._role(one, text)
            others = self.words[role]
            away = values.index(value) + step
            turned = (values[(away + more) % len(values)] for more in range(len(values)))
            new = next(one for one in turned if one in others and one != value)
            changes.append((one.start, one.end, recased(one, others[new], text)))
        return replaced(text, changes)

    @staticmethod
    def _role(one: Mention[tuple[Role, ...]], text: str) -> Role:
        """Tell "her knee" from "ask her", and "his knee" from "it is his"."""
        roles = one.value
        if len(roles) == 1:
            return roles[0]
        next_word = re.match(r" ([A-Za-z]+)", text[one.end : one.end + 40])
        owns = next_word is not None and next_word[1].lower() not in FUNCTION
        return next((role for role in roles if (role[1] == "possessive") == owns), roles[0])


def demographics(
    *, attribute: str, lexicon: str | None = None, sex_specific: str | None = None
) -> Demographics:
    """Change who the patient is in one respect, and nothing else (an intervention).

    `attribute` is one of the lexicon's: "sex", "ethnicity", "income", "orientation", "marriage" or
    "religion". Every mention changes, pronouns too, so that the text stays of a piece. A text about
    something that only one sex has (`sex_specific`, column `word`) keeps its sex. The lexicon has
    the columns `attribute`, `value`, `role` and `term`.
    """
    rows = lexicon_rows(lexicon, "demographics", ("attribute", "value", "role", "term"))
    mine = [row for row in rows if row["attribute"] == attribute]
    if not mine:
        known = ", ".join(sorted({row["attribute"] for row in rows}))
        msg = f"attribute must be one of {known}, got {attribute!r}"
        raise ParameterError(msg)
    roles: dict[str, list[Role]] = {}
    words: dict[str, dict[str, str]] = {}
    for row in mine:
        roles.setdefault(row["term"], []).append((row["value"], row["role"]))
        words.setdefault(row["role"], {})[row["value"]] = row["term"]
    able = [(term, tuple(some)) for term, some in roles.items() if len(words[some[0][1]]) > 1]
    if attribute == "sex":
        able += ((row["word"], ()) for row in lexicon_rows(sex_specific, "sex_specific", ("word",)))
    return Demographics(attribute, terms_of(able), words)
