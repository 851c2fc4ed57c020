"""Metrics of the whole set: other people's code, called through the boundary."""

from __future__ import annotations

import os
import sys

import attrs
import numpy as np
import pytest
from demand_stand_ins import demand, items, right_unless

import seatrial as sea
from seatrial.statistics import jackknife
from seatrial.statistics._multiplicity import p_value

some = right_unless(lambda i, r: i % 4 == 0)


def whole(score, **more):
    return sea.Metric(
        name="stand.whole", summary="Of the whole set.", factory=lambda: score, **more
    )


def accuracy(targets, answers):
    return sum(t == a for t, a in zip(targets, answers, strict=True)) / len(targets)


def judged(metric, model=some, cases=None):
    """Judge a metric that was sound while the run was measured."""
    spec = sea.Specification(
        "s", priorities=[demand({"at_least": 0.5}, uses=(), metric=metric)], seed=0
    )
    return sea.judge(spec, sea.run(spec, model, cases or items(60))).verdicts[0]


def test_the_figure_is_that_of_the_metric():
    verdict = judged(whole(accuracy))
    assert (verdict.outcome, verdict.estimate) == ("pass", 0.75)


@pytest.mark.parametrize(
    ("raises", "told"),
    [
        (KeyError("label"), "stand.whole: KeyError: 'label'"),
        (SystemExit(3), "stand.whole: SystemExit: 3"),
        (ZeroDivisionError("of nothing"), "stand.whole: ZeroDivisionError: of nothing"),
    ],
)
def test_what_it_raises_is_an_error_of_its_own(raises, told):
    def score(targets, answers):
        raise raises

    verdict = judged(whole(score))
    assert verdict.outcome == "error"
    assert told in verdict.note


def test_a_factory_that_fails_is_an_error_of_its_own():
    metric = whole(accuracy)
    spec = sea.Specification(
        "s", priorities=[demand({"at_least": 0.5}, uses=(), metric=metric)], seed=0
    )
    report = sea.run(spec, some, items(60))

    def broken():
        msg = "no licence"
        raise RuntimeError(msg)

    spoiled = attrs.evolve(
        spec,
        priorities=[
            demand({"at_least": 0.5}, uses=(), metric=attrs.evolve(metric, factory=broken))
        ],
    )
    verdict = sea.judge(spoiled, report).verdicts[0]
    assert (verdict.outcome, verdict.note) == ("error", "stand.whole: RuntimeError: no licence")


def test_what_it_prints_and_where_it_goes_stays_inside(capsys, tmp_path):
    def score(targets, answers):
        sys.stdout.write("scoring\n")
        os.chdir(tmp_path)
        return accuracy(targets, answers)

    before = os.getcwd()  # noqa: PTH109
    assert judged(whole(score)).outcome == "pass"
    assert os.getcwd() == before  # noqa: PTH109
    assert capsys.readouterr().out == ""


def test_a_metric_that_reads_cases_gets_them_as_the_model_saw_them():
    seen = []

    def score(cases, answers):
        seen.extend(cases)
        return accuracy([one.target for one in cases], [one.value for one in answers])

    verdict = judged(whole(score, reads="case"), cases=items(60, groups={"site": "a"}))
    assert (verdict.outcome, verdict.estimate, verdict.baseline) == ("pass", 0.75, None)
    assert all(isinstance(one, sea.Case) and one.groups == {"site": "a"} for one in seen)


def test_rows_are_scored_once_whatever_the_number_of_bounds():
    """The p-value of a failure bounds the figure some 20 times, from the same values."""
    right, asked = np.random.default_rng(3).random(90) < 0.6, []

    def squared(targets, answers):
        asked.append(len(answers))
        return accuracy(targets, answers) ** 2

    priority = demand({"at_least": 0.5}, uses=(), metric=whole(squared, bounds=(0.0, 1.0)))
    spec = sea.Specification("s", priorities=[priority], seed=0)
    report = sea.run(spec, right_unless(lambda i, r: not right[i]), items(90))
    asked.clear()
    (verdict,) = sea.judge(spec, report).verdicts
    assert len(asked) <= 1 + 90 + 32 + 1  # all, all but one, halves, and the majority baseline

    def bound(confidence):
        def score(rows):
            return (right[rows].sum().item() / len(rows)) ** 2

        return jackknife(score, 90, None, confidence, (0.0, 1.0), rarest=90)

    interval = bound(0.95)
    assert (verdict.outcome, verdict.estimate) == ("fail", interval.estimate)
    assert verdict.interval == interval.ends
    assert verdict.demands[0].p_value == p_value(lambda one: bound(one).high < 0.5)
    assert 1e-6 < verdict.demands[0].p_value < 0.05
