"""Counterfactual edits: knowing the cause of failure turns more answers than random edits do."""

from __future__ import annotations

import json

import pytest
from attrs import evolve
from seatrial_probes._counterfactual import counterfactuals
from seatrial_probes._edits import EDITS, Proposer, part_of

from seatrial import Case, Explanation, Outcome, Perturbation, Prediction
from seatrial.errors import NotApplicable, ParameterError, PlanError


def text_of(case):
    return case.input if isinstance(case.input, str) else case.input["question"]


@pytest.fixture
def knowing():
    return Explanation(
        "it knows", predictor=lambda cases: [0.9 * ("stone" in text_of(one)) for one in cases]
    )


@pytest.fixture
def ignorant():
    return Explanation("it knows nothing", predictor=lambda cases: [0.5 for _ in cases])


@pytest.mark.parametrize("towards", ["failure", "success"])
def test_an_explanation_that_knows_the_cause_turns_answers(
    residual_model, trapped, knowing, towards
):
    found = counterfactuals(
        residual_model, trapped(80), knowing, towards=towards, candidates=24, seed=3
    )
    assert found.chosen.estimate > 0.6
    assert found.difference.low > 0.2
    assert found.p < 0.001
    assert found.expected > 0.3
    assert found.examples[0].turned


def test_an_explanation_that_knows_nothing_turns_no_more_than_the_lot(
    residual_model, trapped, ignorant
):
    found = counterfactuals(residual_model, trapped(100), ignorant, candidates=8)
    assert found.difference.low < 0 < found.difference.high
    assert found.expected == 0


def test_the_same_seed_gives_the_same_edits(residual_model, trapped, knowing):
    outcomes = trapped(40)
    one, again, other = (
        counterfactuals(residual_model, outcomes, knowing, candidates=6, seed=seed)
        for seed in (1, 1, 2)
    )
    assert one == again
    assert one != other


def test_where_cases_share_a_cluster_there_is_no_mcnemar(residual_model, trapped, knowing):
    found = counterfactuals(residual_model, trapped(60, clusters=12), knowing, candidates=6)
    assert found.p is None
    assert found.difference.clusters <= 12


def test_counterfactuals_are_told_as_text_and_as_plain_data(residual_model, trapped, knowing):
    found = counterfactuals(residual_model, trapped(40), knowing, candidates=6)
    assert "chosen by the explanation" in str(found)
    assert "McNemar" in str(found)
    assert json.loads(json.dumps(found.as_dict()))["towards"] == "failure"


def test_perturbations_are_edits_too(residual_model, trapped):
    def stoned():
        return lambda text, *, seed: f"stone {text}"

    def never():
        def perturb(text, *, seed):
            raise NotApplicable(text)

        return perturb

    given = {"summary": "Put a stone before it.", "modality": "text"}
    use = Perturbation(name="test.stone", factory=stoned, **given)()
    none = Perturbation(name="test.never", factory=never, **given)
    sure = Explanation("sure", predictor=lambda cases: [len(text_of(one)) / 99 for one in cases])
    found = counterfactuals(
        residual_model, trapped(40), sure, edits=(use, none, "synonym", "drop"), candidates=8
    )
    assert found.chosen.estimate == 1.0


def outcome(given):
    return Outcome(case=Case("a", given, "yes"), input=given, prediction=None, right=True)


def test_only_the_named_part_is_edited():
    given = {"passage": "a b c", "question": "d e f", "options": ("yes", "no")}
    for on in ("passage", "question"):
        proposer = Proposer.of(("drop",), [outcome(given)], 1, on)
        (first, *_) = proposer.proposed(outcome(given), 3, 0)
        assert first[on] != given[on]
        assert {**first, on: given[on]} == given
    assert part_of(given, None).text == "d e f"
    messages = ({"role": "system", "content": "s"}, {"role": "user", "content": "u"})
    assert part_of(messages, None).replaced("v") == (messages[0], {"role": "user", "content": "v"})


@pytest.mark.parametrize("kind", sorted(EDITS))
def test_every_kind_of_edit_gives_different_candidates_of_its_size(kind):
    given = outcome("they need a big door and often use many small ones")
    found = Proposer.of((kind,), [given], 1, None).proposed(given, 5, seed=1)
    assert len(set(found)) == len(found) > 1
    assert all(abs(len(one.split()) - len(given.input.split())) <= 1 for one in found)


def test_the_lines_that_are_not_edited_stay_as_they_are():
    given = outcome("one  two\n\n  three four")
    for text in Proposer.of(("drop",), [given], 1, None).proposed(given, 4, 0):
        lines = text.split("\n")
        assert lines[1] == ""
        assert (lines[0] == "one  two") != (lines[2] == "  three four")


@pytest.mark.parametrize("kind", ["drop", "swap", "synonym"])
def test_what_cannot_be_edited_gives_no_candidates(kind):
    for text in ("", "word"):
        assert Proposer.of((kind,), [outcome(text)], 1, None).proposed(outcome(text), 4, 0) == []


def test_inputs_that_are_no_texts_are_refused(knowing):
    number = outcome({"image": 3})
    with pytest.raises(PlanError, match="no text to edit"):
        counterfactuals(lambda inputs: inputs, [number], knowing)
    with pytest.raises(PlanError, match="no text 'context'"):
        counterfactuals(lambda inputs: inputs, [outcome({"question": "a"})], knowing, on="context")


def test_without_a_case_to_turn_there_is_nothing_to_measure(knowing):
    done = evolve(outcome("all is well"), prediction=Prediction("yes"))
    with pytest.raises(PlanError, match="no case can be turned towards success"):
        counterfactuals(lambda inputs: inputs, [done], knowing, towards="success")


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"towards": "ruin"}, "towards must be"),
        ({"size": 0}, "at least one edit"),
        ({"edits": ("explode",)}, "an edit is one of"),
        (
            {
                "edits": (
                    Perturbation(
                        name="test.image", summary="No text.", modality="image", factory=dict
                    ),
                )
            },
            "is no edit",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(knowing, options, match):
    with pytest.raises(ParameterError, match=match):
        counterfactuals(lambda inputs: inputs, [outcome("a b")], knowing, **options)
