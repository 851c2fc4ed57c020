"""The tests behind the audits, against other ways to compute the same."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import mannwhitneyu
from seatrial_audits._evidence import area, bounded_mean, runs
from seatrial_audits._near import near_pairs

WORDS = [f"w{n}" for n in range(300)]


def test_the_auroc_is_the_rank_statistic():
    rng = np.random.default_rng(0)
    here = rng.random(80) < 0.4
    scores = np.round(rng.normal(size=(80, 5)), 1)
    wins = [mannwhitneyu(scores[here, at], scores[~here, at]).statistic for at in range(5)]
    expected = np.array(wins) / (here.sum() * (~here).sum())
    assert area(here, scores) == pytest.approx(expected)


def test_runs_are_as_often_as_in_shuffled_sequences():
    rng = np.random.default_rng(0)
    codes = np.repeat([0, 1, 2], [30, 50, 20])
    shuffled = [rng.permutation(codes) for _ in range(4000)]
    alike = [float((one[1:] == one[:-1]).mean()) for one in shuffled]
    _, expected, _ = runs(codes)
    assert np.mean(alike) == pytest.approx(expected, abs=0.003)
    p_values = np.array([runs(one)[2] for one in shuffled])
    for level in (0.01, 0.1, 0.5):
        assert (p_values < level).mean() == pytest.approx(level, abs=0.1 * level + 0.005)
    assert runs(np.zeros(50, dtype=int))[2] == 1.0


def test_a_clustered_mean_is_bounded_by_its_clusters():
    rng = np.random.default_rng(0)
    clusters = np.repeat(np.arange(60), 10)
    values = np.repeat(rng.normal(size=60), 10)
    mean, low, high = bounded_mean(values, clusters, looks=1)
    alone = bounded_mean(values[::10], np.arange(60), looks=1)
    assert (mean, low, high) == pytest.approx(alone)
    assert bounded_mean(values[:30], clusters[:30], looks=1)[1:] == (-np.inf, np.inf)


def alike(one, other):
    sets = [{tuple(text[at : at + 3]) for at in range(len(text) - 2)} for text in (one, other)]
    return len(sets[0] & sets[1]) / len(sets[0] | sets[1])


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 2**32 - 1), changed=st.integers(0, 6))
def test_near_duplicates_are_those_that_comparing_all_finds(seed, changed):
    rng = np.random.default_rng(seed)
    texts = [list(rng.choice(WORDS, size=60)) for _ in range(30)]
    for text in texts[:10]:
        copy = list(text)
        for at in rng.permutation(60)[:changed]:
            copy[at] = "other"
        texts.append(copy)
    pairs = [(a, b) for a in range(40) for b in range(a + 1, 40) if texts[a] != texts[b]]
    truth = {pair: size for pair in pairs if (size := alike(texts[pair[0]], texts[pair[1]])) >= 0.8}
    found = {(a, b): size for a, b, size in near_pairs([" ".join(text) for text in texts], 0.8)}
    assert found == pytest.approx(truth)


def test_templates_make_no_texts_alike():
    rng = np.random.default_rng(0)
    template = " ".join(rng.choice(WORDS, size=80))
    texts = [f"{template} {' '.join(rng.choice(WORDS, size=12))}" for _ in range(40)]
    assert near_pairs(texts, 0.8) == []
    assert near_pairs([], 0.8) == []
    assert near_pairs(["too short to tell"] * 3, 0.8) == []
