"""Power before compute: what the cases are likely to show."""

from __future__ import annotations

import attrs
import numpy as np
import pytest
from demand_stand_ins import demand, items, right_unless
from scipy.stats import binom

import seatrial as sea
from seatrial.errors import PlanError
from seatrial.judging._power import Units, figures_to_decide, power_of


def exact(n, expected, threshold, confidence=0.95):
    """The binomial probability that Clopper and Pearson's lower bound clears the threshold."""
    least = next(k for k in range(n + 2) if binom.sf(k - 1, n, threshold) <= 1 - confidence)
    return binom.sf(least - 1, n, expected)


def power(priority, n, icc=0.0, size=1.0):
    """The power of the first demand with so many cases."""
    return power_of(priority, priority.requirements[0], Units(n, size, icc), 0.95)


@pytest.mark.parametrize(("n", "expected"), [(100, 0.95), (200, 0.95), (59, 1.0), (58, 1.0)])
def test_the_power_of_a_rate_is_that_of_the_exact_test(n, expected):
    priority = demand({"at_least": 0.95 if expected == 1 else 0.9}, expected=expected)
    found = power(priority, n)
    threshold = priority.requirements[0].threshold
    assert found.passing == pytest.approx(exact(n, expected, threshold))
    assert found.decided >= found.passing


def test_a_drop_and_a_floor_are_taken_for_rates_that_should_be_high():
    drop = demand({"max_drop": 0.1}, expected=0.05)
    level = demand({"at_least": 0.9}, expected=0.95)
    assert power(drop, 150) == power(level, 150)


def test_simulated_verdicts_pass_as_often_as_said():
    priority = demand({"at_least": 0.8}, uses=(), expected=0.88)
    specification = sea.Specification("t", priorities=[priority], seed=1)
    told = sea.forecast(specification, items(120)).priorities[0].demands[0]
    rng, passed, runs = np.random.default_rng(1), 0, 120
    for _ in range(runs):
        wrong = rng.random(120) > 0.88
        report = sea.run(specification, right_unless(lambda i, r, w=wrong: w[i]), items(120))
        (verdict,) = sea.judge(specification, report).verdicts
        passed += verdict.outcome == "pass"
        assert verdict.power <= told.power[0] == told.power[1]
    error = (verdict.power * (1 - verdict.power) / runs) ** 0.5
    assert abs(passed / runs - verdict.power) <= 3 * error + 0.01


def test_the_cases_for_power_are_enough():
    priority = demand({"at_least": 0.9}, expected=0.95)
    needed = power(priority, 10).cases_needed
    assert power(priority, needed).passing >= 0.8
    worse = demand({"at_least": 0.9}, expected=0.8)
    found = power(worse, 300)
    assert found.failing > 0.9
    assert power(worse, found.cases_needed).failing >= 0.8


@pytest.mark.parametrize("icc", [0.0, 0.2, 1.0])
def test_clusters_cost_their_design_effect(icc):
    priority = demand({"at_least": 0.9}, expected=0.95)
    effect = 1 + 9 * icc
    assert power(priority, 2030, icc, 10.0).passing == power(priority, int(2030 / effect)).passing
    assert power(priority, 2030, icc, 10.0).cases_needed == pytest.approx(203 * effect, abs=1)


def figures(priority, n):
    return figures_to_decide(priority, priority.requirements[0], Units(n, 1.0, 0.0), 0.95)


def told(priority, cases, **more):
    """The forecast of the demands of one priority."""
    specification = sea.Specification("t", priorities=[priority], seed=0)
    return sea.forecast(specification, cases, **more).priorities[0].demands


def test_without_an_expected_figure_those_that_decide_are_told():
    priority = demand({"at_least": 0.9}, uses=())
    passes, fails = figures(priority, 200)
    assert exact(200, passes, 0.9) >= 0.8
    assert exact(200, passes - 0.002, 0.9) < 0.8
    assert fails < 0.9 < passes
    assert exact(200, 1 - fails, 0.1) >= 0.8
    few = demand({"max_drop": 0.1})
    passes, fails = figures(few, 200)
    assert 0 < passes < 0.1 < fails
    assert figures(priority, 20)[0] is None
    (found,) = told(priority, items(200))
    assert (found.figure_to_pass, found.figure_to_fail) == figures(priority, 200)


def test_every_demand_has_a_power_of_its_own():
    require = {"at_least": 0.9, "max_drop": 0.1}
    first, second = told(demand(require, expected={"max_drop": 0.02}), items(200))
    assert (first.demand, first.power) == ("at_least", None)
    assert second.power[0] == pytest.approx(exact(200, 0.98, 0.9), abs=1e-3)
    first, second = told(demand(require, expected=0.95), items(200))
    assert first.power is not None
    assert second.power is None
    with pytest.raises(PlanError, match="expects 'at_most', which it does not require"):
        sea.Specification("t", priorities=[demand(require, expected={"at_most": 1})], seed=0)
    with pytest.raises(PlanError, match="expected must be a number"):
        demand(require, expected={"at_least": "high"})


def test_clusters_give_a_range_unless_the_icc_is_stated():
    priority = demand({"at_least": 0.9}, uses=(), expected=0.95)
    cases = [attrs.evolve(one, cluster=f"k{int(one.id) // 4}") for one in items(400)]
    (found,) = told(priority, cases)
    assert found.cases_for_power == (4 * 203, 203)
    assert found.clusters_for_power == (203, 51)
    assert found.power == pytest.approx((exact(100, 0.95, 0.9), exact(400, 0.95, 0.9)), abs=1e-3)
    (stated,) = told(priority, cases, icc=0.5)
    assert stated.cases_for_power == (508, 508)
    assert found.power[0] < stated.power[0] == stated.power[1] < found.power[1]


def test_more_looks_cost_some_power_of_the_first():
    priority = demand({"at_least": 0.9}, uses=(), expected=0.95)
    once, thrice = (
        sea.forecast(sea.Specification("t", priorities=[priority], seed=0, looks=one), items(300))
        for one in (1, 3)
    )
    needed = [one.priorities[0].demands[0].cases_for_power[0] for one in (once, thrice)]
    assert needed[0] < needed[1] <= 1.15 * needed[0]
    assert "may be doubled 2 times" in thrice.notes[0]


def test_what_the_number_of_demands_costs_is_said():
    twenty = [attrs.evolve(demand({"at_least": 0.9}, uses=()), name=f"p{at}") for at in range(20)]
    specification = sea.Specification("t", priorities=twenty, seed=0)
    (note,) = sea.forecast(specification, items(100)).notes
    assert "needs a failure at confidence 0.9978 in place of 0.95" in note
    assert "2.2 times as many cases" in note


def test_what_cannot_pass_has_no_power_to_pass():
    (short,) = told(demand({"at_least": 0.95}, uses=(), expected=1.0), items(58))
    assert (short.can_pass, short.power, short.figure_to_pass) == (False, (0.0, 0.0), None)
    grouped = demand({"worst_group": {"by": "a", "threshold": 0.5}}, uses=(), expected=0.9)
    assert power(grouped, 100) is None
