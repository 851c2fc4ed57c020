"""Statements and questions turned around, and twin cases made so."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from attrs import evolve

from seatrial import Case, derive
from seatrial.errors import NotApplicable
from seatrial.kit import cluster_of

from ._draws import draw_from, one_of
from ._sentences import sentences
from ._targets import text_of, turned_case
from ._terms import inapplicable

__all__ = ["negated", "negation", "negation_twins"]

NAME = "clinical.negation"
_BE = "is|are|was|were|has|have|had|can|could|should|may|might|must|will|would|does|do|did"
NEGATED = re.compile(rf"\b({_BE}) not (?!only\b)", re.IGNORECASE)
CONTRACTED = re.compile(r"\b(is|are|was|were|has|have|had|could|should|would|does|do|did)n['’]t\b")
CANNOT = re.compile(r"\bcan(?:not|['’]t)\b")
AUXILIARY = re.compile(rf"\b({_BE})\b(?! not\b|n['’])")
NEGATIONS = (
    ((" not ",), NEGATED, r"\1 "),
    (("n't", "n’t"), CONTRACTED, r"\1"),
    (("cannot", "can't", "can’t"), CANNOT, "can"),
)
WORDS = {"denies": "reports", "denied": "reported", "without": "with", "lacks": "has"}
WORD = re.compile(rf"\b(?:{'|'.join(WORDS)})\b")
YES_OR_NO = re.compile(
    r"(?:is|are|was|were|has|have|had|can|could|should|may|might|must|will|would|does|do|did)\b",
    re.IGNORECASE,
)
WRAPPERS = (
    'Is "no" the correct answer to this question? {question}',
    'Would it be wrong to answer "yes" here? {question}',
    'Is it correct to answer this with "no"? {question}',
    'Should the answer to the following question be "no"? {question}',
)
"""Questions about a question, to which yes is right exactly where no is right to the question."""


def negated(statement: str) -> str | None:
    """Turn a statement around: take its negation away, or put one behind its first auxiliary.

    None where it has neither. What is turned around twice says the same again, though not always in
    the same words.
    """
    for signs, pattern, put in NEGATIONS:
        if any(sign in statement for sign in signs):
            new, times = pattern.subn(put, statement, count=1)
            if times:
                return new
    if any(word in statement for word in WORDS):
        new, times = WORD.subn(lambda match: WORDS[match.group()], statement, count=1)
        if times:
            return new
    new, times = AUXILIARY.subn(_denied, statement, count=1)
    return new if times else None


def _denied(auxiliary: re.Match[str]) -> str:
    return "cannot" if auxiliary[1] == "can" else f"{auxiliary[1]} not"


def negation(*, part: str | None = None) -> Callable[..., Case]:
    """Turn a question or a statement around, and the answer with it.

    A yes-or-no question is asked about ('Is "no" the correct answer to this question? ...'), which
    turns its answer around exactly; a case that is one statement gets its negation, or loses it.
    `part` names the text; else it is `question`, or the only text. The target changes from yes to
    no or from true to false, or to the only option that begins so; a case where nothing says what
    is right then, or with another kind of question, does not apply.
    """

    def turn(case: Case, /, *, seed: int) -> Case:
        key, text = text_of(NAME, case, part)
        found = sentences(text)
        if not found:
            raise inapplicable(NAME, "is blank")
        last = found[-1]
        if last.text.endswith("?"):
            if not YES_OR_NO.match(last.text):
                raise inapplicable(NAME, "asks something that yes or no does not answer")
            asked = one_of(WRAPPERS, draw_from(seed)).format(question=last.text)
            new = f"{text[: last.start]}{asked}{text[last.end :]}"
        else:
            turned = negated(last.text) if len(found) == 1 else None
            if turned is None:
                raise inapplicable(NAME, "is neither a question nor one statement")
            new = f"{text[: last.start]}{turned}{text[last.end :]}"
        return turned_case(NAME, case, key, new)

    return turn


def negation_twins(
    cases: Iterable[Case], *, part: str | None = None, seed: int = 0
) -> tuple[Case, ...]:
    """Give each case that can be turned around, and after it its twin, which asks the opposite.

    Both have `groups["pair"]` (the id of the first) and `groups["twin"]` ("original" or "negated"),
    and one cluster. With `clinical.pair-accuracy` a pair counts only where both are right: a model
    that always says yes gets none (ProbMed, Yan et al. 2024).
    """
    turn = negation(part=part)
    found: list[Case] = []
    for case in cases:
        try:
            twin = turn(case, seed=derive(seed, NAME, case.id))
        except NotApplicable:
            continue
        whole = cluster_of(case)
        for name, one, suffix in (("original", case, ""), ("negated", twin, "-negated")):
            groups = {**one.groups, "pair": case.id, "twin": name}
            found.append(evolve(one, id=case.id + suffix, groups=groups, cluster=whole))
    return tuple(found)
