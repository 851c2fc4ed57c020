"""Sequential verdicts against Ville's bound, the papers' formulas, and their own intervals."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seatrial.errors import MetricError, PlanError
from seatrial.statistics import _sequential, proportion
from seatrial.statistics._sequential import (
    always_valid,
    decide,
    last_look,
    log_stake,
    measuring_order,
)

SCORES = st.lists(st.sampled_from([0.0, 0.3, 1.0]), min_size=1, max_size=60)


def test_a_stake_is_the_mean_of_products_over_the_bets():
    gains = np.array([0.3, -0.2, 0.1, -0.6])
    stakes = (np.arange(_sequential.BETS) + 0.5) / _sequential.BETS
    products = [np.prod(1 + gains[:k, None] * stakes / 0.7, axis=0).mean() for k in range(1, 5)]
    assert log_stake(gains, 0.7) == pytest.approx(np.log(products), abs=1e-12)


def test_long_lists_are_followed_in_blocks(monkeypatch):
    gains = np.random.default_rng(0).uniform(-0.5, 0.5, (2, 40))
    whole = log_stake(gains, 0.5)
    monkeypatch.setattr(_sequential, "BLOCK", 7)
    assert log_stake(gains, 0.5) == pytest.approx(whole, abs=1e-12)


def test_the_stake_is_the_diversified_martingale_of_confseq():
    betting = pytest.importorskip("confseq.betting", reason="confseq is not built here")
    values = np.random.default_rng(1).beta(3, 1, 50)
    stakes = (np.arange(_sequential.BETS) + 0.5) / _sequential.BETS
    theirs = betting.diversified_betting_mart(
        values,
        0.6,
        lambdas_fns_positive=[lambda x, m, s=s: np.full(len(x), s / m) for s in stakes],
        theta=1,
        trunc_scale=1,
    )
    ours = np.exp(log_stake(values - 0.6, 0.6))
    assert ours == pytest.approx(theirs, rel=1e-9)


@pytest.mark.parametrize("icc", [0.0, 0.5])
@pytest.mark.parametrize(("mean", "at_most"), [(0.9, False), (0.5, False), (0.05, True)])
def test_looking_all_the_time_is_wrong_no_more_often_than_it_says(mean, icc, at_most):
    generator = np.random.default_rng(int(100 * mean))
    runs, clusters, size = 2_000, 60, 4
    spread = 1 / icc - 1 if icc else 1e9
    probability = generator.beta(mean * spread, (1 - mean) * spread, (runs, clusters))
    sums = generator.binomial(size, probability)
    gains = (sums - mean * size) * (-1 if at_most else 1)
    room = size * ((1 - mean) if at_most else mean)
    crossed = log_stake(gains, room).max(axis=1) >= -np.log(0.05)
    assert crossed.mean() <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / runs)


def test_early_and_last_look_together_keep_the_error():
    generator = np.random.default_rng(5)
    runs, wrong_pass, wrong_fail = 400, 0, 0
    for _ in range(runs):
        values = (generator.random(100) < 0.9).astype(float)
        last = proportion(values, None, last_look(0.95))
        above = decide(values, None, 0.9 + 1e-9, 0.95, bounds=(0, 1))
        exact = decide(values, None, 0.9, 0.95, bounds=(0, 1))
        wrong_pass += above.outcome == "pass" or last.low > 0.9
        wrong_fail += exact.outcome == "fail" or last.high < 0.9
    assert max(wrong_pass, wrong_fail) / runs <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / runs)


@given(SCORES, st.floats(0.05, 0.95), st.sampled_from([0.8, 0.95]))
@settings(max_examples=50)
def test_the_interval_and_the_decision_agree(values, threshold, confidence):
    decision = decide(values, None, threshold, confidence, bounds=(0, 1))
    found = always_valid(values[: decision.cases], None, confidence, bounds=(0, 1))
    assert found.low <= found.estimate <= found.high
    if abs(found.low - threshold) > 1e-6 and abs(found.high - threshold) > 1e-6:
        expected = "pass" if found.low > threshold else "fail" if found.high < threshold else None
        assert decision.outcome == expected


@given(SCORES, st.floats(0.05, 0.95))
@settings(max_examples=50)
def test_more_cases_never_take_a_decision_back(values, threshold):
    whole = decide(values, None, threshold, 0.8, bounds=(0, 1))
    if whole.outcome:
        early = decide(values[: whole.cases], None, threshold, 0.8, bounds=(0, 1))
        assert early.outcome == whole.outcome
        assert early.cases == whole.cases
        assert whole.cases == 1 or not (
            decide(values[: whole.cases - 1], None, threshold, 0.8, bounds=(0, 1)).outcome
        )


@given(SCORES, st.floats(0.05, 0.95))
@settings(max_examples=50)
def test_at_most_is_the_mirror_of_at_least(values, threshold):
    up = decide(values, None, threshold, 0.8, bounds=(0, 1))
    mirrored = decide(1 - np.array(values), None, 1 - threshold, 0.8, bounds=(0, 1), at_most=True)
    assert (up.outcome, up.cases) == (mirrored.outcome, mirrored.cases)


def test_drops_are_scores_between_minus_one_and_one():
    drops = np.zeros(400)
    drops[::50] = 1.0
    found = decide(drops, None, 0.08, 0.95, bounds=(-1, 1), at_most=True)
    assert found.outcome == "pass"
    assert found.cases < 250
    same = decide((drops + 1) / 2, None, 0.54, 0.95, bounds=(0, 1), at_most=True)
    assert same.cases == found.cases


def test_a_clear_case_is_decided_early_and_a_close_one_is_not():
    generator = np.random.default_rng(2)
    bad = decide(generator.random(1000) < 0.4, None, 0.9, 0.95, bounds=(0, 1))
    assert bad.outcome == "fail"
    assert bad.cases < 30
    close = decide(generator.random(1000) < 0.9, None, 0.9, 0.95, bounds=(0, 1))
    assert (close.outcome, close.cases, close.clusters) == (None, 1000, 1000)
    assert max(close.pass_stake, close.fail_stake) < close.needed


def test_clusters_count_whole_and_repeating_cases_proves_nothing_more():
    once = decide(np.ones(200), None, 0.9, 0.95, bounds=(0, 1))
    labels = np.repeat(np.arange(200), 5)
    often = decide(np.ones(1000), labels, 0.9, 0.95, bounds=(0, 1), largest=5)
    assert (often.outcome, often.clusters, often.cases) == ("pass", once.clusters, 5 * once.cases)
    assert once.pass_stake == pytest.approx(often.pass_stake)


def test_the_last_look_can_only_narrow_the_interval():
    values = (np.random.default_rng(3).random(300) < 0.93).astype(float)
    looking = always_valid(values, None, 0.95, bounds=(0, 1))
    fixed = proportion(values, None, last_look(0.95))
    both = always_valid(values, None, 0.95, bounds=(0, 1), last=fixed)
    assert both.low == max(looking.low, fixed.low)
    assert both.high == min(looking.high, fixed.high)
    assert (both.method, both.confidence) == ("Clopper-Pearson", 0.95)
    assert last_look(0.95) == pytest.approx(0.975)


def test_thresholds_at_the_bounds_are_decided_by_what_is_possible():
    assert decide([0.0], None, 0.0, 0.95, bounds=(0, 1)).outcome == "pass"
    assert decide([0.5], None, 0.0, 0.95, bounds=(0, 1)).outcome == "pass"
    assert decide([1.0] * 99, None, 1.0, 0.95, bounds=(0, 1)).outcome is None
    assert decide([1.0, 0.9], None, 1.0, 0.95, bounds=(0, 1)).outcome == "fail"
    assert decide([1.0], None, 1.5, 0.95, bounds=(0, 1)).outcome == "fail"


def test_the_interval_is_not_wider_than_the_closed_form_of_the_paper():
    values = np.random.default_rng(4).beta(10, 2, 500)
    alpha = 0.05 * _sequential.SPENT_ON_LOOKING
    times = np.arange(1, 501)
    means = (0.5 + np.cumsum(values)) / (times + 1)
    variances = (0.25 + np.cumsum(np.square(values - means))) / (times + 1)
    before = np.append(0.25, variances[:-1])
    bets = np.minimum(np.sqrt(2 * np.log(1 / alpha) / (before * times * np.log(1 + times))), 0.75)
    off = 4 * np.square(values - np.append(0.5, means[:-1]))
    cost = off * (-np.log(1 - bets) - bets) / 4
    low = (bets * values).cumsum() - np.log(1 / alpha) - cost.cumsum()
    closed = (low / bets.cumsum()).max()
    assert closed < always_valid(values, None, 0.95, bounds=(0, 1)).low < values.mean()


@given(st.lists(st.sampled_from("abcde"), min_size=1, max_size=30), st.integers(0, 99))
def test_the_order_keeps_clusters_whole_and_depends_on_labels_alone(labels, seed):
    order = measuring_order(labels, len(labels), seed=seed)
    assert sorted(order) == list(range(len(labels)))
    shuffled = [labels[at] for at in order]
    changes = sum(one != two for one, two in pairwise(shuffled))
    assert changes == len(set(labels)) - 1
    backwards = labels[::-1]
    again = [backwards[at] for at in measuring_order(backwards, len(labels), seed=seed)]
    assert again == shuffled


def test_every_cluster_is_first_equally_often():
    first = [measuring_order(None, 5, seed=seed)[0] for seed in range(2000)]
    assert np.bincount(first) / 2000 == pytest.approx([0.2] * 5, abs=0.03)


def test_bad_input_is_named():
    with pytest.raises(PlanError, match="without bounds"):
        decide([1.0], None, 0.5, 0.95, bounds=None)
    with pytest.raises(MetricError, match="largest cluster of the whole list"):
        decide([1.0, 1.0], ["a", "a"], 0.5, 0.95, bounds=(0, 1))
