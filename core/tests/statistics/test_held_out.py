"""What is held out: whole clusters, every label near its fraction, the same for the same seed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.errors import MetricError, PlanError
from seatrial.statistics import held_out

FRACTIONS = st.floats(0.05, 0.95)
SEEDS = st.integers(0, 2**32)
CASES = st.lists(st.tuples(st.booleans(), st.sampled_from("abcdefghij")), min_size=2, max_size=60)


@given(CASES.filter(lambda cases: len({name for _, name in cases}) > 1), FRACTIONS, SEEDS)
def test_no_cluster_stands_on_both_sides_and_neither_side_is_empty(cases, fraction, seed):
    labels, clusters = zip(*cases, strict=True)
    held = held_out(labels, clusters, fraction=fraction, seed=seed)
    sides = {
        name: {bool(h) for h, c in zip(held, clusters, strict=True) if c == name}
        for name in clusters
    }
    assert all(len(side) == 1 for side in sides.values())
    assert {True, False} == set(held.tolist())


@given(st.lists(st.sampled_from([0, 1, 2]), min_size=2, max_size=80), FRACTIONS, SEEDS)
def test_every_label_is_within_a_case_of_its_fraction_where_cases_are_independent(
    labels, fraction, seed
):
    held = held_out(labels, None, fraction=fraction, seed=seed)
    for label in set(labels):
        mine = np.asarray(labels) == label
        assert abs(held[mine].sum() - fraction * mine.sum()) <= 1 + 1e-9


@given(CASES.filter(lambda cases: len({name for _, name in cases}) > 1), SEEDS, st.randoms())
def test_the_order_of_the_cases_does_not_matter(cases, seed, shuffle):
    def chosen(some):
        labels, clusters = zip(*some, strict=True)
        held = held_out(labels, clusters, fraction=0.3, seed=seed)
        return {name for name, h in zip(clusters, held, strict=True) if h}

    again = list(cases)
    shuffle.shuffle(again)
    assert chosen(again) == chosen(cases)


def test_labels_are_near_their_share_where_clusters_are_large_and_mixed():
    draw = np.random.default_rng(0)
    clusters = np.repeat(np.arange(200), draw.integers(1, 9, 200))
    leaning = draw.beta(0.5, 1.5, 200)
    labels = draw.random(len(clusters)) < leaning[clusters]
    held = held_out(labels, clusters, fraction=0.25, seed=3)
    assert held[labels].mean() == pytest.approx(0.25, abs=0.01)
    assert held[~labels].mean() == pytest.approx(0.25, abs=0.01)


def test_every_case_is_held_out_as_often_as_its_fraction_says():
    labels = np.arange(40) % 4 == 0
    often = np.mean(
        [held_out(labels, None, fraction=0.25, seed=seed) for seed in range(800)], axis=0
    )
    # Five standard errors: only those of the fraction of 800 draws.
    assert np.abs(often - 0.25).max() < 5 * np.sqrt(0.25 * 0.75 / 800)


def test_the_choice_depends_on_the_seed_alone():
    labels = [True, False] * 50
    first = held_out(labels, None, fraction=0.25, seed=1)
    assert (first == held_out(labels, None, fraction=0.25, seed=1)).all()
    assert (first != held_out(labels, None, fraction=0.25, seed=2)).any()
    again = held_out([True, False] * 10, None, fraction=0.25, seed=1)
    assert np.flatnonzero(again).tolist() == [3, 8, 9, 18, 19]


def test_what_cannot_be_split_is_refused():
    with pytest.raises(MetricError, match="3 cases of 1 clusters cannot be split"):
        held_out([0, 1, 1], ["a"] * 3, fraction=0.5, seed=0)
    with pytest.raises(PlanError, match="between 0 and 1, got 25"):
        held_out([0, 1], None, fraction=25, seed=0)
