"""What was lost is supposed the worst and the best, in the direction of each demand."""

from __future__ import annotations

import json

import attrs
import pytest
from demand_stand_ins import answering, demand, grouped, items, said, verdict, wrongs
from trial_stand_ins import same

import seatrial as sea
from seatrial.errors import PlanError
from seatrial.verbs._judge import judge
from seatrial.verbs._run import run

UNANSWERABLE = {"unanswerable": {"kind": "no"}}
REFERENCE = {"stand.reword": 0.5, "clean": 0.1}
EASY = {
    "at_least": 0.2,
    "max_drop": 0.8,
    "right_or_refused": 0.2,
    "clean_refusal": 0.8,
    "min_agreement": 0.2,
    "flip_rate": 0.8,
    "worst_severity": 0.2,
    "worst_of": 0.2,
    "stable_instances": 0.2,
    "weighted_mean": 0.7,
    "weighted_drop": 0.8,
    "worst_group": {"by": "vendor", "threshold": 0.2},
    "max_gap": {"by": "vendor", "at_most": 0.8},
    "max_slope": {"by": "year", "at_most": 0.3},
    "attack_success": {"at_most": 0.8, "distance": 1},
    "corruption_error": {"at_most": 1.9, "reference": REFERENCE},
    "relative_corruption_error": {"at_most": 2, "reference": REFERENCE},
    "ppv_at": {"positive": "yes", "prevalence": 0.5, "at_least": 0.2},
    "recall_of_abstention": {**UNANSWERABLE, "at_least": 0.2},
    "over_refusal": {**UNANSWERABLE, "at_most": 0.8},
    "ece": 0.8,
    "brier": 0.8,
}


def cases_of_all_kinds(count=120):
    return [
        attrs.evolve(case, target="no" if i % 4 == 3 else "yes")
        for i, case in enumerate(
            grouped(
                count,
                vendor=lambda i: "ab"[i % 2],
                year=lambda i: 2020 + i % 3,
                kind=lambda i: "no" if i % 3 == 0 else "yes",
            )
        )
    ]


def perfect(losing):
    """A model that is right, sure and refuses just what it should, but for errors."""

    def rule(i, rung):
        if losing(i, rung):
            return RuntimeError("lost")
        value = "no" if i % 4 == 3 else "yes"
        odds = {"yes": float(value == "yes"), "no": float(value == "no")}
        return sea.Prediction(value, probabilities=odds, refused=i % 3 == 0)

    return answering(rule)


@pytest.mark.parametrize("name", EASY)
def test_few_errors_leave_an_easy_verdict_and_many_make_it_an_error(name):
    about_clean = name == "clean_refusal"

    def losing(count):
        return perfect(lambda i, r: (not r if about_clean else r) and i < count)

    priority = demand({name: EASY[name]})
    flawless = verdict(priority, losing(0), cases_of_all_kinds())
    assert flawless.outcome == "pass"
    few = verdict(priority, losing(4), cases_of_all_kinds())
    assert few.outcome == "pass"
    lost = verdict(priority, losing(110), cases_of_all_kinds())
    assert (lost.outcome, "errored, which could change the verdict" in lost.note) == ("error", True)
    low, high = lost.interval
    assert low <= few.interval[0] <= few.interval[1] <= high


@pytest.mark.parametrize("name", EASY)
def test_a_run_that_errored_everywhere_is_an_error_and_never_a_figure_that_decides(name):
    model, cases = perfect(lambda i, r: True), cases_of_all_kinds()
    found = verdict(demand({name: EASY[name]}), model, cases, allow="every-record-errored")
    assert found.outcome == "error"


@pytest.mark.parametrize("name", EASY)
def test_a_run_that_is_not_finished_is_inconclusive(name):
    specification = sea.Specification("half", priorities=[demand({name: EASY[name]})], seed=0)
    half = run(
        specification,
        perfect(lambda i, r: False),
        cases_of_all_kinds(),
        batch_size=1,
        stop=lambda now: now.measured >= 4,  # of two cases, whose variants go together
    )
    (found,) = judge(specification, half).verdicts
    assert found.outcome == "inconclusive"
    assert "not measured yet, which could change the verdict" in found.note


def test_refusals_that_nobody_asked_for_yet_are_no_fault_of_the_model():
    priorities = [
        sea.Priority(kind, where={"kind": kind}, relation="must-refuse", require={"at_least": 0.5})
        for kind in ("first", "later")
    ]
    specification = sea.Specification("part", priorities=priorities, seed=0)

    def begun(first):
        cases = grouped(40, kind=lambda i: "first" if f"{i:04}" == first else "later")
        model = answering(lambda i, r: sea.Prediction("", refused=True))
        return run(specification, model, cases, batch_size=1, stop=lambda now: now.measured >= 1)

    (one,) = begun("0000").records()
    report = begun(one.case_id)
    assert [record.case.groups["kind"] for record in report.records()] == ["first"]
    found = judge(specification, report).verdicts[1]
    assert (found.outcome, "not measured yet" in found.note) == ("inconclusive", True)


def test_what_is_shown_of_lost_refusals_is_the_worst_for_the_demand():
    cases = grouped(100, kind=lambda i: "yes")

    def model(losing):
        return answering(
            lambda i, r: RuntimeError("lost") if i in losing else sea.Prediction("", refused=False)
        )

    require = {"over_refusal": {**UNANSWERABLE, "at_most": 0.5}}
    found = verdict(demand(require, uses=(), metric=None), model(range(20)), cases)
    assert (found.outcome, found.estimate) == ("pass", 0.2)
    errors = verdict(demand({"at_most": 0.5}, uses=(), metric=wrongs), model(range(20)), cases)
    assert errors.estimate == 1.0


def test_a_clean_score_that_was_lost_is_supposed_low_where_it_counts_as_a_score():
    priority = demand({"weighted_mean": 0.55}, metric=said)
    model = answering(lambda i, r: RuntimeError("lost") if not r else 1.0)
    found = verdict(priority, model, items(200))
    assert (found.outcome, found.estimate) == ("error", pytest.approx(0.4))


def test_a_gap_that_lost_cases_could_close_is_no_fail():
    cases = grouped(200, vendor=lambda i: "ab"[i % 2])
    wrong_in_b = answering(
        lambda i, r: RuntimeError("lost") if r and i < 180 else ("no" if i % 2 else "yes")
    )
    require = {"max_gap": {"by": "vendor", "at_most": 0.1}}
    found = verdict(demand(require), wrong_in_b, cases)
    assert found.outcome == "error"
    whole = answering(lambda i, r: "no" if i % 2 else "yes")
    assert verdict(demand(require), whole, cases).outcome == "fail"


@pytest.mark.parametrize("bad", [float("nan"), -0.5, 1.5, float("inf")])
def test_scores_that_no_metric_may_give_are_errors_and_never_figures(bad):
    model = answering(lambda i, r: bad if i < 5 else 1.0)
    found = verdict(demand({"at_least": 0.99}, metric=said), model, items(100))
    assert found.outcome == "error"
    assert found.note


@pytest.mark.parametrize(
    "name", ["worst_severity", "stable_instances", "corruption_error", "attack_success"]
)
def test_a_metric_without_bounds_is_refused_before_the_run(name):
    unbounded = attrs.evolve(same, bounds=None)
    with pytest.raises(PlanError, match=f"{name} needs a metric with bounds"):
        sea.Specification("t", priorities=[demand({name: EASY[name]}, metric=unbounded)], seed=0)


def test_every_verdict_is_plain_data():
    priorities = [demand({name: given}, name=name) for name, given in EASY.items()]
    specification = sea.Specification("all", priorities=priorities, seed=0)
    report = run(specification, perfect(lambda i, r: i == 0), cases_of_all_kinds(), batch_size=1)
    found = judge(specification, report)
    assert json.loads(json.dumps(found.as_dict(), allow_nan=False))["title"] == "all"
    assert {len(one) for one in found.table().rows} == {len(found.table().columns)}
