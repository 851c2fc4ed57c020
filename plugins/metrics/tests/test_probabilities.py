"""Metrics of probabilities against brute force, scikit-learn and hand-made figures."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from seatrial_metrics import auroc, brier, ece
from sklearn.metrics import brier_score_loss, roc_auc_score

from seatrial import Prediction
from seatrial.errors import MetricError

BINARY = st.lists(
    st.tuples(st.booleans(), st.sampled_from([0, 0.1, 0.25, 0.5, 0.75, 1])), min_size=2, max_size=30
)


def says(**probabilities: float) -> Prediction:
    return Prediction(max(probabilities, key=probabilities.get), probabilities=probabilities)


def binary(rows):
    return [t for t, _ in rows], [
        Prediction(p > 0.5, probabilities={"True": p, "False": 1 - p}) for _, p in rows
    ]


@settings(max_examples=60, deadline=None)
@given(BINARY)
def test_auroc_is_the_share_of_pairs_in_the_right_order_with_ties_half(rows):
    targets, predictions = binary(rows)
    assume(len(set(targets)) == 2)
    wins = [(p > q) + (p == q) / 2 for one, p in rows for other, q in rows if one and not other]
    for positive in (None, True):
        found = auroc(positive=positive).build()(targets, predictions)
        assert found == pytest.approx(np.mean(wins))


def test_auroc_of_many_classes_is_one_against_the_rest():
    generator = np.random.default_rng(0)
    targets = generator.choice(list("abc"), 60).tolist()
    probabilities = generator.dirichlet([1, 1, 1], 60)
    predictions = [says(**dict(zip("abc", row.tolist(), strict=True))) for row in probabilities]
    expected = roc_auc_score(targets, probabilities, multi_class="ovr", average="macro")
    assert auroc().build()(targets, predictions) == pytest.approx(expected)
    alone = roc_auc_score([t == "b" for t in targets], probabilities[:, 1])
    assert auroc(positive="b").build()(targets, predictions) == pytest.approx(alone)


def test_auroc_with_a_positive_class_needs_no_other_probability():
    predictions = [Prediction("ill", probabilities={"ill": p}) for p in (0.9, 0.4, 0.6)]
    assert auroc(positive="ill").build()(["ill", "well", "well"], predictions) == 1
    with pytest.raises(MetricError, match="case 0 has no probability for 'well'"):
        auroc().build()(["ill", "well", "well"], predictions)


def test_auroc_says_which_class_it_lacks():
    both = [says(a=0.6, b=0.4), says(a=0.3, b=0.7)]
    with pytest.raises(MetricError, match=r"only \['a'\]; add cases of another class"):
        auroc().build()(["a", "a"], both)
    with pytest.raises(MetricError, match="add cases of class 'c' and of another"):
        auroc(positive="c").build()(["a", "b"], both)


@settings(max_examples=60, deadline=None)
@given(BINARY)
def test_brier_of_two_classes_is_the_usual_squared_error(rows):
    targets, predictions = binary(rows)
    found = brier().build()(targets, predictions)
    assert found == pytest.approx([(p - t) ** 2 for t, p in rows])
    expected = brier_score_loss(targets, [p for _, p in rows], pos_label=True)
    assert np.mean(found) == pytest.approx(expected)


def test_brier_of_many_classes_is_half_of_briers_own_sum():
    found = brier().build()(["b"], [says(a=0.5, b=0.3, c=0.2)])
    assert found == pytest.approx([(0.5**2 + 0.7**2 + 0.2**2) / 2])


def test_brier_takes_options_that_differ_from_case_to_case():
    found = brier().build()(["x", "q"], [says(x=1.0, y=0.0), says(p=0.5, q=0.5)])
    assert found == pytest.approx([0, 0.25])


def test_ece_is_the_gap_between_confidence_and_accuracy_worked_out_by_hand():
    predictions = [says(a=0.9, b=0.1)] * 10 + [says(a=0.6, b=0.4)] * 5
    targets = ["a"] * 7 + ["b"] * 3 + ["a"] * 3 + ["b"] * 2
    expected = 10 / 15 * abs(0.7 - 0.9) + 5 / 15 * abs(0.6 - 0.6)
    assert ece(bins=10).build()(targets, predictions) == pytest.approx(expected)
    assert ece(bins=1).build()(targets, predictions) == pytest.approx(abs(10 / 15 - 0.8))
    assert ece(bins=2, binning="equal-mass").build()(targets, predictions) == pytest.approx(
        expected
    )


def test_ece_bins_are_closed_above():
    predictions = [says(a=0.5, b=0.3, c=0.2), says(a=0.5000001, b=0.2999999, c=0.2)]
    apart = ece(bins=2).build()(["a", "b"], predictions)
    assert apart == pytest.approx((0.5 + 0.5) / 2, abs=1e-6)
    together = ece(bins=1).build()(["a", "b"], predictions)
    assert together == pytest.approx(0, abs=1e-6)


def test_ece_of_a_calibrated_model_is_small_and_of_an_overconfident_one_its_excess():
    generator = np.random.default_rng(1)
    confidence = generator.uniform(0.5, 1, 20_000)
    right = generator.random(20_000) < confidence
    targets = np.where(right, "a", "b").tolist()
    honest = [says(a=p, b=1 - p) for p in confidence.tolist()]
    proud = [says(a=0.95, b=0.05)] * 20_000
    for binning in ("equal-width", "equal-mass"):
        assert ece(binning=binning).build()(targets, honest) < 0.02
        assert ece(binning=binning).build()(targets, proud) == pytest.approx(
            0.95 - right.mean(), abs=1e-9
        )


def test_labels_that_tie_share_the_credit():
    assert ece().build()(["a"], [says(a=0.5, b=0.5)]) == 0


@pytest.mark.parametrize("metric", [auroc, brier, ece])
@pytest.mark.parametrize(
    ("prediction", "what"),
    [
        ("a", "has no probabilities; let the model answer with seatrial.Prediction"),
        (Prediction("a"), "has no probabilities"),
        (says(a=float("nan"), b=0.5), "gives 'a' the probability nan"),
        (says(a=1.5, b=-0.5), r"gives 'a' the probability 1.5, not one in \[0, 1\]"),
        (says(c=1.0), "has no probability for 'a', only for"),
    ],
)
def test_bad_probabilities_are_named_with_their_case(metric, prediction, what):
    with pytest.raises(MetricError, match=rf"{metric.name}: case 1 {what}"):
        metric().build()(["b", "a"], [says(a=0.1, b=0.9), prediction])


@pytest.mark.parametrize("metric", [auroc, brier, ece])
@pytest.mark.parametrize(
    ("given", "what"),
    [
        ({"a": 0.5, "b": 0.2, "c": float("inf")}, "gives 'c' the probability inf"),
        ({"a": 0.5, "b": 0.2, "c": float("nan")}, "gives 'c' the probability nan"),
        ({"a": 0.8, "b": 0.3, "c": -0.1}, "gives 'c' the probability -0.1"),
        ({"a": 0.8, "b": 0.3, "c": "0.1"}, "gives 'c' the probability '0.1'"),
        ({"a": 0.8, "b": 0.3}, "add up to 1.1; give one for every label"),
    ],
)
def test_probabilities_of_labels_that_are_not_asked_about_are_checked_too(metric, given, what):
    with pytest.raises(MetricError, match=what):
        metric().build()(["b", "a"], [says(a=0.1, b=0.9), Prediction("a", probabilities=given)])


@pytest.mark.parametrize("metric", [auroc, brier, ece])
def test_rounding_of_probabilities_is_allowed(metric):
    third = Prediction("a", probabilities={"a": 0.3335, "b": 0.3335, "c": 0.3335})
    assert metric().build()(["b", "a"], [says(a=0.1, b=0.9), third]) is not None


@pytest.mark.parametrize("metric", [brier, ece])
def test_probabilities_must_add_up_to_one(metric):
    with pytest.raises(MetricError, match=r"probabilities of the case add up to 0\.7"):
        metric().build()(["a"], [says(a=0.7)])
