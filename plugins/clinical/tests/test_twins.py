"""Twins of opposite answer: what they share, and what counts as right."""

from __future__ import annotations

import pytest
from seatrial_clinical import (
    negation,
    negation_twins,
    pair_accuracy,
)

import seatrial as sea

QUESTIONS = [
    sea.Case(f"q{at}", f"Is number {at} even?", "yes" if at % 2 == 0 else "no") for at in range(40)
]


def test_twins_share_a_pair_and_a_cluster_and_ask_the_opposite():
    twins = negation_twins([*QUESTIONS, sea.Case("open", "What is it?", "a pill")])
    assert len(twins) == 80
    for first, second in zip(twins[::2], twins[1::2], strict=True):
        assert first.groups["pair"] == second.groups["pair"] == first.id == first.cluster
        assert second.id == f"{first.id}-negated"
        assert second.cluster == first.cluster
        assert (first.groups["twin"], second.groups["twin"]) == ("original", "negated")
        assert first.target != second.target


def always_yes(texts):
    return ["yes" for _ in texts]


def attentive(texts):
    found = []
    for text in texts:
        even = int("".join(filter(str.isdigit, text))) % 2 == 0
        asked_about = "yes" in text or "no" in text.split()[1:] or '"no"' in text
        found.append("yes" if even != asked_about else "no")
    return found


@pytest.mark.parametrize(("model", "expected"), [(always_yes, 0.0), (attentive, 1.0)])
def test_pair_accuracy_gives_a_constant_answer_nothing(model, expected):
    twins = negation_twins(QUESTIONS)
    answers = [sea.Prediction(one) for one in model([case.input for case in twins])]
    assert pair_accuracy().build()(twins, answers) == expected


def test_pair_accuracy_is_the_fraction_of_whole_pairs():
    twins = negation_twins(QUESTIONS[:4])
    answers = [sea.Prediction(case.target) for case in twins]
    answers[0] = answers[3] = sea.Prediction("perhaps")
    assert pair_accuracy().build()(twins, answers) == 0.5


def test_a_specification_judges_negation_as_directional_and_refuses_invariant(metrics_accuracy):
    def judged(relation):
        return sea.Specification(
            "negation",
            seed=1,
            priorities=[
                sea.Priority(
                    "turned around",
                    perturbations=[negation()],
                    relation=relation,
                    metric=metrics_accuracy,
                    require={"at_least": 0.8},
                )
            ],
        )

    spec = judged("directional")
    verdicts = [
        sea.judge(spec, sea.run(spec, model=model, cases=QUESTIONS)).outcome
        for model in (attentive, always_yes)
    ]
    assert verdicts == ["pass", "fail"]
    with pytest.raises(ValueError, match=r"made to be directional: write relation = 'directional'"):
        judged("invariant")
