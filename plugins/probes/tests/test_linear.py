"""Closed forms against scikit-learn, scipy and formulas written out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize
from seatrial_probes._linear import Linear, discriminant, mass_mean, mean_difference, platt
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from seatrial.errors import MetricError, ModelError


def drawn(rows, width, seed=0):
    generator = np.random.default_rng(seed)
    mixing = generator.standard_normal((width, width)) * np.arange(1, width + 1) ** -0.5
    failed = generator.random(rows) < 0.3
    table = generator.standard_normal((rows, width)) @ mixing + 3
    table[failed] += 0.5 * generator.standard_normal(width)
    return table, failed


def test_the_difference_of_means_is_zero_half_way():
    table, failed = drawn(50, 7)
    probe = mean_difference(table, failed)
    means = table[~failed].mean(axis=0), table[failed].mean(axis=0)
    np.testing.assert_allclose(probe.weights, means[1] - means[0])
    assert probe((means[0] + means[1])[None] / 2)[0] == pytest.approx(0, abs=1e-12)
    assert probe(means[1][None])[0] > 0 > probe(means[0][None])[0]


def test_mass_mean_tilts_by_the_inverse_covariance_within_classes():
    table, failed = drawn(200, 10)
    centred = np.where(
        failed[:, None], table - table[failed].mean(0), table - table[~failed].mean(0)
    )
    difference = table[failed].mean(0) - table[~failed].mean(0)
    truth = np.linalg.solve(centred.T @ centred / len(table), difference)
    np.testing.assert_allclose(mass_mean(table, failed).weights, truth, rtol=1e-9)


def test_mass_mean_takes_the_pseudo_inverse_where_there_is_no_inverse():
    table, failed = drawn(30, 80)
    centred = np.where(
        failed[:, None], table - table[failed].mean(0), table - table[~failed].mean(0)
    )
    difference = table[failed].mean(0) - table[~failed].mean(0)
    truth = (
        np.linalg.pinv(centred.T @ centred / len(table), rcond=1e-10, hermitian=True) @ difference
    )
    np.testing.assert_allclose(mass_mean(table, failed).weights, truth, rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize(("rows", "width"), [(300, 12), (40, 12), (40, 100), (200, 200)])
def test_the_discriminant_equals_that_of_scikit_learn(rows, width):
    table, failed = drawn(rows, width)
    peer = LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto").fit(table, failed)
    probe = discriminant(table, failed)
    np.testing.assert_allclose(probe.weights, peer.coef_[0], rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(probe(table), peer.decision_function(table), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("fit", [mean_difference, mass_mean, discriminant])
def test_constant_columns_get_no_weight(fit):
    table, failed = drawn(60, 5)
    assert fit(np.column_stack([table, np.full(60, 2.0)]), failed).weights[-1] == 0


@pytest.mark.parametrize("fit", [mean_difference, mass_mean, discriminant])
def test_rows_of_one_class_are_refused(fit):
    with pytest.raises(MetricError, match="all 4 labels are alike"):
        fit(np.ones((4, 2)), [True] * 4)


def test_another_width_is_refused():
    with pytest.raises(ModelError, match="activations are 3 wide, but the probe was fitted on 2"):
        Linear(np.ones(2), 0.0)(np.ones((1, 3)))


@given(st.integers(0, 2**32 - 1), st.floats(0.1, 100), st.floats(-5, 5))
def test_platt_finds_the_least_loss_of_its_targets(seed, scale, shift):
    generator = np.random.default_rng(seed)
    failed = np.arange(60) % 3 == 0
    scores = scale * (generator.standard_normal(60) + failed) + shift
    slope, lift = platt(scores, failed)
    targets = np.where(failed, 21 / 22, 1 / 42)

    def loss(pair):
        logits = pair[0] * scores / scale + pair[1]
        return (np.logaddexp(0, logits) - targets * logits).sum()

    best = minimize(loss, [0.0, 0.0], method="BFGS")
    if best.x[0] > 0.02:
        assert loss([slope * scale, lift]) <= best.fun + 1e-6


def test_platt_keeps_the_order_of_scores_that_rank_backwards():
    scores, failed = np.arange(10.0), np.arange(10) < 5
    slope, lift = platt(scores, failed)
    probabilities = 1 / (1 + np.exp(-(slope * scores + lift)))
    assert (np.diff(probabilities) > 0).all()
    np.testing.assert_allclose(probabilities, 0.5, atol=0.01)


def test_platt_says_the_rate_where_scores_are_all_alike():
    slope, lift = platt(np.full(100, 7.0), np.arange(100) < 20)
    assert 1 / (1 + np.exp(-(slope * 7.0 + lift))) == pytest.approx(0.2, abs=0.01)


def test_platt_is_never_certain_even_where_scores_separate():
    scores = np.concatenate([np.zeros(10), np.ones(10)])
    slope, lift = platt(scores, scores == 1)
    probabilities = 1 / (1 + np.exp(-(slope * scores + lift)))
    np.testing.assert_allclose(probabilities, np.where(scores == 1, 11 / 12, 1 / 12), rtol=1e-3)
