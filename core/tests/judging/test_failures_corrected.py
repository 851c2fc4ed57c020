"""A list of what failed is corrected for how many could have."""

from __future__ import annotations

import pytest
from demand_stand_ins import demand, grouped, right_unless
from scipy.stats import binom

import seatrial as sea
from seatrial.judging._judge import judge
from seatrial.verbs._run import run


def judged(wrong, count):
    """Judge as many slices of 100 cases each; `wrong` of them are wrong in slice 0."""
    cases = grouped(100 * count, slice=lambda i: f"s{i // 100}")
    priorities = [
        demand({"at_least": 0.9}, name=f"s{at}", where={"slice": f"s{at}"}, uses=())
        for at in range(count)
    ]
    specification = sea.Specification("many", priorities=priorities, seed=0)
    model = right_unless(lambda i, r: i < wrong)
    return judge(specification, run(specification, model, cases)).verdicts


def test_a_failure_has_the_p_value_of_the_exact_test():
    (found,) = judged(16, 1)
    assert found.outcome == "fail"
    assert found.details["p_value"] == pytest.approx(binom.cdf(84, 100, 0.9), rel=1e-4)
    assert found.details["p_value_holm"] == found.details["p_value"]
    assert "would not be listed" not in found.note


def test_a_marginal_failure_among_many_says_that_it_would_not_be_listed():
    marginal, *others = judged(16, 12)
    assert {one.outcome for one in others} == {"pass"}
    assert marginal.outcome == "fail"
    assert marginal.details["p_value_holm"] == pytest.approx(12 * marginal.details["p_value"])
    assert marginal.note == ("would not be listed as failed after correcting for 12 priorities")
    plain, *_ = judged(40, 12)
    assert (plain.outcome, plain.note) == ("fail", "")
    assert plain.details["p_value_holm"] < 0.05


def test_the_p_value_of_several_demands_counts_them():
    cases = grouped(100)
    both = demand({"at_least": 0.9, "at_most": 1.0}, uses=())
    specification = sea.Specification("two", priorities=[both], seed=0)
    model = right_unless(lambda i, r: i < 20)
    (found,) = judge(specification, run(specification, model, cases)).verdicts
    assert found.details["p_value"] == pytest.approx(2 * binom.cdf(80, 100, 0.9), rel=1e-3)
