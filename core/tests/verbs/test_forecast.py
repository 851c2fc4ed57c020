"""What cannot be met is said before the run, for every kind of demand."""

from __future__ import annotations

import attrs
import pytest
from demand_stand_ins import answering, demand, grouped, items
from hypothesis import given, settings
from hypothesis import strategies as st
from trial_stand_ins import even

import seatrial as sea
from seatrial.errors import PlanError
from seatrial.verbs._forecast import forecast, obstacles
from seatrial.verbs._judge import judge
from seatrial.verbs._run import run

SLICE = {"unanswerable": {"kind": "no"}}
ALEXNET = {"stand.reword": 0.5, "clean": 0.1}
REQUIRE = {
    "at_least": 0.95,
    "at_most": 0.05,
    "max_drop": 0.05,
    "right_or_refused": 0.95,
    "clean_refusal": 0.05,
    "min_agreement": 0.95,
    "flip_rate": 0.05,
    "worst_severity": 0.95,
    "worst_of": 0.95,
    "stable_instances": 0.95,
    "weighted_mean": 0.95,
    "weighted_drop": 0.05,
    "worst_group": {"by": "vendor", "threshold": 0.95},
    "max_gap": {"by": "vendor", "at_most": 0.05},
    "max_slope": {"by": "year", "at_most": 0.02},
    "attack_success": {"at_most": 0.05, "distance": 1},
    "corruption_error": {"at_most": 0.1, "reference": ALEXNET},
    "relative_corruption_error": {"at_most": 0.125, "reference": ALEXNET},
    "ppv_at": {"positive": "yes", "prevalence": 0.5, "at_least": 0.9},
    "recall_of_abstention": {**SLICE, "at_least": 0.95},
    "over_refusal": {**SLICE, "at_most": 0.05},
    "ece": 0.05,
    "brier": 0.05,
}
SMALLEST = {  # cases with which a flawless model just passes
    "worst_group": 118,  # 59 of each of two vendors
    "max_gap": 118,
    "recall_of_abstention": 118,  # every other case is unanswerable
    "over_refusal": 118,
}


def cases(count):
    return [
        attrs.evolve(case, target="no" if i % 4 > 1 else "yes")
        for i, case in enumerate(
            grouped(
                count,
                vendor=lambda i: "ab"[i % 2],
                year=lambda i: 2020 + i % 2,
                kind=lambda i: "no" if i % 2 == 0 else "yes",
            )
        )
    ]


def flawless(name):
    shy = name != "clean_refusal"

    def rule(i, rung):
        value = "no" if (i % 4 > 1) != (name == "at_most") else "yes"
        odds = {"yes": float(value == "yes"), "no": float(value == "no")}
        return sea.Prediction(value, probabilities=odds, refused=shy and i % 2 == 0)

    return answering(rule)


def outlook(name, count):
    specification = sea.Specification("t", priorities=[demand({name: REQUIRE[name]})], seed=0)
    (one,) = forecast(specification, cases(count)).priorities
    return one, specification


@pytest.mark.parametrize("name", REQUIRE)
def test_the_forecast_is_what_a_flawless_model_then_gets(name):
    for count in (16, 40, 58, 60, 116, 120, 400):
        told, specification = outlook(name, count)
        report = run(specification, flawless(name), cases(count))
        (found,) = judge(specification, report).verdicts
        assert (found.outcome == "pass") == told.can_pass, count
        assert bool(told.obstacle) != told.can_pass
    assert told.can_pass


@settings(deadline=None, max_examples=40)
@given(
    name=st.sampled_from(sorted(REQUIRE)),
    count=st.integers(4, 150),
    size=st.integers(1, 4),
    looks=st.integers(1, 3),
    confidence=st.sampled_from([0.8, 0.9, 0.95, 0.99]),
)
def test_the_forecast_says_that_flawless_answers_pass_where_they_do(
    name, count, size, looks, confidence
):
    asked = [attrs.evolve(one, cluster=f"k{int(one.id) // size}") for one in cases(count)]
    specification = sea.Specification(
        "t",
        priorities=[demand({name: REQUIRE[name], "confidence": confidence})],
        seed=3,
        looks=looks,
    )
    (told,) = forecast(specification, asked).priorities
    (found,) = judge(specification, run(specification, flawless(name), asked)).verdicts
    assert (found.outcome == "pass") == told.can_pass


@pytest.mark.parametrize("name", SMALLEST)
def test_groups_and_slices_each_need_their_own_cases(name):
    smallest = SMALLEST[name]
    assert outlook(name, smallest)[0].can_pass
    short, _ = outlook(name, smallest - 2)
    assert not short.can_pass
    assert short.obstacle.startswith("even a flawless model would only show 0.")


def test_the_obstacle_says_what_stands_in_the_way():
    told = {
        name: sea.Specification("t", priorities=[demand({name: REQUIRE[name]})], seed=0)
        for name in ("at_least", "worst_group")
    }
    (short,) = obstacles(told["at_least"], items(58))
    assert short == (
        "it: even a flawless model would only show 0.95 with these 58 cases, and at_least wants "
        "0.95"
    )
    (unknown,) = obstacles(told["worst_group"], items(100))
    assert unknown == "it: 100 of 100 cases do not say their 'vendor'"
    sliced = demand({"at_least": 0.5}, where={"a": "b"})
    specification = sea.Specification("t", priorities=[sliced], seed=0)
    (nobody,) = obstacles(specification, items(10, groups={"a": "c"}))
    assert nobody == "it: no case lies in the slice a = 'b': a is one of 'c'"
    with pytest.raises(PlanError, match="the cases have no group 'a', nor any other"):
        list(obstacles(specification, items(10)))
    assert not list(obstacles(told["at_least"], items(59)))


def test_what_hangs_on_another_run_is_left_open():
    require = {"cascade": {"component": "runs/part", "at_most": 1.5}}
    specification = sea.Specification("t", priorities=[demand(require)], seed=0)
    told = forecast(specification, items(100))
    assert (told.priorities[0].can_pass, told.priorities[0].minimum) == (None, None)
    assert told.as_dict()["priorities"][0]["can_pass"] is None
    assert "—" in str(told)


def test_a_metric_of_the_whole_needs_cases_of_its_rarest_class():
    specification = sea.Specification(
        "t", priorities=[demand({"at_least": 0.95}, metric=even)], seed=0
    )
    rare = [attrs.evolve(case, target="no") if int(case.id) < 5 else case for case in items(200)]
    assert forecast(specification, rare).priorities[0].can_pass is False
    half = [attrs.evolve(case, target="no") if int(case.id) % 2 else case for case in items(200)]
    assert forecast(specification, half).priorities[0].can_pass is True
