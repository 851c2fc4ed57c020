"""Answers that are read off texts, tasks, and what was gained and forgotten."""

from __future__ import annotations

import math
import sys
from types import SimpleNamespace

import numpy as np
import pytest
import seatrial_posttrain as posttrain
import torch
from seatrial_metrics import accuracy, mcc
from seatrial_posttrain._asking import Asking
from seatrial_posttrain._judge import asked_right
from seatrial_posttrain._tasks import FINEVAL, tasks_of
from sklearn.metrics import matthews_corrcoef

import seatrial as sea
from seatrial.errors import MetricError, ModelError, ParameterError, PlanError
from seatrial.statistics import paired_drop
from seatrial.testing import check

OPTIONS = ("positive", "negative", "neutral")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("First [[A]], but no: Selection: [[B]]", ("negative", "brackets")),
        ("[[neutral]]", ("neutral", "brackets")),
        ("[[(C) neutral]]", ("neutral", "brackets")),
        ("[[D]] is none. The answer is A.", ("positive", "phrase")),
        ("Answer: **negative**", ("negative", "phrase")),
        ("The answer is likely negative, I think", ("negative", "phrase")),
        ("The answer is B. No wait, the answer is C", ("neutral", "phrase")),
        ("The answer is B because sales fell", ("negative", "phrase")),
        ("The answer is A matter of taste", ("unparsed", "unparsed")),
        ("It sounds neutral to me.", ("neutral", "only option")),
        ("It is neutral or negative.", ("unparsed", "unparsed")),
        ("A share rose.", ("unparsed", "unparsed")),
        ("Nonpositive", ("unparsed", "unparsed")),
        ("", ("unparsed", "unparsed")),
    ],
)
def test_an_option_is_looked_for_in_a_fixed_order(text, found):
    assert posttrain.extracted(text, OPTIONS) == found


@pytest.mark.parametrize(
    ("text", "whole", "found"),
    [
        ("So 6 times 7. Answer: [[42]]", False, ("42", "brackets")),
        ("So the answer is 42.", False, ("42", "phrase")),
        ("42", True, ("42", "whole")),
        ("42", False, ("unparsed", "unparsed")),
    ],
)
def test_a_free_answer_is_read_whole_only_where_nothing_else_was_asked_for(text, whole, found):
    assert posttrain.extracted(text, whole=whole) == found


def test_an_option_within_a_longer_one_does_not_count():
    assert posttrain.extracted("very good", ("good", "very good"))[0] == "very good"


class Scripted:
    """Says the same to everything, and keeps what it was asked."""

    identity = "scripted"

    def __init__(self, text):
        self.text, self.asked = text, []

    def __call__(self, inputs):
        self.asked += inputs
        return [self.text for _ in inputs]


def test_options_are_lettered_and_the_answer_is_read_off():
    model = Scripted("Rising is good. Selection: [[A]]")
    (said,) = Asking(model, "reasoned", OPTIONS)(["Shares rose."])
    assert said.value == "positive"
    assert said.details["found"] == "brackets"
    assert model.asked[0].splitlines()[:4] == [
        "Shares rose.",
        "A. positive",
        "B. negative",
        "C. neutral",
    ]
    (own,) = Asking(model, "direct")([{"question": "Is it?", "options": ("yes", "no")}])
    assert own.value == "yes"
    assert "B. no" in model.asked[1]
    with pytest.raises(PlanError, match="must have options"):
        Asking(model, "likeliest")(["Is it?"])


def test_a_failure_is_no_answer():
    (said,) = Asking(lambda inputs: [sea.Failed("busy")] * len(inputs), "direct")(["Is it?"])
    assert said == sea.Failed("busy")


def asked(name="FPB", count=12, metric=None, **more):
    rows = [
        {"id": f"{name}{at}", "input": f"item {at}", "target": OPTIONS[at % 2]}
        for at in range(count)
    ]
    table = {"task": name, "cases": rows, "options": list(OPTIONS), **more}
    return {**table, "metric": metric} if metric else table


def evaluated(tasks, said):
    return posttrain.evaluate(Answering(said), tasks)


class Answering:
    """Answers item n by the nth text."""

    identity = "answering"

    def __init__(self, said):
        self.said = said

    def __call__(self, inputs):
        return [self.said[int(one.split()[1])] for one in inputs]


def test_capabilities_are_compared_case_by_case():
    tasks = tasks_of([asked(), asked("MA", metric="metrics.mcc")])
    right = [f"[[{OPTIONS[at % 2]}]]" for at in range(12)]
    before = evaluated(tasks, right)
    worse = [right[0], *["dunno"] * 8, *right[9:]]
    after = evaluated(tasks, worse)
    compared = posttrain.capabilities(tasks, before, after)
    first, second = compared.changes
    assert (first.task, first.kind, second.kind) == ("FPB", "similar", "novel")
    assert (first.before, first.after) == (1, 4 / 12)
    assert first.parsed == (1, 4 / 12)
    drop = paired_drop([1.0] * 12, [1.0, *[0.0] * 8, *[1.0] * 3], None, 0.95)
    assert (first.low, first.high) == pytest.approx((-drop.high, -drop.low))
    classes = [at % 2 for at in range(12)]
    given = [0, *[2] * 8, 1, 0, 1]  # unparsed answers are a class of their own
    assert second.after == pytest.approx(matthews_corrcoef(classes, given))
    assert second.low < second.change < second.high
    assert "FPB" in compared.forgotten
    assert compared.gained == ()
    assert "100% → 33%" in str(compared)
    again = posttrain.capabilities(tasks, after, before)
    assert again.changes[0].change == -first.change
    assert "FPB" in again.gained


def test_the_same_answers_forget_nothing():
    tasks = tasks_of([asked(metric=mcc()), asked("MA", metric=accuracy())])
    same = evaluated(tasks, [OPTIONS[at % 2] for at in range(12)])
    compared = posttrain.capabilities(tasks, same, same)
    assert [one.change for one in compared.changes] == [0, 0]
    assert (compared.forgotten, compared.gained) == ((), ())


def test_what_is_measured_is_kept(tmp_path):
    tasks = tasks_of([asked()])
    model = Answering(list(OPTIONS) * 4)
    first = posttrain.evaluate(model, tasks, to=tmp_path)
    model.said = None
    assert posttrain.evaluate(model, tasks, to=tmp_path) == first


def test_a_case_that_cannot_be_answered_stops_the_comparison():
    model = Answering([1])
    with pytest.raises(ModelError, match="nothing is compared before it is answered"):
        posttrain.evaluate(model, tasks_of([asked()]))


def test_perplexity_is_that_of_transformers(model):
    texts = ["profit rose", "a cat sat on a mat " * 30]
    found = posttrain.perplexity(model, texts, row_tokens=200)
    sums, tokens = [], []
    for text in texts:
        ids = model.trainable.document(text)
        pieces = (
            [ids] if len(ids) <= 200 else [ids[at : at + 200] for at in range(0, len(ids) - 1, 199)]
        )
        losses = [float(module_loss(model, piece)) * (len(piece) - 1) for piece in pieces]
        sums.append(sum(losses))
        tokens.append(len(ids) - 1)
    assert found.tokens == tuple(tokens)
    assert found.losses == pytest.approx(sums, rel=1e-5)
    assert found.value == pytest.approx(math.exp(sum(sums) / sum(tokens)), rel=1e-5)
    with pytest.raises(PlanError, match="there are no cases"):
        posttrain.perplexity(model, [])


def module_loss(model, ids):
    row = torch.tensor([ids])
    with torch.inference_mode():
        return model.module(input_ids=row, labels=row).loss


def test_a_perplexity_is_compared_as_a_ratio():
    rows = [{"id": str(at), "input": "x"} for at in range(40)]
    tasks = tasks_of([{"name": "held out", "cases": rows, "metric": "perplexity"}])
    names = {"cases": [str(at) for at in range(40)], "clusters": [str(at) for at in range(40)]}
    draw = np.random.default_rng(0)
    losses = draw.normal(30, 3, 40)
    before = posttrain.Measured(**names, scores=losses, tokens=[10] * 40)
    after = posttrain.Measured(**names, scores=losses + draw.normal(0.7, 0.3, 40), tokens=[10] * 40)
    compared = posttrain.capabilities(tasks, {"held out": before}, {"held out": after})
    (one,) = compared.changes
    assert one.change == pytest.approx(one.after / one.before)
    assert 1 < one.low < one.change < one.high
    assert compared.forgotten == ("held out",)


def test_fineval_is_known_by_its_names():
    assert len(FINEVAL) == 35
    assert FINEVAL["CRA-Polish"]["metric"] == "metrics.mcc"
    assert FINEVAL["EDTSUM"] == {
        "capability": "task",
        "kind": "similar",
        "metric": "metrics.rouge-1",
        "answers": "direct",
    }
    assert FINEVAL["CFA-Easy"]["answers"] == "reasoned"


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ({"task": "FBP", "cases": []}, "FinEval has no task 'FBP'; did you mean FPB"),
        ({"name": "x"}, "a table with cases"),
        (asked(capability="skill"), "capability of the task 'FPB' must be one of concept, task"),
        (asked(option=[]), "has no 'option'; did you mean options"),
        (asked(metric={"name": "metrics.mcc"}), "a table with use and params, or 'perplexity'"),
        (asked(metric="posttrain.judged-right"), "missing a required argument: 'judge'"),
        (asked(options=["A", "B"]), "which is none of its options: 'A', 'B'"),
    ],
    ids=["task", "cases", "capability", "key", "metric", "judge", "options"],
)
def test_a_task_that_makes_no_sense_is_refused(table, told):
    with pytest.raises(ParameterError, match=told):
        tasks_of([table])


@pytest.mark.parametrize("metric", [posttrain.judged_right, posttrain.judged_score])
def test_judged_metrics_keep_what_every_metric_must_keep(metric):
    use = metric(judge="seatrial_posttrain._judge_samples:judge")
    assert [one for one in check(use) if one.outcome == "failed"] == []


def test_a_conversation_is_judged_turn_by_turn():
    prompts = []

    def judge(asked):
        prompts.extend(asked)
        return [f"Good. [[{4 + 2 * len(prompts[:at])}]]" for at in range(len(asked))]

    score = posttrain.judged_score(judge=judge).build()
    said = [("user", "Hi"), ("assistant", "Hello"), ("user", "Again"), ("assistant", "Hello 2")]
    transcript = [{"role": role, "content": text} for role, text in said]
    answer = sea.Prediction("Hello 2", details={"transcript": transcript})
    assert score([sea.Case("a", "Hi")], [answer]) == [5.0]
    assert "Hello 2" not in prompts[0]
    assert "Hello 2" in prompts[1]


@pytest.mark.parametrize("reply", ["", "great", "[[11]]", "[[0]]", "[[ten]]"])
def test_a_judge_that_answers_nonsense_gives_no_score(reply):
    score = posttrain.judged_score(judge=lambda asked: [reply] * len(asked)).build()
    with pytest.raises(MetricError, match="the judge gave no judgement on case 'a'"):
        score([sea.Case("a", "Hi")], [sea.Prediction("Hello")])


def test_a_judge_at_an_endpoint_is_the_same_for_metrics_and_for_pairs():
    asked = []

    async def endpoint(prompts):
        asked.append(list(prompts))
        return [sea.Prediction("[[correct]]") for _ in prompts]

    case, answer = sea.Case("a", "what is 2?", "two"), sea.Prediction("It is two.")
    other = sea.Prediction("It is three.")
    assert posttrain.judged_right(judge=endpoint).build()([case] * 2, [answer, other]) == [1, 1]
    assert posttrain.judged_by(endpoint)(case, "It is two.") is True
    assert asked[0][:1] == asked[1]  # one way of asking, and all cases at once
    assert len(asked[0]) == 2


def test_nonsense_about_one_case_costs_that_case_alone_and_nothing_is_asked_twice(monkeypatch):
    asked = []

    def judge(prompts):
        asked.append(len(prompts))
        return ["Hm." if "three" in one else "[[correct]]" for one in prompts]

    cases = [sea.Case(one, f"say {one}", one) for one in ("one", "two", "three", "four")]
    monkeypatch.setitem(sys.modules, "scripted", SimpleNamespace(judge=judge))
    plan = sea.Plan(metrics=[posttrain.judged_right(judge="scripted:judge")])
    report = sea.run(plan, model=lambda texts: [one.split()[1] for one in texts], cases=cases)
    lost = [one.case_id for one in report.records() if not one.scores]
    assert lost == ["three"]
    assert asked == [4]
    assert "the judge gave no judgement on case 'three': 'Hm.'" in str(report.errors[0])


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ([sea.Failed("the budget is spent")], "no reply on case 'a': the budget is spent"),
        ("[", "a reply to each question, 1, not '\\['"),
        ([], "a reply to each question, 1, not 0 replies"),
    ],
    ids=["failed", "a text", "too few"],
)
def test_a_judge_that_gives_no_reply_is_an_error(given, told):
    score = posttrain.judged_right(judge=lambda asked: given).build()
    with pytest.raises(ModelError, match=told):
        score([sea.Case("a", "Hi", "Hello")], [sea.Prediction("Hello")])


def test_a_judge_hears_of_no_reference_where_there_is_none():
    asked = asked_right(sea.Case("a", "Hi"), "Hello")
    assert "Reference" not in asked
    assert "None" not in asked


def test_a_task_in_python_is_checked_like_one_in_a_recipe():
    task = {"name": "moves", "cases": [sea.Case("a", "x", "up")]}
    assert posttrain.Task(**task, metric="metrics.accuracy") == posttrain.Task(
        **task, metric=accuracy
    )
    with pytest.raises(ParameterError, match="kind of the task 'moves' must be one of similar"):
        posttrain.Task(**task, kind="old")
    with pytest.raises(ParameterError, match="give judge as an import string, or a table with use"):
        posttrain.Task(**task, metric=posttrain.judged_right(judge=Answering(["[[correct]]"])))
    with pytest.raises(ParameterError, match="two tasks of the evaluation are named 'moves'"):
        posttrain.evaluate(Answering(["x"]), [task, task])
    with pytest.raises(ModelError, match="needs an identity"):
        posttrain.evaluate(lambda inputs: inputs, [task])
    with pytest.raises(PlanError, match="task 'moves' was not measured both before and after"):
        posttrain.capabilities([task], {}, {})
