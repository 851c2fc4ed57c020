"""Numbers of cases against golden numbers and against the intervals themselves."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import beta, binom

from seatrial.errors import PlanError
from seatrial.statistics import clopper_pearson, minimum_cases, predicted_decision


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


@given(
    st.integers(1, 30),
    st.data(),
    st.integers(1, 40),
    st.floats(0.1, 0.9),
    st.sampled_from([0.8, 0.95]),
)
@settings(max_examples=40, deadline=None)
def test_a_decision_is_predicted_by_averaging_over_the_posterior(n, data, more, threshold, level):
    successes = data.draw(st.integers(0, n))
    rates = beta.ppf((np.arange(400) + 0.5) / 400, successes + 0.5, n - successes + 0.5)

    def decides(right, cases):
        low, high = clopper_pearson(right, cases, level).ends
        return low >= threshold or high < threshold

    for anew in (True, False):
        before = (0, 0) if anew else (successes, n)
        decided = [decides(before[0] + one, before[1] + more) for one in range(more + 1)]
        chances = binom.pmf(np.arange(more + 1)[:, None], more, rates).mean(axis=1)
        found = predicted_decision(successes, n, more, threshold, level, anew=anew)
        assert found == pytest.approx(chances[decided].sum(), abs=5e-3)


def test_predictions_are_calibrated_where_rates_are_drawn_evenly():
    """Of new runs that are said to decide with some probability, that many do (12 settings)."""
    rng = np.random.default_rng(1)
    for threshold, n, more in product((0.7, 0.9), (20, 60, 200), (100, 300)):
        rates = rng.uniform(threshold - 0.2, 1, 600)
        told, found = [], []
        for rate, right in zip(rates.tolist(), rng.binomial(n, rates).tolist(), strict=True):
            told.append(predicted_decision(right, n, more, threshold, 0.95, anew=True))
            low, high = clopper_pearson(rng.binomial(more, rate), more, 0.95).ends
            found.append(low >= threshold or high < threshold)
        assert np.mean(told) == pytest.approx(np.mean(found), abs=0.05 + 3 * (0.25 / 600) ** 0.5)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [((1.2, 0.95), "from 0 to 1"), ((0.9, 1.0), "confidence must be")],
)
def test_thresholds_and_confidences_that_make_no_sense_are_refused(arguments, says):
    with pytest.raises(PlanError, match=says):
        minimum_cases(*arguments)
