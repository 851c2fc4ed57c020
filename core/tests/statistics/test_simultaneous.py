"""Bounds for the worst of many against bounds of each, closed forms, and simulated truth."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seatrial.errors import MetricError
from seatrial.statistics import (
    clopper_pearson,
    gap_between_groups,
    mean_of_bounded,
    paired_drop,
    worst_by_chance,
    worst_cell,
    worst_group,
    worst_of_each,
)

RATES = {"bounds": (0.0, 1.0), "seed": 0}
ALLOWED = 0.05 + 3 * np.sqrt(0.05 * 0.95 / 400)


def grouped(*rights, of=100):
    values = np.concatenate([np.arange(of) < right for right in rights]).astype(float)
    names = np.repeat([f"group {k}" for k in range(len(rights))], of).tolist()
    return values, names


def test_all_groups_pass_if_each_passes_and_some_group_fails_only_after_correction():
    found = worst_group(*grouped(95, 80, 90), None, 0.95, **RATES)
    assert found.worst == "group 1"
    assert found.interval.estimate == 0.8
    assert found.interval.low == pytest.approx(clopper_pearson(80, 100, 0.95).low)
    assert found.interval.high == pytest.approx(clopper_pearson(80, 100, 1 - 0.05 / 3).high)
    assert found.each["group 0"].ends == pytest.approx(clopper_pearson(95, 100, 1 - 0.05 / 3).ends)


def test_one_group_is_no_search():
    found = worst_group(*grouped(80), None, 0.95, **RATES)
    assert found.interval.ends == pytest.approx(clopper_pearson(80, 100, 0.95).ends)


def test_a_group_too_small_blocks_a_pass_but_not_a_fail():
    values, names = grouped(99, 20)
    values, names = np.append(values, [1.0, 1.0]), [*names, "rare", "rare"]
    found = worst_group(values, names, None, 0.95, smallest=5, expected=["absent"], **RATES)
    assert found.too_small == ("absent", "rare")
    assert found.interval.low == 0
    assert found.interval.high < 0.4
    assert (found.each["absent"].cases, found.each["absent"].ends) == (0, (0, 1))
    gap = gap_between_groups(values, names, None, 0.95, smallest=5, **RATES)
    assert gap.too_small == ("rare",)
    assert gap.interval.high > 0.99
    assert gap.interval.low > 0.5


def test_lower_may_be_better():
    values, names = grouped(5, 20, 10)
    found = worst_group(values, names, None, 0.95, higher_is_better=False, **RATES)
    mirrored = worst_group(1 - values, names, None, 0.95, **RATES)
    assert found.worst == mirrored.worst == "group 1"
    assert found.interval.ends == pytest.approx(
        (1 - mirrored.interval.high, 1 - mirrored.interval.low)
    )


def test_a_gap_squares_and_adds_what_each_group_leaves_open():
    found = gap_between_groups(*grouped(90, 70), None, 0.95, **RATES).interval
    good, bad = clopper_pearson(90, 100, 0.95), clopper_pearson(70, 100, 0.95)
    assert found.estimate == pytest.approx(0.2)
    reach = np.hypot(good.high - 0.9, 0.7 - bad.low)
    assert found.high == pytest.approx(0.2 + reach)
    assert 0 < found.low < 0.2
    values, names = grouped(90, 70)
    shared = gap_between_groups(values, names, np.tile(np.arange(100), 2), 0.95, **RATES).interval
    assert shared.high == pytest.approx(0.2 + good.high - 0.9 + 0.7 - bad.low)


def test_scores_that_are_no_rates_are_bounded_too():
    generator = np.random.default_rng(0)
    names = np.repeat(["a", "b"], 60).tolist()
    values = generator.beta(4, 1, 120)
    found = worst_group(values, names, None, 0.95, **RATES)
    lows = [mean_of_bounded(values[at], None, 0.95, (0, 1), seed=0).low
            for at in (slice(60), slice(60, None))]  # fmt: skip
    assert found.interval.low == min(lows)


@pytest.mark.parametrize("gap", [False, True])
@pytest.mark.parametrize("rates", [(0.9, 0.9, 0.9), (0.95, 0.8)])
def test_the_true_worst_is_missed_no_more_often_than_said(rates, gap):
    generator = np.random.default_rng(1)
    truth = max(rates) - min(rates) if gap else min(rates)
    method = gap_between_groups if gap else worst_group
    misses = np.zeros(2)
    for _ in range(400):
        values, names = grouped(*(generator.binomial(30, rate) for rate in rates), of=30)
        low, high = method(values, names, None, 0.95, **RATES).interval.ends
        misses += (low > truth + 1e-9, high < truth - 1e-9)
    assert max(misses) / 400 <= ALLOWED


def test_many_cells_are_bounded_as_each_is_alone():
    generator = np.random.default_rng(2)
    clusters = generator.integers(0, 80, 200)
    clean = (generator.random(200) < 0.9).astype(float)
    perturbed = (generator.random((200, 4)) < 0.7) * clean[:, None]
    drops = clean[:, None] - perturbed
    found = worst_cell(drops, list("abcd"), clusters, 0.96, bounds=(-1, 1), higher_is_better=False)
    for k, name in enumerate("abcd"):
        alone = paired_drop(clean, perturbed[:, k], clusters, 0.99)
        cell = found.each[name]
        assert (cell.estimate, cell.n_effective) == (alone.estimate, alone.n_effective)
        assert cell.ends == pytest.approx(alone.ends, abs=1e-12)
        assert (cell.cases, cell.clusters) == (alone.cases, alone.clusters)


def test_a_cell_without_any_change_is_bounded_by_what_was_not_seen():
    found = worst_cell(np.zeros((59, 1)), ["flat"], None, 0.95, bounds=(-1, 1))
    assert found.interval.ends == pytest.approx((-(1 - 0.05 ** (1 / 59)), 1 - 0.05 ** (1 / 59)))


def test_the_order_of_cases_and_labels_changes_nothing():
    generator = np.random.default_rng(3)
    values, clusters = generator.random((90, 3)), generator.integers(0, 20, 90)
    order = generator.permutation(90)
    here = worst_cell(values, list("abc"), clusters, 0.95, bounds=(0, 1))
    there = worst_cell(values[order], list("abc"), clusters[order], 0.95, bounds=(0, 1))
    assert here == there


def test_a_cell_may_lack_cases():
    generator = np.random.default_rng(4)
    values = generator.random((60, 2))
    values[40:, 1] = np.nan
    cell = worst_cell(values, ["whole", "part"], None, 0.9, bounds=(0, 1)).each["part"]
    assert cell == mean_of_bounded(values[:40, 1], None, 0.95, (0, 1))
    assert cell.cases == 40


@pytest.mark.parametrize("rates", [True, False])
def test_the_worst_cell_is_bounded_like_the_worst_group(rates):
    generator = np.random.default_rng(5)
    values = generator.random((200, 3)) ** [0.2, 1, 0.5]
    values = (values > 0.5).astype(float) if rates else values
    found = worst_cell(values, ["mild", "severe", "middling"], None, 0.95, **RATES)
    assert found.worst == "severe"
    assert found.interval.cases == 200
    if rates:
        right = int(values[:, 1].sum())
        assert found.interval.low == pytest.approx(clopper_pearson(right, 200, 0.95).low)
        assert found.interval.high == pytest.approx(clopper_pearson(right, 200, 1 - 0.05 / 3).high)
    else:
        alone = mean_of_bounded(values[:, 1], None, 0.95, (0, 1), seed=1)
        assert found.interval.low == alone.low
        assert found.interval.high > alone.high


def test_the_worst_of_five_by_luck_alone():
    assert worst_by_chance(np.arange(100) < 90, 5) == pytest.approx(0.9**5)
    assert worst_by_chance(np.arange(100) < 10, 5, higher_is_better=False) == pytest.approx(
        1 - 0.9**5
    )


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12), st.integers(1, 4))
@settings(max_examples=30)
def test_the_worst_by_chance_is_the_mean_over_all_ways_to_draw(scores, k):
    ways = np.array(np.meshgrid(*[scores] * k)).reshape(k, -1)
    assert worst_by_chance(scores, k) == pytest.approx(ways.min(axis=0).mean())


def test_clean_runs_of_a_case_are_drawn_without_putting_back():
    from itertools import combinations

    runs = [[1.0, 0.2, 0.7, 0.4], [0.0, 1.0, 1.0, 1.0]]
    truth = np.mean([[min(one) for one in combinations(case, 3)] for case in runs])
    assert worst_by_chance(runs, 3) == pytest.approx(truth)
    assert worst_by_chance(runs, 4) == pytest.approx(0.1)
    assert worst_of_each(runs).tolist() == [0.2, 0.0]


def test_bad_input_is_named():
    with pytest.raises(MetricError, match="a gap needs two groups"):
        gap_between_groups(*grouped(5, of=10), None, 0.95, **RATES)
    with pytest.raises(MetricError, match="one for each case"):
        worst_group([1, 0], ["a"], None, 0.95, **RATES)
    with pytest.raises(MetricError, match="2 names but 3 cells"):
        worst_cell(np.ones((4, 3)), ["a", "b"], None, 0.95, **RATES)
    with pytest.raises(MetricError, match="cell 1 has no measured case"):
        worst_cell([[1, np.nan]], ["a", "b"], None, 0.95, **RATES)
    with pytest.raises(MetricError, match="needs 3 clean runs"):
        worst_by_chance([[1, 0]], 3)
