"""Failures that stop a run, and those that say how long to wait."""

from __future__ import annotations

import pytest
from trial_stand_ins import same

import seatrial as sea
from seatrial.engine._asking import Asker, Asking, Cost
from seatrial.errors import TrialError

# failures that stop a run


def spending(limit, failed="spent"):
    left = {"calls": limit}

    def model(inputs):
        answers = []
        for text in inputs:
            if left["calls"] <= 0:
                answers.append(sea.Failed(failed, stops=True))
            else:
                left["calls"] -= 1
                answers.append(sea.Prediction(text, details={"usage": {"calls": 1}}))
        return answers

    model.identity = "spending"
    return model


@pytest.mark.parametrize("executor", ["serial", "threads"])
def test_a_failure_that_stops_loses_no_answer_and_errs_no_record(tmp_path, executor):
    cases = [sea.Case(str(n), f"text {n}", f"text {n}") for n in range(30)]
    plan = sea.Plan(metrics=[same()], seed=1)
    more = {"executor": executor, "batch_size": 4, "to": tmp_path}
    with pytest.raises(TrialError, match="stopped the run: spent; what was answered is stored"):
        sea.run(plan, model=spending(10), cases=cases, **more)
    report = sea.Report.load(tmp_path)
    assert report.accounting.scored == 10
    assert report.accounting.errored == 0
    assert report.usage == {"calls": 10}
    report = sea.run(plan, model=spending(100), cases=cases, **more)
    assert report.accounting.scored == 30
    assert report.usage == {"calls": 30}


def test_what_might_have_passed_is_left_too_when_the_run_stops():
    def model(inputs):
        told = {"0": sea.Failed("busy", retryable=True), "1": sea.Failed("spent", stops=True)}
        return [told.get(text, text) for text in inputs]

    cases = [sea.Case(str(n), str(n), "2") for n in range(3)]
    with pytest.raises(TrialError, match="spent; give to= a directory"):
        sea.run(sea.Plan(metrics=[same()], seed=1), model=model, cases=cases, retry_wait=60)


def test_a_failure_says_how_long_to_wait_and_a_minute_is_the_most():
    for after, wait in ((7.0, 7.0), (3600.0, 60.0)):
        left, waits = {"now": 1}, []

        def model(inputs, left=left, after=after):
            if left["now"]:
                left["now"] = 0
                return [sea.Failed("busy", retryable=True, retry_after=after, usage={"n": 1})]
            return inputs

        cost = Cost()
        asker = Asker(model, Asking(1, retries=1), sleep=waits.append)
        (answer,) = asker.ask(["a"], cost)
        assert (answer.prediction.value, waits, cost.reported) == ("a", [wait], {"n": 1})
