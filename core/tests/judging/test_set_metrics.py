"""Metrics of the whole set: other people's code, called through the boundary."""

from __future__ import annotations

import os
import sys

import attrs
import pytest
from demand_stand_ins import demand, items, right_unless

import seatrial as sea

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
