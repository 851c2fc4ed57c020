"""One card for one explanation: what could be tested, and why the rest was left out."""

from __future__ import annotations

import json

import pytest
from seatrial_probes._causal_tests import causal_tests

from seatrial import Explanation, Finding
from seatrial.errors import ParameterError, PlanError

QUICK = {
    "steering": {"strengths": (2.0,), "random_directions": 3},
    "erasure": {"controls": 1},
    "failure": {"candidates": 6},
    "success": {"candidates": 6},
}


class Reader:
    def choices(self, prompts, options):
        return [type("Chosen", (), {"log_likelihoods": self.odds(one)}) for one in prompts]

    def odds(self, prompt):
        known, _, given = prompt.partition("Here is a new input:")
        return (-2.0, -1.0) if "stone" in known and "stone" in given else (-1.0, -2.0)


@pytest.fixture
def explanation(residual_model):
    direction = {"layer": 2, "pooling": "last", "weights": residual_model.cause.tolist()}
    return Explanation(
        "a probe",
        [Finding("word", "texts with stone fail")],
        auroc=0.9,
        interval=(0.8, 0.95),
        baselines={"length": 0.6, "margin": 0.7},
        predictor=lambda cases: [0.9 * ("stone" in one.input) for one in cases],
        details={"direction": direction},
    )


def test_everything_that_applies_stands_on_one_card(residual_model, trapped, explanation):
    card = causal_tests(
        explanation, residual_model, trapped(120), reader=Reader(), options=QUICK, seed=2
    )
    assert dict(card.left_out) == {}
    assert card.steering.effect > 0.2
    assert card.erasure.drop.high < 0
    assert card.failure.difference.low > 0
    assert card.words.gains["no-explanation"].low > 0.2
    text = str(card)
    for line in (
        "0.900 [0.800, 0.950]; best baseline 0.700 (margin)",
        "by erasure",
        "no-explanation",
    ):
        assert line in text
    assert json.loads(json.dumps(card.as_dict()))["auroc"] == 0.9


def test_what_does_not_apply_is_left_out_and_says_why(trapped):
    outcomes = trapped(60)
    card = causal_tests(Explanation("words alone"), lambda inputs: inputs, outcomes)
    assert set(card.left_out) == {"steering", "erasure", "failure", "success", "words"}
    assert "activations, intervened" in card.left_out["steering"]
    assert "no direction" in card.left_out["erasure"]
    assert "no reader was given" in str(card)
    assert "not graded" in str(card)


def test_options_for_no_test_and_a_wrong_rule_are_refused(residual_model, trapped, explanation):
    with pytest.raises(ParameterError, match="no test 'sterring'"):
        causal_tests(explanation, residual_model, trapped(20), options={"sterring": {}})
    with pytest.raises(PlanError, match="the rule right= tells"):
        causal_tests(explanation, residual_model, trapped(20), right=lambda target, answer: True)
