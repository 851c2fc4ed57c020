"""AUROC and its variance against brute force over pairs, scikit-learn, and simulated truth."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.errors import MetricError
from seatrial.statistics._auroc import auroc, auroc_drop, delong_variance, placements


def by_pairs(targets, scores):
    """Compare every positive with every negative."""
    positive, negative = scores[targets == 1], scores[targets == 0]
    beaten = (positive[:, None] > negative) + (positive[:, None] == negative) / 2
    return beaten.mean(), beaten.mean(axis=1), beaten.mean(axis=0)


def obuchowski(area, of_positive, of_negative, clusters, targets):
    """Sum up clusters one by one, as in the paper."""
    found = {}
    for kind, of in ((1, of_positive), (0, of_negative)):
        for one, value in zip(clusters[targets == kind], of, strict=True):
            found.setdefault(one, [0.0, 0.0])[1 - kind] += value - area
    m, n = len(of_positive), len(of_negative)
    with_positive = len(set(clusters[targets == 1]))
    with_negative = len(set(clusters[targets == 0]))
    s10 = with_positive / (with_positive - 1) * sum(a * a for a, _ in found.values()) / m**2
    s01 = with_negative / (with_negative - 1) * sum(b * b for _, b in found.values()) / n**2
    s11 = len(found) / (len(found) - 1) * sum(a * b for a, b in found.values()) / (m * n)
    return s10 + s01 + 2 * s11


def drawn(seed, levels, n=40):
    generator = np.random.default_rng(seed)
    targets = (generator.random(n) < 0.4).astype(int)
    targets[:6] = [0, 0, 0, 1, 1, 1]
    scores = generator.integers(0, levels, (2, n)) / levels + targets / 5
    return targets, scores[0], scores[1], generator.integers(0, 9, n)


@given(st.integers(0, 10_000), st.sampled_from([2, 5, 1000]))
def test_area_and_variance_equal_brute_force_with_ties(seed, levels):
    targets, scores, _, clusters = drawn(seed, levels)
    area, of_positive, of_negative = by_pairs(targets, scores)
    independent = placements(targets, scores, None)
    assert independent.area == pytest.approx(area, abs=1e-12)
    delong = of_positive.var(ddof=1) / len(of_positive) + of_negative.var(ddof=1) / len(of_negative)
    assert delong_variance(independent) == pytest.approx(delong, abs=1e-12)
    if min(len(set(clusters[targets == kind])) for kind in (0, 1)) > 1:
        clustered = obuchowski(area, of_positive, of_negative, clusters, targets)
        ours = delong_variance(placements(targets, scores, clusters))
        assert ours == pytest.approx(clustered, abs=1e-12)


@given(st.integers(0, 10_000), st.sampled_from([2, 1000]))
def test_a_drop_has_the_variance_of_paired_areas(seed, levels):
    targets, clean, perturbed, _ = drawn(seed, levels)
    first, second = by_pairs(targets, clean), by_pairs(targets, perturbed)
    covariances = [np.cov(first[k], second[k]) / len(first[k]) for k in (1, 2)]
    truth = sum(c[0, 0] + c[1, 1] - 2 * c[0, 1] for c in covariances)
    found = auroc_drop(targets, clean, perturbed, None, 0.95)
    assert found.estimate == pytest.approx(first[0] - second[0], abs=1e-12)
    assert found.high - found.estimate >= 1.64 * np.sqrt(truth) or found.high == 1


def test_the_area_is_scikit_learns():
    metrics = pytest.importorskip("sklearn.metrics")
    targets, scores, _, _ = drawn(1, 5, n=500)
    ours = auroc(targets, scores, None, 0.95)
    assert ours.estimate == pytest.approx(metrics.roc_auc_score(targets, scores), abs=1e-12)


@pytest.mark.parametrize("n", [3, 10, 100])
def test_a_perfect_area_is_never_certain(n):
    targets = np.repeat([0, 1], n)
    perfect = auroc(targets, np.arange(2 * n), None, 0.95)
    assert perfect.estimate == 1 == perfect.high
    assert perfect.low <= 0.05 ** (1 / n) + 1e-12
    unchanged = auroc_drop(targets, np.arange(2 * n), np.arange(2 * n), None, 0.95)
    assert unchanged.estimate == 0
    assert unchanged.low < 0 < 1 - 0.05 ** (1 / n) <= unchanged.high + 1e-12


def test_order_and_monotone_scales_change_nothing():
    targets, scores, _, clusters = drawn(3, 5)
    order = np.random.default_rng(0).permutation(len(targets))
    here = auroc(targets, scores, clusters, 0.95)
    there = auroc(targets[order], np.exp(3 * scores[order]), clusters[order], 0.95)
    assert there == here


def test_one_case_of_a_class_says_nothing():
    found = auroc([1, 0, 0], [3, 2, 1], None, 0.95)
    assert (found.method, found.ends) == ("undefined", (0, 1))
    both = auroc([1, 0, 1, 0], [3, 2, 1, 0], ["a"] * 4, 0.95)
    assert (both.method, both.ends) == ("undefined", (0, 1))


def test_bad_input_is_named():
    with pytest.raises(MetricError, match="both classes"):
        auroc([1, 1], [0, 1], None, 0.95)
    with pytest.raises(MetricError, match="0 or 1"):
        auroc([0.5, 1], [0, 1], None, 0.95)
    with pytest.raises(MetricError, match="nan"):
        auroc([0, 1], [0, float("nan")], None, 0.95)
    with pytest.raises(MetricError, match="one pair per case"):
        auroc([0, 1], [0, 1, 2], None, 0.95)
