"""An experiment in which each audit of outcomes finds something, and one in which it must not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from random import Random
from typing import Any

from attrs import evolve

from seatrial import Case, Outcome, Prediction
from seatrial.testing import Example

from ._examples import Pair, asked, other, with_options

__all__ = [
    "contradictory_outcomes",
    "failure_shortcut",
    "flipped_outcomes",
    "missing_scores",
    "normalization",
    "outcome_agreement",
    "outcome_imbalance",
    "outcome_order",
    "prompt_mismatch",
    "truncated_answers",
]

RIGHT = 0.7
HALF = 0.5


def outcome(case: Case, value: str, *, right: bool, **details: Any) -> Outcome:
    """Make the outcome of an unperturbed case."""
    prediction = Prediction(value, details=details)
    return Outcome(case=case, input=case.input, prediction=prediction, right=right)


def judged(cases: Iterable[Case], right: float = RIGHT) -> list[Outcome]:
    """Answer yes or no, rightly where the lot says so."""
    draw = Random(67)
    found = []
    for case in cases:
        good = draw.random() < right
        value = case.target if good else other(case.target)
        found.append(outcome(case, value, right=good, finish="stop"))
    return found


def contradictory_outcomes() -> Pair:
    """The same input was judged right and wrong."""
    fine = judged(asked())
    again = evolve(fine[0], case=evolve(fine[0].case, id="again"), right=not fine[0].right)
    return Example([*fine, again], ["contradictory-outcomes"]), Example(fine)


def flipped_outcomes() -> Pair:
    """Wrong answers are right ones whose gold was turned round."""
    good = judged(asked(), right=1.0)
    bad = []
    for one in good[:20]:
        flipped = evolve(one.case, id=f"{one.case.id}-w", target=other(one.case.target))
        bad.append(evolve(one, case=flipped, right=False))
    return Example([*good, *bad], ["flipped-outcomes"]), Example(judged(asked()))


def outcome_order() -> Pair:
    """The right answers are listed first."""
    fine = judged(asked(), right=0.5)
    filed = sorted(fine, key=lambda one: not one.right)
    return Example(filed, ["outcome-order"]), Example(fine)


def failure_shortcut() -> Pair:
    """The model fails on long prompts."""
    cases = asked(120)
    long = [evolve(one, input=one.input + " door" * 9 * (at % 2)) for at, one in enumerate(cases)]
    failed = [evolve(one, right=not at % 2) for at, one in enumerate(judged(long))]
    return Example(failed, ["failure-shortcut"]), Example(judged(cases))


def outcome_imbalance() -> Pair:
    """The model is hardly ever wrong."""
    cases = asked(120)
    return Example(judged(cases, right=0.97), ["outcome-imbalance"]), Example(judged(cases))


def missing_scores() -> Pair:
    """The first option of some questions has no score."""

    def scored(first: float | None) -> list[Outcome]:
        found = []
        for at, case in enumerate(with_options()):
            scores = [first if at % 3 == 0 else -1.0, -2.0, -3.0]
            value = case.input["options"][0]
            right = value == case.target
            found.append(outcome(case, value, right=right, log_likelihoods=scores))
        return found

    return Example(scored(None), ["missing-scores"]), Example(scored(-1.5))


def normalization() -> Pair:
    """The likeliest of three answers is the short one, and per character the long one."""
    options = ("yes", "no", "it is unclear")

    def scored(values: Sequence[float]) -> list[Outcome]:
        cases = [evolve(one, input={"question": one.input, "options": options}) for one in asked()]
        return [
            outcome(case, "yes", right=case.target == "yes", log_likelihoods=values)
            for case in cases
        ]

    return Example(scored([-1.0, -2.0, -3.0]), ["normalization"]), Example(
        scored([-1.0, -2.0, -20.0])
    )


def outcome_agreement() -> Pair:
    """Two files judge the same answers, one of them by lot."""
    draw = Random(73)
    one = [
        evolve(each, case=evolve(each.case, groups={"file": "a"}))
        for each in judged(asked(), right=0.5)
    ]
    again = [
        evolve(each, case=evolve(each.case, id=f"{each.case.id}-b", groups={"file": "b"}))
        for each in one
    ]
    by_lot = [evolve(each, right=draw.random() < HALF) for each in again]
    return Example([*one, *by_lot], ["outcome-agreement"]), Example([*one, *again])


def truncated_answers() -> Pair:
    """Some answers ended because the length did."""
    fine = judged(asked())
    cut = [
        evolve(one, prediction=Prediction("so", details={"finish": "length"}))
        if at % 5 == 0
        else one
        for at, one in enumerate(fine)
    ]
    return Example(cut, ["truncated-answers"]), Example(fine)


class Remembers:
    """A model that answers as it did, or always the other way."""

    def __init__(self, outcomes: Sequence[Outcome], *, contrary: bool = False) -> None:
        self.contrary = contrary
        self.answers = {
            one.input: one.prediction.value for one in outcomes if one.prediction is not None
        }

    def __call__(self, inputs: Sequence[str], /) -> list[str]:
        """Look the answers up."""
        found = [self.answers[one] for one in inputs]
        return [other(one) for one in found] if self.contrary else found


def prompt_mismatch() -> tuple[Example, ...]:
    """Outcomes have another input than their case, or the model answers otherwise today."""
    fine = judged(asked())
    moved = [evolve(one, input=f"{one.input}?") for one in fine]
    return (
        Example(moved, ["other-inputs"]),
        Example(fine, ["prompt-mismatch"], model=Remembers(fine, contrary=True)),
        Example(fine, model=Remembers(fine)),
    )
