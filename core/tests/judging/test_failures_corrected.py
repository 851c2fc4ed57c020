"""A list of what failed is corrected for how many could have."""

from __future__ import annotations

import numpy as np
import pytest
from demand_stand_ins import demand, grouped, right_unless
from scipy.stats import binom

import seatrial as sea
from seatrial.judging._family import Claim, adjusted, clear_pass, failing_confidence
from seatrial.verbs._judge import judge
from seatrial.verbs._run import run


def judged(wrong, count, others=0):
    """Judge as many slices of 100 cases each; so many of them are wrong in slice 0, or others."""
    cases = grouped(100 * count, slice=lambda i: f"s{i // 100}")
    priorities = [
        demand({"at_least": 0.9}, name=f"s{at}", where={"slice": f"s{at}"}, uses=())
        for at in range(count)
    ]
    specification = sea.Specification("many", priorities=priorities, seed=0)
    model = right_unless(lambda i, r: i % 100 < (wrong if i < 100 else others))
    return judge(specification, run(specification, model, cases))


def test_a_failure_has_the_p_value_of_the_exact_test():
    (found,) = judged(16, 1).verdicts
    assert found.outcome == "fail"
    assert found.details["p_value"] == pytest.approx(binom.cdf(84, 100, 0.9), rel=1e-4)
    assert found.details["p_value_holm"] == found.details["p_value"]
    assert "fails alone" not in found.note


def test_what_clearly_passes_leaves_the_family():
    found = judged(16, 12)
    marginal, *others = found.verdicts
    assert {one.outcome for one in others} == {"pass"}
    p = marginal.details["p_value"]
    assert marginal.details["p_value_holm"] == pytest.approx(p / 0.9)
    assert (found.outcome, found.exit_status) == ("fail", 1)


def test_a_failure_that_does_not_survive_is_no_failure_of_the_whole():
    """Eleven slices at the threshold stay open, so they keep their part of the error."""
    found = judged(16, 12, others=10)
    marginal, *others = found.verdicts
    assert {one.outcome for one in others} == {"inconclusive"}
    assert marginal.outcome == "fail"
    assert marginal.details["p_value_holm"] == pytest.approx(12 * marginal.details["p_value"] / 0.9)
    assert marginal.note == "at_least fails alone, not after correction for 12 demands"
    assert (found.outcome, found.exit_status) == ("inconclusive", 3)
    plain = judged(40, 12, others=10)
    assert plain.verdicts[0].note == ""
    assert (plain.outcome, plain.exit_status) == ("fail", 1)


def test_the_status_of_many_demands_that_are_just_met_keeps_its_error():
    """Twenty rates exactly at their threshold, over 4,000 experiments in closed form."""
    rng, runs, demands, cases, truth = np.random.default_rng(0), 4_000, 20, 100, 0.9
    right = rng.binomial(cases, truth, (runs, demands))
    p_fail = binom.cdf(right, cases, truth)
    p_pass = binom.sf(right - 1, cases, truth)
    cleared = p_pass <= 1 - clear_pass(0.95, demands)
    wrong = sum(
        min(adjusted([Claim(float(p), 0.05, bool(c)) for p, c in zip(*row, strict=True)])) <= 0.05
        for row in zip(p_fail, cleared, strict=True)
    )
    assert wrong / runs <= 0.05 + 3 * (0.05 * 0.95 / runs) ** 0.5
    assert 1 - (p_fail > 0.05).all(axis=1).mean() > 0.3  # without correction


def test_demands_of_other_confidence_are_held_to_their_own_error():
    family = [Claim(0.02, 0.1, False), Claim(0.02, 0.01, False)]
    first, second = adjusted(family)
    assert first == pytest.approx(2 * 0.02 / 0.9)
    assert second > 0.01
    assert adjusted([Claim(0.04, 0.05, False)]) == [0.04]
    assert adjusted([]) == []


def test_a_sequential_failure_at_its_corrected_level_survives_whatever_the_others_do():
    for demands in (1, 2, 20):
        error = 1 - failing_confidence(0.95, demands)
        worst = [Claim(error, 0.05, False)] + [Claim(1.0, 0.05, False)] * (demands - 1)
        assert adjusted(worst)[0] <= 0.05 + 1e-12
