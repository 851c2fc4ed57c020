"""Numbers of cases against the binomial distribution, golden numbers, and simulation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from seatrial.errors import PlanError
from seatrial.statistics import clopper_pearson, paired_drop
from seatrial.statistics._power import (
    cases_for_drop,
    cases_for_rate,
    design_effect,
    pass_probability,
)


def test_a_rate_of_nothing_is_met_by_one_success_and_a_rate_of_one_by_no_number():
    sizes = np.array([1, 10])
    assert pass_probability(sizes, 1.0, 0.0, 0.95).tolist() == [1.0, 1.0]
    assert pass_probability(sizes, 1.0, 1.0, 0.95).tolist() == [0.0, 0.0]


@pytest.mark.parametrize(("expected", "threshold"), [(0.95, 0.9), (0.5, 0.3), (0.999, 0.99)])
def test_the_pass_probability_is_that_of_the_exact_bound(expected, threshold):
    sizes = np.array([1, 10, 37, 203, 474])
    for n, power in zip(sizes, pass_probability(sizes, expected, threshold, 0.95), strict=True):
        passing = [k for k in range(n + 1) if clopper_pearson(k, n, 0.95).low >= threshold]
        assert power == pytest.approx(binom.pmf(passing, n, expected).sum(), abs=1e-9)


def test_from_the_number_given_the_power_stays_high_enough():
    needed = cases_for_rate(0.95, 0.9, 0.95)
    assert needed == 203
    assert pass_probability(np.array([needed - 1]), 0.95, 0.9, 0.95)[0] < 0.8
    assert (pass_probability(np.arange(needed, 3000), 0.95, 0.9, 0.95) >= 0.8).all()


def test_at_most_mirrors_at_least_and_a_flawless_model_needs_the_minimum():
    assert cases_for_rate(0.05, 0.1, 0.95, at_most=True) == cases_for_rate(0.95, 0.9, 0.95)
    assert cases_for_rate(1.0, 0.95, 0.95) == 59
    assert cases_for_rate(1.0, 0.99, 0.95) == 299
    assert cases_for_drop(0, 0, 0.05, 0.95) == 59


def test_a_rate_or_drop_on_the_wrong_side_is_never_enough():
    assert cases_for_rate(0.9, 0.9, 0.95) is None
    assert cases_for_drop(0.08, 0.01, 0.05, 0.95) is None


@pytest.mark.parametrize(("lost", "gained"), [(0.03, 0.01), (0.06, 0.03), (0.01, 0.0)])
def test_a_drop_passes_about_as_often_as_planned(lost, gained):
    n = cases_for_drop(lost, gained, 0.05, 0.95)
    generator = np.random.default_rng(0)
    passes = 0
    for _ in range(300):
        drops = generator.choice([1.0, 0.0, -1.0], n, p=[lost, 1 - lost - gained, gained])
        clean, perturbed = (drops >= 0) * 1.0, (drops <= 0) * 1.0
        passes += paired_drop(clean, perturbed, None, 0.95, seed=0).high <= 0.05
    assert passes / 300 == pytest.approx(0.8, abs=0.1)


def test_clusters_raise_the_number():
    assert design_effect(20, 0.0) == 1
    assert design_effect(20, 0.1) == pytest.approx(2.9)
    assert design_effect(20, 1.0) == 20


def test_shares_outside_0_and_1_are_refused():
    with pytest.raises(PlanError, match="expected must be from 0 to 1"):
        cases_for_rate(1.5, 0.9, 0.95)
