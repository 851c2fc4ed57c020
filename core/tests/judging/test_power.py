"""Power before compute: what the cases are likely to show."""

from __future__ import annotations

import numpy as np
import pytest
from demand_stand_ins import demand, items, right_unless
from scipy.stats import binom

import seatrial as sea
from seatrial.judging._power import figure_to_pass, power_of


def exact(n, expected, threshold, confidence=0.95):
    """The binomial probability that Clopper and Pearson's lower bound clears the threshold."""
    least = next(k for k in range(n + 2) if binom.sf(k - 1, n, threshold) <= 1 - confidence)
    return binom.sf(least - 1, n, expected)


@pytest.mark.parametrize(("n", "expected"), [(100, 0.95), (200, 0.95), (59, 1.0), (58, 1.0)])
def test_the_power_of_a_rate_is_that_of_the_exact_test(n, expected):
    priority = demand({"at_least": 0.95 if expected == 1 else 0.9}, expected=expected)
    found = power_of(priority, priority.requirements[0], n)
    threshold = priority.requirements[0].threshold
    assert found.passing == pytest.approx(exact(n, expected, threshold))
    assert found.decided >= found.passing


def test_a_drop_and_a_floor_are_taken_for_rates_that_should_be_high():
    drop = demand({"max_drop": 0.1}, expected=0.05)
    level = demand({"at_least": 0.9}, expected=0.95)
    assert power_of(drop, drop.requirements[0], 150) == power_of(level, level.requirements[0], 150)


def test_simulated_verdicts_pass_as_often_as_said():
    priority = demand({"at_least": 0.8}, uses=(), expected=0.88)
    specification = sea.Specification("t", priorities=[priority], seed=1)
    told = sea.forecast(specification, items(120)).priorities[0]
    rng, passed, runs = np.random.default_rng(1), 0, 120
    for _ in range(runs):
        wrong = rng.random(120) > 0.88
        report = sea.run(specification, right_unless(lambda i, r, w=wrong: w[i]), items(120))
        (verdict,) = sea.judge(specification, report).verdicts
        passed += verdict.outcome == "pass"
        assert verdict.power <= told.power
    error = (verdict.power * (1 - verdict.power) / runs) ** 0.5
    assert abs(passed / runs - verdict.power) <= 3 * error + 0.01


def test_the_cases_for_power_are_enough():
    priority = demand({"at_least": 0.9}, expected=0.95)
    needed = power_of(priority, priority.requirements[0], 10).clusters_needed
    assert power_of(priority, priority.requirements[0], needed).passing >= 0.8
    worse = demand({"at_least": 0.9}, expected=0.8)
    found = power_of(worse, worse.requirements[0], 300)
    assert found.failing > 0.9
    assert power_of(worse, worse.requirements[0], found.clusters_needed).failing >= 0.8


def test_without_an_expected_figure_the_one_that_passes_is_told():
    priority = demand({"at_least": 0.9}, uses=())
    found = figure_to_pass(priority, priority.requirements[0], 200)
    assert exact(200, found, 0.9) >= 0.8
    assert exact(200, found - 0.002, 0.9) < 0.8
    few = demand({"max_drop": 0.1})
    assert 0 < figure_to_pass(few, few.requirements[0], 200) < 0.1
    assert figure_to_pass(priority, priority.requirements[0], 20) is None
    told = sea.forecast(sea.Specification("t", priorities=[priority], seed=0), items(200))
    assert told.priorities[0].figure_to_pass == found
    assert "passes from" in str(told)


def test_what_cannot_pass_has_no_power_to_pass():
    priority = demand({"at_least": 0.95}, uses=(), expected=1.0)
    short = sea.forecast(sea.Specification("t", priorities=[priority], seed=0), items(58))
    assert (short.priorities[0].can_pass, short.priorities[0].power) == (False, 0.0)
    grouped = demand({"worst_group": {"by": "a", "threshold": 0.5}}, uses=(), expected=0.9)
    assert power_of(grouped, grouped.requirements[0], 100) is None
