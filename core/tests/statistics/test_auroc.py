"""AUROC and its bounds against brute force, DeLong, scikit-learn, and simulated truth."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from seatrial.errors import MetricError
from seatrial.statistics._auroc import auroc, auroc_drop, placements


def by_pairs(targets, scores):
    """Compare every positive with every negative."""
    positive, negative = scores[targets == 1], scores[targets == 0]
    beaten = (positive[:, None] > negative) + (positive[:, None] == negative) / 2
    return beaten.mean(), beaten.mean(axis=1), beaten.mean(axis=0)


def delong(of_positive, of_negative):
    return of_positive.var(ddof=1) / len(of_positive) + of_negative.var(ddof=1) / len(of_negative)


def drawn(seed, levels, n=40):
    generator = np.random.default_rng(seed)
    targets = (generator.random(n) < 0.4).astype(int)
    targets[:6] = [0, 0, 0, 1, 1, 1]
    scores = generator.integers(0, levels, (2, n)) / levels + targets / 5
    return targets, scores[0], scores[1], generator.integers(0, 9, n)


@given(st.integers(0, 10_000), st.sampled_from([2, 5, 1000]))
def test_the_area_equals_brute_force_with_ties(seed, levels):
    targets, scores, _, _ = drawn(seed, levels)
    area, of_positive, of_negative = by_pairs(targets, scores)
    found = placements(targets, scores, None)
    assert found.area == pytest.approx(area, abs=1e-12)
    assert found.of[targets == 1] == pytest.approx(of_positive)
    assert found.of[targets == 0] == pytest.approx(of_negative)


@pytest.mark.parametrize("levels", [5, 1000])
def test_many_cases_give_delongs_interval(levels):
    targets, first, second, _ = drawn(1, levels, n=4000)
    (a, *one), (b, *other) = by_pairs(targets, first), by_pairs(targets, second)
    found = auroc(targets, first, None, 0.95)
    reach = 1.645 * delong(*one) ** 0.5
    assert found.ends == pytest.approx((a - reach, a + reach), abs=0.06 * reach)
    drop = auroc_drop(targets, first, second, None, 0.95)
    reach = 1.645 * delong(one[0] - other[0], one[1] - other[1]) ** 0.5
    assert drop.estimate == pytest.approx(a - b)
    assert drop.ends == pytest.approx((a - b - reach, a - b + reach), abs=0.12 * reach)


def test_repeating_cases_within_their_clusters_proves_nothing_more():
    targets, scores, _, _ = drawn(2, 1000)
    clusters = np.repeat(np.arange(len(targets)), 3)
    once = auroc(targets, scores, None, 0.95)
    often = auroc(np.repeat(targets, 3), np.repeat(scores, 3), clusters, 0.95)
    assert often.ends == pytest.approx(once.ends, abs=1e-9)
    assert often.effective_clusters == once.effective_clusters


@pytest.mark.parametrize("positives", [4, 10, 20, 50])
def test_few_positives_keep_the_error_rate(positives):
    lows = []
    for last in range(positives + 1):  # so many positives are ranked last, the others first
        scores = np.concatenate([np.zeros(last), np.full(positives - last, 2.0), np.ones(1000)])
        targets = np.arange(len(scores)) < positives
        found = auroc(targets * 1.0, scores, None, 0.95)
        lows.append(found.low)
    for truth in np.linspace(0.05, 0.95, 19):
        probability = binom.pmf(np.arange(positives + 1), positives, 1 - truth)
        assert probability[np.array(lows) > truth + 1e-9].sum() <= 0.05 + 1e-6


@pytest.mark.parametrize("mixed", [False, True])
def test_unequal_clusters_are_missed_no_more_often_than_said(mixed):
    generator, runs, missed = np.random.default_rng(4), 200, np.zeros(2)
    for _ in range(runs):
        sizes = np.ceil(2 * generator.lognormal(0, 1.2, 60)).astype(int)
        clusters = np.repeat(np.arange(60), sizes)
        positive = generator.random(len(clusters)) < 0.3 if mixed else clusters < 20
        positive[np.searchsorted(clusters, [0, 1])] = True
        positive[np.searchsorted(clusters, [40, 41])] = False
        hidden = (generator.random(60) < 0.3)[clusters]  # a cluster whose positives look alike
        scores = generator.random(len(clusters)) + (positive & ~hidden)
        found = auroc(positive * 1.0, scores, clusters, 0.95)
        missed += (found.low > 0.85, found.high < 0.85)
    assert (missed / runs <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / runs)).all()


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
