"""Ratios of measured means against simulated truth and simple cases."""

from __future__ import annotations

import numpy as np
import pytest

from seatrial.errors import MetricError
from seatrial.statistics import mean_of_ratios

ERRORS = {"bounds": (0.0, 1.0), "seed": 1}


def test_a_ratio_of_a_run_to_itself_is_one_and_not_certain():
    errors = (np.random.default_rng(0).random((300, 2)) < 0.3) * 1.0
    found = mean_of_ratios(errors, errors, None, 0.95, **ERRORS)
    assert found.estimate == 1
    assert 0.9 < found.low < 1 < found.high < 1.1


def test_pairing_narrows_a_ratio():
    errors = (np.random.default_rng(0).random((300, 1)) < 0.3) * 1.0
    alone = mean_of_ratios(errors, errors, None, 0.95, paired=False, reference=None, **ERRORS)
    paired = mean_of_ratios(errors, errors, None, 0.95, **ERRORS)
    assert alone.high - alone.low > 3 * (paired.high - paired.low)


def test_a_denominator_that_may_be_zero_leaves_the_ratio_unbounded():
    drops = np.array([[1.0], [0.0], [0.0], [1.0]])
    found = mean_of_ratios(drops, drops, None, 0.99, bounds=(-1, 1), seed=1)
    assert found.high == np.inf


@pytest.mark.parametrize("paired", [True, False])
@pytest.mark.parametrize("unequal", [True, False])
def test_an_error_over_a_measured_reference_is_missed_no_more_often_than_said(paired, unequal):
    generator, runs, groups, missed = np.random.default_rng(2), 300, 60, np.zeros(2)
    ours, theirs = np.array([0.1, 0.3]), np.array([0.2, 0.4])
    for _ in range(runs):
        sizes = generator.integers(1, 8, groups) ** (2 if unequal else 0)
        clusters = np.repeat(np.arange(groups), sizes)
        shared = generator.random((groups, 1))[clusters]
        own = generator.random((len(clusters), 1))
        either = np.where(generator.random((len(clusters), 1)) < 0.5, shared, own)
        other = either if paired else generator.random((len(clusters), 1))
        found = mean_of_ratios(
            (either < ours) * 1.0,
            (other < theirs) * 1.0,
            clusters,
            0.95,
            paired=paired,
            reference=clusters,
            resamples=500,
            **ERRORS,
        )
        truth = (ours / theirs).mean()
        missed += (found.low > truth, found.high < truth)
    assert (missed / runs <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / runs)).all()


@pytest.mark.parametrize("icc", [0.0, 0.5])
def test_a_ratio_of_drops_is_missed_no_more_often_than_said(icc):
    generator, runs, groups, missed = np.random.default_rng(3), 300, 100, np.zeros(2)
    told = 0
    for _ in range(runs):
        own, common = generator.random((3, groups, 4)), generator.random((3, groups, 1))
        first, other, which = np.where(generator.random(own.shape) < icc**0.5, common, own)
        second = np.where(which < 0.5, first, other)
        found = mean_of_ratios(
            (second < 0.6).reshape(-1, 1) * 1.0,
            (first < 0.4).reshape(-1, 1) * 1.0,
            np.repeat(np.arange(groups), 4),
            0.95,
            bounds=(-1, 1),
            seed=0,
            resamples=500,
        )
        missed += (found.low > 1.5, found.high < 1.5)
        told += found.low > 1 and found.high < 3
    assert (missed / runs <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / runs)).all()
    assert told / runs > 0.3


@pytest.mark.parametrize(
    ("above", "below", "says"),
    [
        (np.ones((3, 1)), np.zeros((3, 1)), "ratio to it is undefined"),
        (np.ones((3, 1)), np.ones((2, 1)), "the same cases"),
        (np.ones(3), np.ones(3), "cases by ratios"),
    ],
)
def test_ratios_that_mean_nothing_are_refused(above, below, says):
    with pytest.raises(MetricError, match=says):
        mean_of_ratios(above, below, None, 0.95, **ERRORS)
