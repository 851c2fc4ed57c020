"""Metrics of labels against figures worked out by hand and against definitions."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from seatrial_metrics import accuracy, agreement, balanced_accuracy, macro_f1, mcc

from seatrial.errors import MetricError

TARGETS = ["cat"] * 6 + ["dog"] * 3 + ["eel"]
ANSWERS = ["cat"] * 5 + ["dog"] + ["dog"] * 2 + ["cat"] + ["??"]

PAIRS = st.lists(
    st.tuples(st.sampled_from("abc"), st.sampled_from("abcx")), min_size=2, max_size=30
)


def test_accuracy_scores_each_case():
    assert accuracy().build()(TARGETS, ANSWERS) == [1] * 5 + [0] + [1] * 2 + [0] * 2


def test_balanced_accuracy_is_the_mean_recall_worked_out_by_hand():
    expected = (5 / 6 + 2 / 3 + 0) / 3
    assert balanced_accuracy().build()(TARGETS, ANSWERS) == pytest.approx(expected)


def test_macro_f1_averages_over_the_classes_of_the_targets_worked_out_by_hand():
    expected = (2 * 5 / (6 + 6) + 2 * 2 / (3 + 3) + 0) / 3
    assert macro_f1().build()(TARGETS, ANSWERS) == pytest.approx(expected)


def test_mcc_of_two_classes_is_matthews_formula():
    targets, answers = [1] * 50 + [0] * 50, [1] * 40 + [0] * 10 + [1] * 5 + [0] * 45
    tp, fn, fp, tn = 40, 10, 5, 45
    expected = (tp * tn - fp * fn) / math.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn))
    assert mcc().build()(targets, answers) == pytest.approx(expected)


def test_mcc_of_a_constant_answer_is_zero():
    assert mcc().build()(["a", "b", "b"], ["b", "b", "b"]) == 0


@settings(max_examples=60, deadline=None)
@given(PAIRS)
def test_scores_over_classes_follow_their_definitions(pairs):
    targets, answers = zip(*pairs, strict=True)
    assume(len(set(targets)) > 1)
    answers = tuple(answer if answer in targets else "x" for answer in answers)
    count, true, given_ = (
        Counter(zip(targets, answers, strict=True)),
        Counter(targets),
        Counter(answers),
    )
    recalls = [count[c, c] / true[c] for c in true]
    f1 = [2 * count[c, c] / (true[c] + given_[c]) for c in true]
    one_hot = [
        np.array([[label == c for c in "abcx"] for label in side], float)
        for side in (targets, answers)
    ]
    centred = [side - side.mean(axis=0) for side in one_hot]
    spread = math.sqrt((centred[0] ** 2).sum() * (centred[1] ** 2).sum())
    correlation = (centred[0] * centred[1]).sum() / spread if spread > 1e-9 else 0.0
    assert balanced_accuracy().build()(targets, answers) == pytest.approx(np.mean(recalls))
    assert macro_f1().build()(targets, answers) == pytest.approx(np.mean(f1))
    assert mcc().build()(targets, answers) == pytest.approx(correlation, abs=1e-9)


def test_answers_that_are_no_class_are_misses_and_may_be_anything():
    targets, answers = ["yes", "no", "yes"], ["yes", {"raw": "?"}, ("yes", "no")]
    assert accuracy().build()(targets, answers) == [1, 0, 0]
    assert balanced_accuracy().build()(targets, answers) == pytest.approx(0.25)
    assert macro_f1().build()(targets, answers) == pytest.approx((2 / 3) / 2)


def test_a_text_for_a_number_is_an_error_and_not_a_miss():
    with pytest.raises(MetricError, match="case 1 has the target 2 and the answer '2'"):
        accuracy().build()([1, 2], [1, "2"])
    with pytest.raises(MetricError, match="the case has the target '2' and the answer 2"):
        accuracy().build()(["2"], [2])


def test_lists_are_labels_of_accuracy_but_no_classes():
    assert accuracy().build()([["a", "b"]], [["a", "b"]]) == [1]
    with pytest.raises(MetricError, match=r"case 0: a class must be .* got \['a'\]"):
        macro_f1().build()([["a"], "b"], ["a", "b"])


def test_arrays_are_sent_to_another_metric():
    with pytest.raises(MetricError, match="a metric for images or volumes"):
        accuracy().build()([np.zeros(3)], [np.zeros(3)])


def test_agreement_needs_no_truth_and_may_tolerate():
    assert agreement().build()([None, "a", 1.0], [None, "b", 1.01]) == [1, 0, 0]
    assert agreement(tolerance=0.02).build()([None, "a", 1.0], [None, "a", 1.01]) == [1, 1, 1]
    assert agreement(tolerance=0.02).build()([1.0, "1.0"], [1.03, 1.0]) == [0, 0]
