"""Intervals against golden numbers, closed forms, scipy and simulated truth."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy.stats import binomtest, t

from seatrial.errors import MetricError, PlanError
from seatrial.statistics import (
    clopper_pearson,
    jackknife,
    mean_of_bounded,
    paired_drop,
    proportion,
)

BITS = st.lists(st.sampled_from([0.0, 1.0]), min_size=1, max_size=40)
MISSES_AT_MOST = 0.05 + 3 * np.sqrt(0.05 * 0.95 / 1000)


@given(st.integers(1, 300), st.data(), st.sampled_from([0.8, 0.95, 0.995]))
def test_clopper_pearson_is_scipys_exact_interval(n, data, confidence):
    successes = data.draw(st.integers(0, n))
    ours = clopper_pearson(successes, n, confidence)
    theirs = binomtest(successes, n).proportion_ci(2 * confidence - 1, method="exact")
    assert ours.ends == pytest.approx((theirs.low, theirs.high), abs=1e-9)


def test_59_successes_prove_95_percent_and_58_do_not():
    assert clopper_pearson(59, 59, 0.95).low >= 0.95 > clopper_pearson(58, 58, 0.95).low


@given(BITS)
def test_a_rate_of_independent_cases_is_plain_clopper_pearson(values):
    ours = proportion(values, None, 0.95)
    plain = clopper_pearson(sum(values), len(values), 0.95)
    assert ours.ends == pytest.approx(plain.ends, abs=1e-9)
    assert ours.n_effective == pytest.approx(len(values))
    assert ours.method == "Clopper-Pearson"


@given(BITS, st.integers(2, 5))
def test_repeating_each_case_within_its_cluster_proves_nothing_more(values, copies):
    once = proportion(values, None, 0.95)
    often = proportion(np.repeat(values, copies), np.repeat(np.arange(len(values)), copies), 0.95)
    assert often.low <= once.low + 1e-9
    assert often.high >= once.high - 1e-9


@given(BITS.filter(lambda values: 0 in values), st.integers(1, 8))
def test_a_failure_never_gives_a_better_bound_than_no_failure(values, per_cluster):
    clusters = np.arange(len(values)) // per_cluster
    perfect = proportion(np.ones(len(values)), clusters, 0.95)
    assert proportion(values, clusters, 0.95).low <= perfect.low
    assert perfect.n_effective == perfect.effective_clusters <= perfect.clusters


def test_a_rate_over_variants_is_bounded_by_how_much_cases_vary():
    fractions = [1, 2 / 3, 1, 1, 1 / 3] * 12
    found = proportion(fractions, None, 0.95)
    assert found == mean_of_bounded(fractions, None, 0.95, (0, 1))
    assert found.low > clopper_pearson(48, 60, 0.95).low
    assert found.n_effective > 60 - 1e-9


@settings(max_examples=30, deadline=None)
@given(
    arrays.arrays(np.float64, st.integers(1, 60), elements=st.sampled_from([0, 0.1, 0.3, 0.7, 1])),
    st.randoms(use_true_random=False),
)
def test_the_order_of_the_cases_changes_no_bit(values, random):
    clusters = np.array([f"patient {k // 3}" for k in range(len(values))])
    order = np.array(random.sample(range(len(values)), len(values)))
    zero = np.zeros(len(values))
    for function in (
        lambda at: proportion(values[at], clusters[at], 0.95),
        lambda at: proportion(values[at], None, 0.95),
        lambda at: mean_of_bounded(values[at], clusters[at], 0.9, (0, 1), seed=3),
        lambda at: paired_drop(values[at], zero[at], None, 0.9, seed=3),
        lambda at: mean_of_bounded(values[at], clusters[at], 0.9, None, seed=3),
    ):
        assert function(order) == function(np.arange(len(values)))


@settings(max_examples=50, deadline=None)
@given(BITS, st.sampled_from([0.5, 0.95, 0.999]))
def test_the_mean_of_zeros_and_ones_is_clopper_pearson(values, confidence):
    ours = mean_of_bounded(values, None, confidence, (0, 1))
    exact = clopper_pearson(sum(values), len(values), confidence)
    low, high = min(exact.low, exact.estimate), max(exact.high, exact.estimate)
    assert ours.ends == pytest.approx((low, high), abs=1e-7)


@settings(max_examples=50, deadline=None)
@given(
    arrays.arrays(np.float64, st.integers(2, 30), elements=st.floats(-2, 3)),
    st.integers(1, 4),
)
def test_intervals_hold_the_estimate_keep_the_bounds_and_have_a_width(values, per_cluster):
    clusters = np.arange(len(values)) // per_cluster
    found = mean_of_bounded(values, clusters, 0.95, (-2, 3), seed=1)
    assert -2 <= found.low <= found.estimate <= found.high <= 3
    assert found.low < found.high
    assert found.estimate == pytest.approx(values.mean())
    assert 0 < found.n_effective <= len(values)


def test_unchanged_cases_prove_only_what_their_number_can():
    same = np.tile([1.0, 0.0], 30)[:59]
    found = paired_drop(same, same, None, 0.95, seed=1)
    assert found.high == pytest.approx(1 - 0.05 ** (1 / 59))
    assert found.low == pytest.approx(-found.high)
    same = np.tile([1.0, 0.0], 30)
    clustered = paired_drop(same, same, np.arange(60) // 6, 0.95, seed=1)
    assert clustered.high == pytest.approx(1 - 0.05 ** (1 / 10))


def test_a_drop_is_clean_minus_perturbed_and_pairing_narrows_it():
    generator = np.random.default_rng(5)
    clean = generator.random(400)
    perturbed = clean * 0.95
    found = paired_drop(clean, perturbed, None, 0.95, seed=1)
    assert found.estimate == pytest.approx((clean - perturbed).mean())
    assert found.low > 0.01
    assert found.high < 0.04
    back = paired_drop(perturbed, clean, None, 0.95, seed=1)
    assert back.estimate == pytest.approx(-found.estimate)


def test_many_different_scores_give_the_normal_interval():
    scores = np.random.default_rng(6).beta(4, 2, 30_000)
    found = mean_of_bounded(scores, None, 0.95, (0, 1), seed=1)
    reach = 1.6449 * scores.std() / np.sqrt(len(scores))
    expected = (scores.mean() - reach, scores.mean() + reach)
    assert found.ends == pytest.approx(expected, abs=reach * 0.08)


@given(
    st.integers(0, 1000),
    st.sampled_from([1, 5, 60, 3000]),
    st.sampled_from([0, 3]),
    st.sampled_from([0.9, 0.99]),
)
@settings(max_examples=20, deadline=None)
def test_a_bound_is_the_quantile_of_randomly_weighted_means(seed, groups, unequal, confidence):
    generator = np.random.default_rng(seed)
    sizes = generator.integers(1, 2 + unequal, groups)
    scores = generator.beta(5, 0.5, sizes.sum())
    clusters = np.repeat(np.arange(groups), sizes)
    sums = np.bincount(clusters, scores)
    weights = generator.exponential(size=(4000, groups + 1))
    size = np.square(sizes).sum() / sizes.sum()
    total = weights @ np.append(sizes, size)
    found = mean_of_bounded(scores, clusters, confidence, (0, 1))
    drawn = (weights @ np.append(sums, 0)) / total
    expected = (drawn <= found.low).mean()
    error = 6 * np.sqrt(confidence * (1 - confidence) / 4000)
    assert expected == pytest.approx(1 - confidence, abs=error)
    above = (weights @ np.append(sums, size)) / total
    assert (above >= found.high).mean() == pytest.approx(1 - confidence, abs=error)


@pytest.mark.parametrize("n", [300, 3_000, 20_000])
@pytest.mark.parametrize("digits", [1, 2, 3, 6])
def test_tails_are_never_merged(n, digits):
    generator = np.random.default_rng(n)
    scores = 1 - 0.002 * generator.random(n)
    scores[: n // 1000 + 1] = 0  # total failures, one in a thousand
    exact = mean_of_bounded(scores, None, 0.95, (0, 1))
    rounded = mean_of_bounded(scores.round(digits), None, 0.95, (0, 1))
    slack = 10.0**-digits if digits < 3 else 0
    assert 1 - exact.low == pytest.approx(1 - rounded.low, rel=0.02, abs=slack)
    zeros = np.zeros(n)
    drop = (
        paired_drop(scores, zeros, None, 0.95),
        paired_drop(scores.round(digits), zeros, None, 0.95),
    )
    assert 1 - drop[0].low == pytest.approx(1 - drop[1].low, rel=0.02, abs=slack)


@pytest.mark.parametrize("kind", ["rate", "mean", "drop"])
@pytest.mark.parametrize("law", ["half", "lognormal"])
def test_unequal_clusters_are_missed_no_more_often_than_said(kind, law):
    generator, groups, truth, missed = np.random.default_rng(14), 60, 0.9, np.zeros(2)
    for _ in range(200):
        sizes = np.ceil(3 * generator.lognormal(0, 1.5, groups)).astype(int)
        if law == "half":
            sizes = np.append(np.full(groups, 4), 4 * groups)
        clusters = np.repeat(np.arange(len(sizes)), sizes)
        each = generator.beta(truth * 0.5, (1 - truth) * 0.5, len(sizes))[clusters]
        right = generator.random(len(each)) < each
        if kind == "rate":
            found = proportion(right, clusters, 0.95)
        elif kind == "mean":
            found = mean_of_bounded((right + each) / 2, clusters, 0.95, (0, 1))
        else:
            found = paired_drop(right * 0.5 + 0.5, np.full(len(right), 0.5), clusters, 0.95)
        true = truth / 2 if kind == "drop" else truth
        missed += (found.low > true, found.high < true)
    assert (missed / 200 <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 200)).all()


def test_one_cluster_of_half_the_cases_is_worth_four_equal_clusters():
    clusters = np.append(np.arange(99), np.full(99, 99))
    for found in (
        proportion(np.ones(198), clusters, 0.95),
        mean_of_bounded(np.linspace(0, 1, 198), clusters, 0.95, (0, 1)),
        jackknife(lambda at: 1.0, 198, clusters, 0.95, (0, 1)),
    ):
        assert found.clusters == 100
        assert found.effective_clusters == pytest.approx(198**2 / (99 + 99**2))
        assert found.low < 0.5


def test_clusters_weighed_alike_are_bounded_as_independent_scores():
    sizes = np.array([1, 40, 3, 7, 2, 9])
    values = np.arange(62) / 61
    clusters = np.repeat(np.arange(6), sizes)
    means = np.bincount(clusters, values) / sizes
    found = mean_of_bounded(values, clusters, 0.95, (0, 1), weigh="clusters")
    alone = mean_of_bounded(means, None, 0.95, (0, 1))
    assert found.ends == pytest.approx(alone.ends, abs=1e-12)
    assert (found.cases, found.clusters, found.effective_clusters) == (62, 6, 6)
    rates = proportion((values > 0.3) * 1.0, clusters, 0.95, weigh="clusters")
    assert rates.estimate == pytest.approx((np.bincount(clusters, values > 0.3) / sizes).mean())


def test_a_largest_cluster_to_expect_widens_a_bound():
    clusters = np.repeat(np.arange(15), 4)
    values = np.tile([1.0, 1.0, 1.0, 0.0], 15)
    for bound in (proportion, lambda *a, **k: mean_of_bounded(*a, (0, 1), **k)):
        usual = bound(values, clusters, 0.95)
        assert bound(values, clusters, 0.95, largest=4) == usual
        assert bound(values, clusters, 0.95, largest=200).low < usual.low / 2
    with pytest.raises(PlanError, match="largest cluster"):
        proportion(values, clusters, 0.95, largest=0)


def test_scores_without_bounds_get_a_cluster_robust_t_interval():
    scores = np.random.default_rng(8).normal(10, 3, 25)
    found = mean_of_bounded(scores, None, 0.95, None, seed=1)
    expected = t.interval(0.9, 24, scores.mean(), scores.std(ddof=1) / 5)
    assert found.method == "cluster t"
    assert found.ends == pytest.approx(expected)
    assert mean_of_bounded([2.5, 2.5], None, 0.95, None, seed=1).ends == (-np.inf, np.inf)


def test_global_randomness_is_neither_read_nor_changed():
    state = np.random.get_state()[1].copy()  # noqa: NPY002 - this is what must stay as it is
    mean_of_bounded([0.2, 0.4, 0.9], None, 0.95, (0, 1), seed=1)
    assert (np.random.get_state()[1] == state).all()  # noqa: NPY002


def test_a_jackknifed_mean_is_the_interval_of_a_bounded_mean():
    scores = np.random.default_rng(10).random(50)
    found = jackknife(lambda at: scores[at].mean(), 50, None, 0.95, (0, 1), seed=3)
    assert found.ends == pytest.approx(mean_of_bounded(scores, None, 0.95, (0, 1), seed=3).ends)
    assert found.method == "jackknife Gaffke"


def test_a_jackknifed_mean_without_bounds_is_the_t_interval_of_a_mean():
    scores = np.random.default_rng(10).random(50)
    found = jackknife(lambda at: scores[at].mean(), 50, None, 0.95, None)
    expected = t.interval(0.9, 49, scores.mean(), scores.std(ddof=1) / np.sqrt(50))
    assert found.ends == pytest.approx(expected)
    assert found.method == "jackknife t"


def test_the_jackknife_leaves_out_whole_clusters_and_scores_at_most_233_times():
    clusters = np.arange(3000) // 3
    seen = []

    def score(at):
        seen.append(at)
        return float(at.mean() / 3000)

    found = jackknife(score, 3000, clusters, 0.95, (0, 1))
    assert len(seen) == 201 + 32  # every group left out, and 16 pairs of halves
    assert found.clusters == 1000
    for at in seen[1:]:
        assert (np.bincount(clusters[at])[np.unique(clusters[at])] == 3).all()
    left_out = np.sort(np.concatenate([np.setdiff1d(seen[0], at) for at in seen[1:201]]))
    assert (left_out == seen[0]).all()
    for one, other in zip(seen[201::2], seen[202::2], strict=True):
        assert (np.sort(np.concatenate([one, other])) == seen[0]).all()


def test_a_score_that_is_too_high_on_few_cases_has_a_low_that_reaches_further():
    """The gap of a calibrated model is 0, and 300 cases in 15 bins always show one."""
    rng, missed = np.random.default_rng(0), 0
    for _ in range(20):
        stated = rng.uniform(0.5, 1, 300)
        right = rng.random(300) < stated

        def gap(at, stated=stated, right=right):
            bins = (stated[at] * 15).astype(int)
            return np.abs(np.bincount(bins, stated[at] - right[at])).sum() / len(at)

        missed += jackknife(gap, 300, None, 0.95, (0, 1)).low > 0
    assert missed <= 5


def test_a_perfect_jackknifed_score_proves_only_what_the_rarest_class_can():
    found = jackknife(lambda at: 1.0, 300, None, 0.95, (-1, 1), rarest=10)
    assert found.high == 1
    assert found.low == pytest.approx(1 - 2 * (1 - 0.05 ** (1 / 10)))


def test_a_jackknife_without_one_class_is_undefined_and_spans_the_bounds():
    targets = np.array([1, 0, 0, 0])

    def score(at):
        if not targets[at].any():
            msg = "one class"
            raise MetricError(msg)
        return 0.5

    found = jackknife(score, 4, None, 0.95, (0, 1))
    assert (found.method, found.estimate, found.ends) == ("undefined", 0.5, (0, 1))
    assert jackknife(score, 4, ["a"] * 4, 0.95, (0, 1)).method == "undefined"
    with pytest.raises(MetricError, match="one class"):
        jackknife(lambda at: score(at[1:]), 4, None, 0.95, (0, 1))


@pytest.mark.parametrize("icc", [0.0, 0.1, 0.5])
@pytest.mark.parametrize(("groups", "rate"), [(10, 0.8), (60, 0.95), (60, 0.8)])
def test_clustered_rates_are_missed_no_more_often_than_said(icc, groups, rate):
    generator = np.random.default_rng(11)
    clusters = np.repeat(np.arange(groups), 5)
    spread = 1 / icc - 1 if icc else None
    missed = np.zeros(2)
    for _ in range(1000):
        each = generator.beta(rate * spread, (1 - rate) * spread, groups) if icc else rate
        probability = np.broadcast_to(each, groups)[clusters]
        found = proportion(generator.random(len(probability)) < probability, clusters, 0.95)
        missed += (found.low > rate, found.high < rate)
    assert (missed / 1000 <= MISSES_AT_MOST).all()


@pytest.mark.parametrize(
    ("n", "lost", "gained"),
    [(60, 0.03, 0.02), (150, 0.03, 0.0), (300, 0.01, 0.0), (300, 0.1, 0.05)],
)
def test_drops_are_missed_no_more_often_than_said(n, lost, gained):
    generator = np.random.default_rng(12)
    missed = np.zeros(2)
    for _ in range(300):
        kind = generator.choice([1, 0, -1], n, p=[lost, 1 - lost - gained, gained])
        found = paired_drop(kind >= 0, kind <= 0, None, 0.95, seed=1)
        missed += (found.low > lost - gained, found.high < lost - gained)
    assert (missed / 300 <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 300)).all()


@pytest.mark.parametrize("groups", [5, 40])
def test_means_of_skewed_clustered_scores_are_missed_no_more_often_than_said(groups):
    generator = np.random.default_rng(13)
    missed = np.zeros(2)
    for _ in range(300):
        of_cluster = generator.beta(3, 0.3, groups)
        scores = (of_cluster[:, None] * generator.beta(8, 1, (groups, 4))).ravel()
        clusters = np.repeat(np.arange(groups), 4)
        found = mean_of_bounded(scores, clusters, 0.95, (0, 1), seed=1)
        truth = 3 / 3.3 * 8 / 9
        missed += (found.low > truth, found.high < truth)
    assert (missed / 300 <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 300)).all()


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: clopper_pearson(1, 0, 0.95), "at least one case"),
        (lambda: clopper_pearson(5, 3, 0.95), "5 of 3"),
        (lambda: proportion([], None, 0.95), "at least one score"),
        (lambda: proportion([0, np.nan, 1], None, 0.95), "score 1 of 3 is nan"),
        (lambda: proportion([0, 2], None, 0.95), "outside their bounds"),
        (lambda: proportion([0, 1], ["a"], 0.95), "one cluster for each of 2 cases"),
        (lambda: paired_drop([1, 0], [1], None, 0.95, seed=1), "2 clean scores but 1"),
        (lambda: jackknife(lambda at: 0.0, 0, None, 0.95, None), "no cases"),
    ],
)
def test_input_that_makes_no_sense_is_refused_with_its_place(call, says):
    with pytest.raises(MetricError, match=says):
        call()


@pytest.mark.parametrize("confidence", [0.4, 1.0, 95])
def test_a_confidence_that_no_verdict_could_mean_is_refused(confidence):
    with pytest.raises(PlanError, match="confidence must be"):
        proportion([1, 0], None, confidence)


def test_even_odds_are_a_confidence_too():
    found = proportion([1, 1, 1, 0], ["a", "a", "b", "b"], 0.5)
    assert found.low < found.estimate < found.high
