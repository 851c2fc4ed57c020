"""Rates against golden numbers and scipy."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, binomtest

from seatrial.errors import MetricError
from seatrial.statistics._rates import mcnemar, wilson


@given(st.integers(1, 300), st.data(), st.sampled_from([0.8, 0.95, 0.995]))
def test_wilsons_interval_is_scipys(n, data, confidence):
    successes = data.draw(st.integers(0, n))
    theirs = binomtest(successes, n).proportion_ci(2 * confidence - 1, method="wilson")
    assert wilson(successes, n, confidence).ends == pytest.approx(
        (theirs.low, theirs.high), abs=1e-12
    )


def test_19_of_20_prove_less_than_it_looks():
    assert wilson(19, 20, 0.975).ends == pytest.approx((0.764, 0.991), abs=5e-4)


def test_wilsons_interval_misses_far_more_often_than_it_says_for_rates_near_one():
    missed = [k for k in range(21) if wilson(k, 20, 0.95).high < 0.9888]
    assert binom.pmf(missed, 20, 0.9888).sum() == pytest.approx(0.2, abs=0.005)


def test_14_against_4_changed_pairs_are_more_than_chance():
    assert mcnemar(14, 4) == pytest.approx(0.0309, abs=5e-5)
    assert mcnemar(14, 4, "worse") == pytest.approx(0.0154, abs=5e-5)


@given(st.integers(0, 60), st.integers(0, 60))
def test_mcnemars_test_is_the_exact_binomial_test(lost, gained):
    changed = lost + gained
    names = {"two-sided": "two-sided", "worse": "greater", "better": "less"}
    for ours, theirs in names.items():
        truth = binomtest(lost, changed, alternative=theirs).pvalue if changed else 1.0
        assert mcnemar(lost, gained, ours) == pytest.approx(truth, abs=1e-12)


def test_impossible_counts_are_refused():
    with pytest.raises(MetricError, match="whole numbers"):
        mcnemar(-1, 4)
    with pytest.raises(MetricError, match="0 to n successes"):
        wilson(3, 2, 0.95)
