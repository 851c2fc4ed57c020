"""Numbers of cases against golden numbers and against the intervals themselves."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from seatrial.errors import PlanError
from seatrial.statistics import (
    clopper_pearson,
    jackknife,
    mean_of_bounded,
    paired_drop,
    proportion,
)
from seatrial.statistics._sample_size import cases_needed, minimum_cases


@pytest.mark.parametrize(
    ("threshold", "confidence", "numbers"),
    [
        (0.90, 0.95, [29, 46, 76, 103]),
        (0.95, 0.95, [59, 93, 153, 208]),
        (0.99, 0.95, [299, 473, 773, 1049]),
        (0.95, 0.995, [104, 146, 216, 279]),
    ],
)
def test_minimum_cases_are_those_of_the_exact_binomial(threshold, confidence, numbers):
    found = [minimum_cases(threshold, confidence, failures=k) for k in (0, 1, 3, 5)]
    assert found == numbers
    for failures, n in zip((0, 1, 3, 5), numbers, strict=True):
        assert binom.cdf(failures, n, 1 - threshold) <= 1 - confidence
        assert binom.cdf(failures, n - 1, 1 - threshold) > 1 - confidence


def test_at_most_mirrors_at_least():
    assert minimum_cases(0.05, 0.95, failures=3, at_most=True) == 153


def test_a_threshold_of_one_can_never_pass_and_of_zero_always():
    assert minimum_cases(1, 0.95) is None
    assert minimum_cases(0, 0.95) == 1


@given(st.integers(1, 200), st.data(), st.floats(0.02, 0.98))
def test_that_many_more_cases_at_the_same_rate_decide_and_one_less_does_not(n, data, threshold):
    successes = data.draw(st.integers(0, n))
    assume(abs(successes / n - threshold) > 0.01)
    found = clopper_pearson(successes, n, 0.95)
    more = cases_needed(found, threshold)

    def decided(total):
        low, high = clopper_pearson(total * successes / n, total, 0.95).ends
        return not low < threshold < high

    assert decided(n + more)
    assert more == 0 or not decided(n + more - 1)


def test_perfect_clusters_need_as_many_clusters_as_independent_cases():
    found = proportion(np.ones(40 * 3), np.repeat(np.arange(40), 3), 0.95)
    assert cases_needed(found, 0.95) == 19 * 3


def test_unchanged_cases_need_the_minimum_of_the_rule_of_three():
    found = paired_drop(np.ones(40), np.ones(40), None, 0.95, seed=1)
    assert cases_needed(found, 0.05) == 19


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000))
def test_a_drop_is_decided_by_about_that_many_more_cases(seed):
    generator = np.random.default_rng(seed)
    clean = generator.random(120)
    perturbed = np.clip(clean - generator.normal(0.03, 0.15, 120), 0, 1)
    found = paired_drop(clean, perturbed, None, 0.95, seed=1)
    more = cases_needed(found, 0.045)
    assume(more and more < 20_000)
    times = -(-(120 + more) // 120)
    larger = paired_drop(np.tile(clean, times), np.tile(perturbed, times), None, 0.95, seed=1)
    assert not larger.low < 0.045 - 0.002 or not larger.high > 0.045 + 0.002


def test_decided_verdicts_need_none_and_exact_ties_can_never_be_decided():
    assert cases_needed(clopper_pearson(100, 100, 0.95), 0.9) == 0
    assert cases_needed(clopper_pearson(9, 10, 0.95), 0.9) is None


def test_where_nothing_is_known_about_the_spread_no_number_is_given():
    flat = mean_of_bounded([2.5, 2.5], None, 0.95, None, seed=1)
    assert cases_needed(flat, 2.0) is None


def test_a_jackknifed_score_needs_cases_by_the_root_of_their_number():
    scores = np.tile([0.2, 0.8], 50)
    found = jackknife(lambda at: scores[at].mean(), 100, None, 0.95, None)
    reach = found.estimate - found.low
    assert cases_needed(found, 0.5 - reach / 2) == pytest.approx(300, abs=1)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [((1.2, 0.95), "from 0 to 1"), ((0.9, 1.0), "confidence must be")],
)
def test_thresholds_and_confidences_that_make_no_sense_are_refused(arguments, says):
    with pytest.raises(PlanError, match=says):
        minimum_cases(*arguments)
