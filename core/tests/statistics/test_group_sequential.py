"""Group-sequential boundaries against brute force, published values, and exact fixed tests."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seatrial.errors import PlanError
from seatrial.statistics import (
    binomial_boundaries,
    cases_for_rate,
    clopper_pearson,
    crossing_probabilities,
    look_sizes,
    mean_of_bounded,
    nominal_confidences,
    overall_confidence,
    paired_drop,
    planned_looks,
    predictive_probabilities,
    smallest_error,
)


def test_looks_grow_by_a_tenth_up_to_all_cases():
    looks = look_sizes(1000)
    assert (len(looks), looks[-1], looks[0]) == (25, 1000, 102)
    assert (looks[1:] / looks[:-1]).max() < 1.12
    assert look_sizes(5).tolist() == [1, 2, 3, 4, 5]
    assert look_sizes(1000, start=300)[0] >= 300


@settings(max_examples=25, deadline=None)
@given(
    st.floats(0.05, 0.95),
    st.floats(0.05, 0.95),
    st.sets(st.integers(1, 11), min_size=1, max_size=4),
)
def test_crossing_probabilities_are_those_of_all_sequences(threshold, rate, looks):
    looks = sorted(looks)
    found = binomial_boundaries(threshold, 0.8, looks)
    passes, fails, used = np.zeros(len(looks)), np.zeros(len(looks)), 0.0
    for answers in product((0, 1), repeat=looks[-1]):
        probability = np.prod([rate if one else 1 - rate for one in answers])
        for at, n in enumerate(looks):
            right = sum(answers[:n])
            if right >= found.pass_at[at] or right <= found.fail_at[at] or n == looks[-1]:
                passes[at] += probability * (right >= found.pass_at[at])
                fails[at] += probability * (right <= found.fail_at[at])
                used += probability * n
                break
    exact = crossing_probabilities(found, rate)
    assert exact.passes == pytest.approx(passes, abs=1e-12)
    assert exact.fails == pytest.approx(fails, abs=1e-12)
    assert exact.expected_cases == pytest.approx(used)


@pytest.mark.parametrize("threshold", [0.5, 0.9, 0.99])
@pytest.mark.parametrize("n", [60, 500])
def test_both_errors_are_kept_at_the_threshold(threshold, n):
    found = binomial_boundaries(threshold, 0.95, look_sizes(n))
    told = crossing_probabilities(found, threshold)
    assert told.passes.sum() <= found.pass_spent[-1] <= 0.05
    assert told.fails.sum() <= found.fail_spent[-1] <= 0.05
    spending = 0.05 * (found.looks / n) ** 1.5
    assert (found.pass_spent <= spending + 1e-12).all()
    assert (found.fail_spent <= spending + 1e-12).all()
    assert (found.fail_at < found.pass_at).all()


@pytest.mark.parametrize(("expected", "threshold"), [(0.95, 0.9), (0.8, 0.7), (0.99, 0.95)])
def test_a_tenth_more_cases_keep_the_power_and_fewer_are_expected(expected, threshold):
    fixed = cases_for_rate(expected, threshold, 0.95)
    found = binomial_boundaries(threshold, 0.95, look_sizes(round(1.1 * fixed)))
    told = crossing_probabilities(found, expected)
    assert told.passes.sum() >= 0.77
    assert told.expected_cases <= 0.9 * fixed
    far = crossing_probabilities(found, max(threshold - (expected - threshold) * 2, 0))
    assert far.fails.sum() > 0.9
    assert far.expected_cases <= 0.55 * fixed


def test_one_look_is_the_fixed_test():
    assert nominal_confidences(0.95, [100]) == pytest.approx([0.95], abs=1e-4)
    found = binomial_boundaries(0.95, 0.95, [59])
    assert found.pass_at.tolist() == [59]


def test_nominal_levels_of_two_looks_are_those_of_the_bivariate_normal():
    from scipy.stats import multivariate_normal

    first, second = nominal_confidences(0.95, [50, 100])
    assert 1 - first == pytest.approx(0.05 * 0.5**1.5, rel=1e-3)
    from scipy.special import ndtri

    both = multivariate_normal(cov=[[1, 0.5**0.5], [0.5**0.5, 1]])
    assert 1 - both.cdf([ndtri(first), ndtri(second)]) == pytest.approx(0.05, abs=1e-4)


@pytest.mark.parametrize("drops", [False, True])
def test_fixed_sample_bounds_at_nominal_levels_keep_the_error(drops):
    generator, runs, wrong = np.random.default_rng(5), 150, np.zeros(2)
    looks = look_sizes(120, growth=1.5, start=20)
    levels = nominal_confidences(0.95, looks)
    sizes = np.repeat(np.arange(120), 2)
    for _ in range(runs):
        common = generator.random(120)[sizes]
        kind = np.where(generator.random(240) < 0.5, common, generator.random(240))
        crossed = np.zeros(2, dtype=bool)
        for n, level in zip(looks.tolist(), levels.tolist(), strict=True):
            some, clusters = kind[: 2 * n], sizes[: 2 * n]
            if drops:
                found = paired_drop(some > 0.1, some < 0.95, clusters, level)
                truth = 0.05 - 0.1
            else:
                found = mean_of_bounded(some**0.2, clusters, level, (0, 1))
                truth = 1 / 1.2
            crossed |= (found.low > truth, found.high < truth)
        wrong += crossed
    assert (wrong / runs <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / runs)).all()


@pytest.mark.parametrize(("look", "successes"), [(0, 9), (1, 14), (1, 17)])
def test_predictive_probabilities_average_over_the_posterior(look, successes):
    from scipy.stats import beta

    found = binomial_boundaries(0.8, 0.9, [10, 20, 60, 200])
    before = found.looks[look]
    rates = beta.ppf((np.arange(400) + 0.5) / 400, successes + 0.5, before - successes + 0.5)
    generator, passes, fails = np.random.default_rng(6), 0, 0
    for rate in np.repeat(rates, 10):
        right = successes
        for at in range(look + 1, 4):
            right += generator.binomial(found.looks[at] - found.looks[at - 1], rate)
            if right >= found.pass_at[at] or right <= found.fail_at[at]:
                passes += right >= found.pass_at[at]
                fails += right <= found.fail_at[at]
                break
    told = predictive_probabilities(found, look, successes)
    assert told == pytest.approx((passes / 4000, fails / 4000), abs=0.03)


def test_nothing_is_predicted_after_the_last_look():
    found = binomial_boundaries(0.8, 0.95, [10, 20])
    assert predictive_probabilities(found, 1, 16) == (0, 0)
    with pytest.raises(PlanError, match="0 to 20 successes"):
        predictive_probabilities(found, 1, 21)


def test_bad_looks_are_named():
    with pytest.raises(PlanError, match="increasing"):
        binomial_boundaries(0.9, 0.95, [10, 10])
    with pytest.raises(PlanError, match="between 0 and 1"):
        binomial_boundaries(1.0, 0.95, [10])
    with pytest.raises(PlanError, match="growth above 1"):
        look_sizes(0)


def test_one_planned_look_spends_everything_and_more_keep_a_reserve():
    one = planned_looks(100)
    assert (one.sizes.tolist(), one.spent.tolist(), one.planned) == ([100], [1.0], 1)
    three = planned_looks(100, 3)
    assert three.sizes.tolist() == [100, 142, 200, 283, 400]
    assert three.spent[0] == 0.85
    assert three.spent[-1] == pytest.approx(1)
    assert (np.diff(three.spent) > 0).all()
    running = planned_looks(300, 2, sequential=True)
    assert running.sizes[running.planned - 1] == 300
    assert running.spent[running.planned - 1] == pytest.approx(0.85)
    assert planned_looks(1, 3).sizes.tolist() == [1, 2, 3, 4]
    with pytest.raises(PlanError, match="a plan of looks needs a unit and a look"):
        planned_looks(0)


@pytest.mark.parametrize("looks", [2, 3, 5])
def test_the_looks_of_a_plan_keep_the_error_together(looks):
    plan = planned_looks(80, looks)
    nominal = nominal_confidences(0.95, plan.sizes, plan.spent)
    assert overall_confidence(nominal, plan.sizes) == pytest.approx(0.95, abs=1e-6)
    found = binomial_boundaries(0.8, 0.95, plan.sizes, plan.spent)
    told = crossing_probabilities(found, 0.8)
    assert max(told.passes.sum(), told.fails.sum()) <= 0.05
    first = binomial_boundaries(0.8, 1 - 0.85 * 0.05, [80])
    assert (found.pass_at[0], found.fail_at[0]) == (first.pass_at[0], first.fail_at[0])


def test_two_looks_at_the_same_confidence_keep_what_the_bivariate_normal_says():
    from scipy.stats import multivariate_normal

    both = multivariate_normal(cov=[[1, 0.5**0.5], [0.5**0.5, 1]])
    assert overall_confidence([0.95, 0.95], [50, 100]) == pytest.approx(
        both.cdf([1.644854, 1.644854]), abs=1e-4
    )
    assert overall_confidence([0.9], [7]) == pytest.approx(0.9)


@pytest.mark.parametrize("threshold", [0.3, 0.9])
def test_the_bound_at_the_nominal_confidence_reaches_exactly_where_the_boundary_does(threshold):
    plan = planned_looks(60, 2, sequential=True)
    found = binomial_boundaries(threshold, 0.95, plan.sizes, plan.spent)
    for at, (passing, failing) in enumerate(zip(*found.nominal_confidences(), strict=True)):
        n = int(plan.sizes[at])
        for right in range(n + 1):
            low = clopper_pearson(right, n, passing).low
            high = clopper_pearson(right, n, failing).high
            assert (low >= threshold) == (right >= found.pass_at[at])
            assert (high < threshold) == (right <= found.fail_at[at])


def test_spent_fractions_that_fall_are_refused():
    with pytest.raises(PlanError, match="spent fractions rise"):
        nominal_confidences(0.95, [10, 20], [0.5, 0.4])


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.floats(0, 1), min_size=4, max_size=40),
    st.integers(1, 3),
    st.floats(0.05, 0.95),
    st.booleans(),
)
def test_the_smallest_error_is_where_the_bound_of_a_mean_meets_the_threshold(
    values, size, threshold, at_most
):
    clusters = np.arange(len(values)) // size
    error = smallest_error(values, clusters, threshold, (0, 1), at_most=at_most)
    for level in (0.6, 0.9, 0.99):
        found = mean_of_bounded(values, clusters, level, (0, 1))
        end = found.high if at_most else found.low
        if abs(end - threshold) > 1e-6:
            clears = end <= threshold if at_most else end >= threshold
            assert clears == (error <= 1 - level)
