"""What each relation asks of the answer."""

from __future__ import annotations

import attrs
import pytest
from demand_stand_ins import answering, demand, items, reword, right_unless, verdict

import seatrial as sea
from seatrial.errors import PlanError

negate = attrs.evolve(
    reword,
    name="stand.negate",
    sees_case=True,
    factory=lambda rung: (
        lambda case, /, *, seed: attrs.evolve(case, input=f"{case.input} r{rung}", target="no")
    ),
)


def test_an_invariant_answer_is_held_against_its_first_target():
    model = right_unless(lambda i, r: bool(r))
    found = verdict(demand({"at_least": 0.5}, relation="invariant"), model, items(60))
    assert (found.outcome, found.estimate) == ("fail", 0.0)


def test_a_directional_answer_is_held_against_the_target_that_the_perturbation_gives():
    must_turn = demand({"at_least": 0.9}, uses=(negate,), relation="directional")
    turning = verdict(must_turn, right_unless(lambda i, r: bool(r)), items(60))
    assert (turning.outcome, turning.estimate) == ("pass", 1.0)
    stubborn = verdict(must_turn, right_unless(lambda i, r: 0), items(60))
    assert (stubborn.outcome, stubborn.estimate) == ("fail", 0.0)


def test_a_directional_answer_without_a_metric_must_change():
    must_change = demand({"at_least": 0.9}, relation="directional", metric=None)
    turning = verdict(must_change, right_unless(lambda i, r: bool(r)), items(60))
    assert (turning.outcome, turning.estimate) == ("pass", 1.0)
    some = verdict(must_change, right_unless(lambda i, r: bool(r) and i < 20), items(60))
    assert (some.outcome, some.estimate) == ("fail", pytest.approx(1 / 3))
    lost = answering(
        lambda i, r: RuntimeError("lost") if i < 10 and not r else ("no" if r else "yes")
    )
    unknown = verdict(must_change, lost, items(60))
    assert (unknown.outcome, "10 cases errored" in unknown.note) == ("error", True)


def unsure(rule):
    return answering(lambda i, r: rule(i))


def test_where_it_may_refuse_a_refusal_counts_as_right():
    def rule(i):
        return sea.Prediction("?", refused=True) if i < 30 else sea.Prediction("yes", refused=False)

    free = verdict(demand({"at_least": 0.9}, relation="may-refuse"), unsure(rule), items(60))
    assert (free.outcome, free.estimate) == ("pass", 1.0)
    bound = verdict(demand({"at_least": 0.9}), unsure(rule), items(60))
    assert (bound.outcome, bound.estimate) == ("fail", 0.5)
    wrong = unsure(lambda i: sea.Prediction("no", refused=False))
    assert verdict(demand({"at_least": 0.9}, relation="may-refuse"), wrong, items(60)).estimate == 0


def test_where_it_may_refuse_a_metric_must_say_what_right_is():
    with pytest.raises(PlanError, match="at_least needs a metric"):
        sea.Specification(
            "t",
            priorities=[demand({"at_least": 0.9}, metric=None, relation="may-refuse")],
            seed=0,
        )


@pytest.mark.parametrize("relation", ["must-refuse", "must-abstain"])
def test_what_must_be_refused_is_counted_and_all_refused_is_a_pass(relation):
    strict = demand({"at_least": 0.9}, relation=relation, metric=None)
    good = verdict(strict, unsure(lambda i: sea.Prediction("I cannot", refused=True)), items(60))
    assert (good.outcome, good.estimate) == ("pass", 1.0)
    leaky = unsure(lambda i: sea.Prediction("yes", refused=i >= 20))
    assert verdict(strict, leaky, items(60)).outcome == "fail"


def test_a_model_that_refuses_everything_is_not_right():
    silent = unsure(lambda i: sea.Prediction("I cannot", refused=True))
    assert verdict(demand({"at_least": 0.5}), silent, items(60)).outcome == "fail"
