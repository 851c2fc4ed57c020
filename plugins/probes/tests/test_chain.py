"""The chain-of-thought explainer, with models that follow a script."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from seatrial_probes import chain_of_thought
from seatrial_probes._chain import _Trace
from seatrial_probes._rendering import Read
from sklearn.metrics import roc_auc_score

from seatrial import Case, Outcome, Prediction
from seatrial.errors import ModelError, ParameterError


def said(text, finish="stop"):
    return SimpleNamespace(text=text, finish=finish)


class Doubting:
    """Reasons with doubt about children, whom it does not know, and firmly about all others."""

    def __init__(self):
        self.prompts = []

    def generate(self, prompts, *, max_new_tokens=None):
        self.prompts += prompts
        return [
            said("Perhaps it might be so. Wait, maybe not. Answer: yes, 40 %")
            if "children" in one
            else said("The dose is known to be safe here. Answer: yes, 95 %")
            for one in prompts
        ]


def explain(outcomes, model, **params):
    return chain_of_thought(**params).build()(model, outcomes, seed=3)


def graded(found, outcomes):
    scores = found.predict([one.case for one in outcomes])
    return roc_auc_score([not one.right for one in outcomes], scores)


def trace(text, *options, finish="stop"):
    return _Trace.of(said(text, finish), Read({"question": "which?"}, options))


def test_written_doubt_predicts_failure(planted):
    found = explain(planted(300), Doubting())
    assert graded(found, planted(200, seed=5)) > 0.7
    assert found.details["calls"] == {"learning": 900, "for each case": 3}
    assert any("hedges" in one.summary or "confidence" in one.summary for one in found.findings)


def test_traces_of_one_input_differ_in_their_lead_and_in_the_order_of_options():
    model = Doubting()
    given = {"question": "is it so?", "options": ("yes", "no")}
    outcomes = [
        Outcome(case=Case(str(n), given), input=given, prediction=Prediction("x"), right=bool(n))
        for n in range(2)
    ]
    explain(outcomes, model, samples=2)
    first, second = model.prompts[:2]
    assert first != second
    assert first.index("- yes") < first.index("- no")
    assert second.index("- no") < second.index("- yes")


def test_the_answer_is_masked_before_anything_is_counted():
    one = trace("So it is bark, maybe.\nFinal answer: the long word, maybe maybe 80%", "bark")
    assert one.text == "So it is option, maybe.\n"
    assert one.confidence == 80.0
    same = [
        trace(f"I think of {word} and so on. Answer: {word}", "dog", "cat").text
        for word in ("dog", "cat")
    ]
    assert same[0] == same[1]


def test_changes_of_mind_are_changes_between_options():
    assert trace("dog, dog, then cat, then dog. Answer: dog", "dog", "cat").changes == 2
    assert trace("a hotdog is no dog; scatter", "dog", "cat").changes == 0
    assert trace("no options here").changes == 0


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("It is the cat. Answer: Dog!", "dog"),
        ("dog or cat? Rather cat", "cat"),
        ("no word of either", ""),
    ],
)
def test_the_answer_is_the_option_after_the_mark_or_the_last_one_named(text, answer):
    assert trace(text, "dog", "cat").answer == answer


def test_without_options_the_answer_is_what_stands_after_the_mark():
    assert trace("thinking. The answer is 42.\nbye").answer == "42"


def test_traces_that_were_cut_off_or_do_not_agree_are_seen(planted):
    class Cut:
        def generate(self, prompts, *, max_new_tokens=None):
            assert max_new_tokens == 9
            return [
                said(f"Answer: {n}", "length") if "children" in one else said("Answer: yes")
                for n, one in enumerate(prompts)
            ]

    found = explain(planted(300), Cut(), max_new_tokens=9)
    told = {one["feature"]: one["odds_ratio"] for one in found.details["features"]}
    assert told["cut off"] > 1 > told["agreement"]


@pytest.mark.parametrize("right", [True, False])
def test_without_a_contrast_nothing_is_written(right, planted):
    model = Doubting()
    found = explain([one for one in planted() if one.right is right], model)
    assert (found.predictor, model.prompts) == (None, [])


def test_what_cannot_work_is_refused(planted):
    with pytest.raises(ModelError, match="must have generate"):
        explain(planted(), len)
    with pytest.raises(ParameterError, match="samples"):
        chain_of_thought(samples=9).build()
