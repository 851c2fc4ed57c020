"""A priority in two zones: a drop where it is mild, right or refused where it is severe."""

from __future__ import annotations

import attrs
import pytest
from demand_stand_ins import answering, demand, items, low_of, other, reword, said, verdict, wrongs

import seatrial as sea
from seatrial import Judgement
from seatrial.errors import PlanError

EVERY = (1, 2, 3, 4, 5)
ZONES = {
    "max_drop": {"at_most": 0.1, "severities": [1, 2]},
    "right_or_refused": {"at_least": 0.9, "severities": [4, 5], "right_at": 0.7},
    "clean_refusal": 0.05,
}


def zones(**more):
    return demand({**ZONES, **more}, severities=EVERY, metric=said)


def reader(mild=0.9, severe=0.2, refuses=(), clean=()):
    """A model by its scores; `refuses` are the rungs and `clean` the cases that it refuses."""

    def rule(i, rung):
        if not rung:
            return sea.Prediction(0.95, refused=i in clean)
        number = int(rung[1])
        return sea.Prediction(mild if number < 3 else severe, refused=number in refuses)

    return answering(rule)


def by_demand(found):
    return {one.demand: one for one in found.demands}


def test_each_demand_reads_its_own_zone():
    found = verdict(zones(), reader(refuses=(4, 5)), items(100))
    told = by_demand(found)
    assert found.outcome == "pass"
    assert told["max_drop"].estimate == pytest.approx(0.05)
    assert told["right_or_refused"].interval[0] == pytest.approx(low_of(100))
    assert dict(told["right_or_refused"].details) | {"right": 0.0, "refused": 1.0} == dict(
        told["right_or_refused"].details
    )
    assert told["clean_refusal"].interval[1] == pytest.approx(1 - low_of(100))


def test_a_note_says_which_requirement_it_is_about():
    found = verdict(zones(), reader(refuses=(4, 5)), items(12))
    open_ones = [one for one in found.demands if one.note]
    assert len({one.note for one in open_ones}) > 1
    told = str(Judgement("Zones", [found]))
    for one in open_ones:
        assert f"{found.priority}, {one.demand} {one.threshold:g}: {one.note}" in told


def test_a_wrong_answer_to_a_severe_input_counts_against_it():
    told = by_demand(verdict(zones(), reader(refuses=(5,)), items(100)))
    assert told["right_or_refused"].outcome == "fail"
    assert told["right_or_refused"].estimate == 0.5
    assert told["max_drop"].outcome == "pass"


def test_refusing_in_the_mild_zone_or_on_clean_inputs_is_no_way_out():
    shy = by_demand(verdict(zones(), reader(mild=0.0, refuses=EVERY), items(100)))
    assert shy["max_drop"].outcome == "fail"
    timid = by_demand(verdict(zones(), reader(refuses=(4, 5), clean=range(20)), items(100)))
    assert (timid["clean_refusal"].estimate, timid["clean_refusal"].outcome) == (0.2, "fail")
    assert timid["right_or_refused"].outcome == "pass"


@pytest.mark.parametrize(("severe", "right"), [(0.7, True), (0.69, False)])
def test_an_answer_is_right_from_the_score_that_is_stated(severe, right):
    found = by_demand(verdict(zones(), reader(severe=severe), items(40)))
    assert found["right_or_refused"].estimate == float(right)


def test_a_score_that_should_be_low_is_right_up_to_the_one_that_is_stated():
    model = answering(lambda i, r: sea.Prediction("no" if r == "r4" else "yes", refused=False))
    require = {"right_or_refused": {"at_least": 0.9, "right_at": 0.0}}
    found = verdict(demand(require, severities=EVERY, metric=wrongs), model, items(40))
    assert found.estimate == pytest.approx(0.8)


def test_without_a_score_it_is_the_better_half_of_the_range():
    require = {"right_or_refused": {"at_least": 0.9, "severities": [4]}}
    priority = demand(require, severities=EVERY, metric=said)
    assert verdict(priority, reader(severe=0.51), items(40)).estimate == 1.0
    assert verdict(priority, reader(severe=0.5), items(40)).estimate == 0.0


def test_an_artefact_of_the_other_zone_that_was_lost_changes_nothing():
    model = answering(
        lambda i, r: RuntimeError("lost") if r == "r4" else sea.Prediction(0.9, refused=False)
    )
    told = by_demand(verdict(zones(), model, items(60)))
    assert told["max_drop"].outcome == "pass"
    assert told["right_or_refused"].outcome == "error"


def test_a_model_that_never_says_whether_it_refused_gets_no_credit_for_refusing():
    told = by_demand(verdict(zones(), answering(lambda i, r: 0.9), items(60)))
    assert told["right_or_refused"].details["refused"] == 0.0
    assert told["clean_refusal"].outcome == "error"
    assert "does not say whether it refused" in told["clean_refusal"].note


def test_zones_are_decided_before_every_case_is_measured(tmp_path):
    asked = []

    def model(texts):
        asked.extend(texts)
        return reader(refuses=(4, 5))(texts)

    model.identity = "reader"
    specification = sea.Specification("t", priorities=[zones()], seed=3)
    report = sea.run(specification, model, items(900), to=tmp_path, stop="decided", batch_size=50)
    assert sea.judge(specification, report).verdicts[0].outcome == "pass"
    assert len(asked) < 0.5 * 900 * 6


def test_the_forecast_counts_the_cases_of_each_zone():
    specification = sea.Specification("t", priorities=[zones()], seed=3)
    told = {
        one.demand: one.minimum
        for one in sea.forecast(specification, items(100)).priorities[0].demands
    }
    assert told["right_or_refused"] == 29
    assert told["clean_refusal"] == 59


def test_a_severity_that_is_not_measured_is_refused():
    require = {"max_drop": {"at_most": 0.1, "severities": [4]}}
    priority = demand(require, severities=(1, 2))
    assert priority.problem() == "max_drop is about severity 4, and the priority measures 1, 2"
    short = attrs.evolve(other, ladder=other.ladder[:3])
    both = demand(require, uses=(reword, short), severities=())
    assert both.problem() == "max_drop is about severity 4, and the priority measures 1, 2, 3"


@pytest.mark.parametrize("given", [[], 3, [0], ["1"]])
def test_severities_are_a_list_of_whole_numbers(given):
    with pytest.raises(PlanError, match=r"max_drop\.severities: must be"):
        demand({"max_drop": {"at_most": 0.1, "severities": given}})


def test_what_asks_for_a_refusal_cannot_forbid_it():
    asked = demand({"clean_refusal": 0.1}, relation="must-refuse", metric=None)
    assert asked.problem() == "clean_refusal is about answers, and must-refuse asks for none"
