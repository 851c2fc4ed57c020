"""Corrections for many verdicts against hand calculation, full enumeration and simulation."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from seatrial.errors import MetricError
from seatrial.statistics import proportion
from seatrial.statistics._multiplicity import holm, p_value, searched_maximum

P_VALUES = st.lists(st.floats(0, 1), min_size=1, max_size=12)


def test_holm_steps_down_as_in_the_textbook():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


@given(P_VALUES)
def test_holm_lies_between_no_correction_and_bonferronis(p_values):
    adjusted = holm(p_values)
    for raw, one in zip(p_values, adjusted, strict=True):
        assert raw <= one <= min(1, raw * len(p_values)) + 1e-12
    assert min(adjusted) == pytest.approx(min(1, min(p_values) * len(p_values)))


@given(P_VALUES, st.floats(0.001, 0.2))
def test_holm_rejects_what_stepping_through_by_hand_rejects(p_values, alpha):
    left = sorted(p_values)
    rejected = 0
    while left and left[0] * len(left) <= alpha:
        left.pop(0)
        rejected += 1
    assert sum(one <= alpha for one in holm(p_values)) == rejected


def test_a_p_value_above_one_is_refused():
    with pytest.raises(MetricError, match="from 0 to 1"):
        holm([0.5, 1.5])


@pytest.mark.parametrize(("right", "of"), [(50, 60), (40, 60), (30, 60)])
def test_the_p_value_of_a_failed_rate_is_the_exact_binomial_one(right, of):
    values = np.arange(of) < right
    found = p_value(lambda confidence: proportion(values, None, confidence).high < 0.9)
    truth = binomtest(right, of, 0.9, alternative="less").pvalue
    assert found == pytest.approx(max(truth, 1e-6), rel=1e-4)


def test_a_verdict_that_is_never_reached_has_the_p_value_one():
    assert p_value(lambda confidence: False) == 1
    assert p_value(lambda confidence: True) == 1e-6


def test_the_searched_maximum_agrees_with_dealing_in_every_possible_way():
    values = np.array([1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0])
    members = np.zeros((7, 2), dtype=bool)
    members[:3, 0] = members[2:5, 1] = True

    def largest(dealt):
        return max(dealt[members[:, k]].mean() for k in (0, 1))

    every = [largest(np.array(one)) >= largest(values) for one in permutations(values)]
    found = searched_maximum(values, members, None, seed=0, permutations=20_000)
    assert found.slice == 0
    assert found.p_value == pytest.approx(np.mean(every), abs=0.01)
    assert found.differences == pytest.approx([1 - 3 / 7, 1 / 3 - 3 / 7])


@pytest.mark.parametrize("size", [1, 3])
def test_a_search_through_noise_finds_something_as_often_as_it_says(size):
    generator = np.random.default_rng(1)
    clusters = np.arange(60) // size
    found = []
    for run in range(400):
        values = (generator.random(60) < (generator.random(60) / 2)[clusters]).astype(float)
        members = generator.random((60, 20)) < 0.3
        found.append(searched_maximum(values, members, clusters, seed=run, permutations=99).p_value)
    assert np.mean(np.array(found) <= 0.05) <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 400)
    assert np.mean(np.array(found) <= 0.5) == pytest.approx(0.5, abs=0.1)


def test_a_planted_slice_is_found():
    generator = np.random.default_rng(2)
    members = generator.random((300, 20)) < 0.2
    values = generator.random(300) < np.where(members[:, 7], 0.6, 0.1)
    found = searched_maximum(values, members, None, seed=0)
    assert found.slice == 7
    assert found.p_value < 0.001
    assert found.p_value == found.adjusted.min()


def test_clusters_that_cannot_be_dealt_prove_nothing():
    clusters = ["a", "b", "b", "c", "c", "c"]
    members = [[True], [False], [False], [False], [False], [False]]
    found = searched_maximum([1, 0, 0, 0, 0, 0], members, clusters, seed=0, permutations=99)
    assert found.p_value == 1


def test_a_slice_of_all_or_none_is_refused():
    with pytest.raises(MetricError, match="slice 1 holds 0 of 3"):
        searched_maximum([1, 0, 0], [[1, 0], [0, 0], [0, 0]], None, seed=0)
