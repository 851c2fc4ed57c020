"""Calibration against hand calculation and simulated truth."""

from __future__ import annotations

import numpy as np
import pytest

from seatrial.errors import MetricError
from seatrial.statistics._calibration import (
    brier_scores,
    expected_calibration_error,
    risk_under_coverage,
)


def test_brier_scores_are_squared_distances():
    assert brier_scores([0.9, 0.2], [1, 1]) == pytest.approx([0.01, 0.64])


def test_the_error_is_the_weighted_gap_of_the_bins():
    stated, right = [0.95, 0.95, 0.95, 0.55], [1, 0, 1, 1]
    found = expected_calibration_error(stated, right, None, 0.95, seed=0, bins=10)
    truth = 3 / 4 * abs(0.95 - 2 / 3) + 1 / 4 * abs(0.55 - 1)
    assert found.estimate == pytest.approx(truth)
    assert 0 <= found.low <= truth < found.high <= 1


def test_a_confidence_of_one_belongs_to_the_last_bin():
    found = expected_calibration_error([1.0] * 100, [1] * 100, None, 0.95, seed=0)
    assert (found.estimate, found.low) == (0, 0)
    assert found.high == pytest.approx(1 - 0.05 ** (1 / 100), abs=0.002)


@pytest.mark.parametrize("off", [0.0, 0.3])
def test_the_true_error_is_missed_no_more_often_than_said(off):
    generator = np.random.default_rng(1)
    misses = np.zeros(2)
    for run in range(300):
        stated = generator.choice([0.7, 0.85, 0.95], 100)
        right = generator.random(100) < stated - off
        found = expected_calibration_error(stated, right, None, 0.95, seed=run, resamples=300)
        misses += (found.low > off + 1e-9, found.high < off - 1e-9)
    assert max(misses) / 300 <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 300)


def test_a_badly_calibrated_model_is_found_out():
    stated, right = np.full(300, 0.95), np.arange(300) < 150
    found = expected_calibration_error(stated, right, None, 0.95, seed=0)
    assert found.estimate == pytest.approx(0.45)
    assert found.low > 0.3
    clustered = expected_calibration_error(stated, right, np.arange(300) // 10, 0.95, seed=0)
    assert clustered.low < found.low
    assert clustered.high > found.high


def test_risk_falls_if_the_confident_answers_are_right():
    assert risk_under_coverage([0.9, 0.8, 0.7, 0.6], [1, 1, 0, 0]) == pytest.approx(
        (0 + 0 + 1 / 3 + 2 / 4) / 4
    )
    assert risk_under_coverage([0.5] * 4, [1, 0, 1, 0]) == 0.5


def test_pairs_that_do_not_match_are_refused():
    with pytest.raises(MetricError, match="one pair per case"):
        brier_scores([0.5], [1, 0])
