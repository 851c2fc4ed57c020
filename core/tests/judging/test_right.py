"""One definition of right: the forecast, the judge and the flawless model mean the same."""

from __future__ import annotations

import attrs
import pytest
from demand_stand_ins import answering, grouped, reword, said, wrongs
from hypothesis import given, settings
from hypothesis import strategies as st
from trial_stand_ins import even, same

import seatrial as sea
from seatrial._concepts import RELATIONS
from seatrial._demand_list import DEMANDS
from seatrial._right import right_of
from seatrial.errors import PlanError

SLICE = {"unanswerable": {"kind": "no"}}
ALEXNET = {"stand.reword": 0.5, "clean": 0.1}
REQUIRE = {
    "at_least": 0.9,
    "at_most": 0.1,
    "max_drop": 0.1,
    "right_or_refused": 0.9,
    "clean_refusal": 0.1,
    "min_agreement": 0.9,
    "flip_rate": 0.1,
    "worst_severity": 0.5,
    "worst_of": 0.5,
    "stable_instances": 0.9,
    "weighted_mean": 0.5,
    "weighted_drop": 0.1,
    "worst_group": {"by": "vendor", "threshold": 0.5},
    "max_gap": {"by": "vendor", "at_most": 0.1},
    "max_slope": {"by": "year", "at_most": 0.1},
    "attack_success": {"at_most": 0.1, "distance": 1},
    "corruption_error": {"at_most": 0.1, "reference": ALEXNET},
    "relative_corruption_error": {"at_most": 0.125, "reference": ALEXNET},
    "ppv_at": {"positive": "yes", "prevalence": 0.5, "at_least": 0.8},
    "recall_of_abstention": {**SLICE, "at_least": 0.9},
    "over_refusal": {**SLICE, "at_most": 0.1},
    "ece": 0.1,
    "brier": 0.1,
}
refuses = sea.Metric(
    name="stand.refuses",
    summary="Refusals.",
    per_case=True,
    reads="prediction",
    higher_is_better=False,
    scores_refusals=True,
    factory=lambda: lambda targets, answers: [float(bool(one.refused)) for one in answers],
)
unbounded = attrs.evolve(same, name="stand.unbounded", bounds=None)
METRICS = {one and one.name: one for one in (None, same, wrongs, refuses, even, unbounded)}


def cases(count):
    found = grouped(
        count,
        vendor=lambda i: "ab"[i % 2],
        year=lambda i: 2020 + i % 2,
        kind=lambda i: "no" if i % 2 == 0 else "yes",
    )
    return [attrs.evolve(one, target="no" if i % 4 > 1 else "yes") for i, one in enumerate(found)]


def flawless(priority):
    """A model that answers as the relation, the metric and the demand of a priority ask."""
    (requirement,) = priority.requirements
    demand, right = requirement.demand, priority.right
    turned = bool(
        demand.scored
        and demand.level
        and demand.at_most is not None
        and right is not None
        and demand.at_most == right.higher_is_better
    )
    scores_refusals = priority.metric is not None and priority.metric.component.scores_refusals

    def rule(i, rung):
        good = ("no" if i % 4 > 1 else "yes") if not turned else ("yes" if i % 4 > 1 else "no")
        if right is not None and right.source == "change" and demand.scored and rung:
            good += " changed"
        if "unanswerable" in requirement.settings:
            refused = i % 2 == 0
        elif right is not None and right.source == "refusal":
            refused = True
        else:
            refused = scores_refusals and turned
        odds = {"yes": float(good == "yes"), "no": float(good == "no")}
        return sea.Prediction(good, probabilities=odds, refused=refused)

    return answering(rule)


@pytest.mark.parametrize("relation", RELATIONS)
@pytest.mark.parametrize("name", REQUIRE)
def test_a_flawless_model_passes_just_when_the_forecast_says_it_can(name, relation):
    for metric in METRICS.values():
        priority = sea.Priority(
            "it",
            perturbations=[reword()],
            severities=[1],
            relation=relation,
            metric=metric and metric(),
            require={name: REQUIRE[name]},
        )
        if priority.problem():
            continue
        specification = sea.Specification("t", priorities=[priority], seed=1)
        for count in (12, 120):
            told = sea.forecast(specification, cases(count)).priorities[0]
            if metric is unbounded and DEMANDS[name].scored:
                assert told.can_pass is None
                continue
            report = sea.run(specification, flawless(priority), cases(count))
            (found,) = sea.judge(specification, report).verdicts
            assert (found.outcome == "pass") == told.can_pass, (metric, count, found)
            assert told.can_pass or count == 12, (metric, told)
            early = sea.run(specification, flawless(priority), cases(count), stop="decided")
            (stopped,) = sea.judge(specification, early).verdicts
            assert (stopped.outcome == "pass") == told.can_pass, (metric, count, stopped)
            (change,) = sea.compare(report, report, specification=specification).priorities
            assert (change.before, change.change) == (found.estimate, 0.0), (metric, change)
            assert change.interval[0] <= 0.0 <= change.interval[1]


def begun(specification, priority, records):
    """Run a flawless model until so many records are measured."""
    return sea.run(
        specification,
        flawless(priority),
        cases(120),
        batch_size=4,
        stop=lambda now: now.measured >= records,
    )


@pytest.mark.parametrize("name", REQUIRE)
def test_what_was_not_measured_is_not_wrong(name):
    for metric in (same, wrongs):
        priority = sea.Priority(
            "it",
            perturbations=[reword()],
            severities=[1],
            metric=metric(),
            require={name: REQUIRE[name]},
        )
        if priority.problem():
            continue
        specification = sea.Specification("t", priorities=[priority], seed=1)
        half = begun(specification, priority, 120)
        whole = sea.run(specification, flawless(priority), cases(120))
        (found,), (full,) = (sea.judge(specification, one).verdicts for one in (half, whole))
        assert found.outcome in ("inconclusive", "pass"), (metric, found)
        assert found.estimate == full.estimate, (metric, found)
        assert found.cases_used < full.cases_used


def test_a_metric_of_the_set_waits_for_every_case():
    priority = sea.Priority("it", metric=even(), require={"at_least": 0.5})
    specification = sea.Specification("t", priorities=[priority], seed=1)
    half = begun(specification, priority, 60)
    judged = sea.judge(specification, half)
    (found,) = judged.verdicts
    assert (found.outcome, found.estimate) == ("inconclusive", None)
    assert "60 cases are not measured yet" in found.note
    assert judged.notes


def test_every_demand_that_hangs_on_no_other_run_is_tried():
    runs = {name for name, one in DEMANDS.items() if one.earlier_run}
    assert set(REQUIRE) == set(DEMANDS) - runs | {"corruption_error", "relative_corruption_error"}


@pytest.mark.parametrize(
    ("relation", "metric", "told"),
    [
        ("must-refuse", same, "asks for a refusal, which stand.same does not score"),
        ("must-abstain", even, "asks for a refusal, which stand.even does not score"),
        ("directional", refuses, "asks for an answer, and stand.refuses scores refusals"),
        ("may-refuse", refuses, "asks for an answer, and stand.refuses scores refusals"),
        ("may-refuse", even, "stand.even has none"),
        ("may-refuse", unbounded, "stand.unbounded has none"),
    ],
)
def test_a_relation_and_a_metric_that_contradict_are_refused(relation, metric, told):
    with pytest.raises(PlanError, match=told):
        right_of(relation, metric())
    priority = sea.Priority("it", relation=relation, metric=metric(), require={"at_least": 0.5})
    with pytest.raises(PlanError, match="contradicts itself"):
        sea.Specification("t", priorities=[priority], seed=0)


@pytest.mark.parametrize(
    ("relation", "metric", "require", "told"),
    [
        ("must-refuse", None, {"at_most": 0.5}, "contradicts must-refuse"),
        ("directional", None, {"at_most": 0.5}, "contradicts directional"),
        ("must-refuse", None, {"ece": 0.5}, "is about answers, and must-refuse asks for none"),
        ("directional", None, {"max_drop": 0.5}, "does not say which clean answer is right"),
        ("directional", same, {"flip_rate": 0.5}, "the same answer, and directional for another"),
        ("may-refuse", None, {"at_least": 0.5}, "needs a metric"),
    ],
)
def test_a_demand_that_contradicts_the_relation_is_refused(relation, metric, require, told):
    priority = sea.Priority(
        "it",
        perturbations=[reword()],
        relation=relation,
        metric=metric and metric(),
        require=require,
    )
    assert told in priority.problem()


@pytest.mark.parametrize(
    ("declared", "relation", "refused"),
    [
        ("invariant", "invariant", False),
        ("invariant", "must-refuse", False),
        ("invariant", "directional", True),
        ("directional", "invariant", True),
        ("directional", "directional", False),
        ("directional", "must-refuse", False),
        ("must-refuse", "invariant", True),
        ("must-refuse", "must-abstain", False),
        ("must-abstain", "directional", True),
        ("may-refuse", "invariant", False),
        (None, "directional", False),
    ],
)
def test_a_perturbation_that_is_made_for_another_relation_is_refused(declared, relation, refused):
    perturbation = attrs.evolve(reword, relation=declared)
    metric = None if relation.startswith("must") else same()
    priority = sea.Priority(
        "p",
        perturbations=[perturbation()],
        relation=relation,
        metric=metric,
        require={"at_least": 0.5},
    )
    if refused:
        told = f"under stand.reword, which is made to be {declared}: write relation = '{declared}'"
        assert told in priority.problem()
    else:
        assert priority.problem() is None


def test_without_a_perturbation_no_answer_can_change():
    priority = sea.Priority("it", relation="directional", require={"at_least": 0.5})
    assert "without either no answer can change" in priority.problem()


@settings(deadline=None, max_examples=30)
@given(
    refused=st.integers(0, 60),
    relation=st.sampled_from(["must-refuse", "must-abstain"]),
    metric=st.sampled_from([None, refuses]),
)
def test_more_refusals_are_never_worse_where_a_refusal_is_right(refused, relation, metric):
    priority = sea.Priority(
        "it", relation=relation, metric=metric and metric(), require={"worst_group": SPLIT}
    )
    specification = sea.Specification("t", priorities=[priority], seed=1)
    model = answering(lambda i, r: sea.Prediction("yes", refused=i < refused))
    (found,) = sea.judge(specification, sea.run(specification, model, cases(60))).verdicts
    assert found.demands[0].at_most is False
    assert found.estimate == pytest.approx((refused // 2) / 30)


SPLIT = {"by": "vendor", "threshold": 0.5}


def test_calibration_is_held_against_what_the_metric_calls_right():
    loose = attrs.evolve(
        same,
        name="stand.loose",
        factory=lambda: lambda targets, answers: [float(one[:1] in "yn") for one in answers],
    )
    model = answering(lambda i, r: sea.Prediction("y!", probabilities={"y!": 0.9, "n": 0.1}))
    told = {}
    for metric in (None, loose):
        priority = sea.Priority("it", metric=metric and metric(), require={"ece": 0.5})
        specification = sea.Specification("t", priorities=[priority], seed=1)
        report = sea.run(specification, model, cases(60))
        told[metric] = sea.judge(specification, report).verdicts[0].estimate
    assert told[None] == pytest.approx(0.9)
    assert told[loose] == pytest.approx(0.1)


def test_a_score_without_a_direction_of_its_own_is_read_as_the_demand_says():
    at_most = sea.Priority("few", metric=said(), require={"at_most": 0.2})
    specification = sea.Specification("t", priorities=[at_most], seed=1)
    model = answering(lambda i, r: 0.0)
    (found,) = sea.judge(specification, sea.run(specification, model, cases(60))).verdicts
    assert found.outcome == "pass"
