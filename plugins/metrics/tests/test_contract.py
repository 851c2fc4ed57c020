"""What all metrics keep: light declarations, direction, bounds, order and clear errors."""

from __future__ import annotations

import random
import subprocess
import sys

import pytest
import seatrial_metrics
from hypothesis import given, settings
from hypothesis import strategies as st
from seatrial_metrics import (
    abstention_rate,
    accuracy,
    agreement,
    asking_rate,
    assd,
    auroc,
    balanced_accuracy,
    brier,
    compliance_rate,
    dice,
    ece,
    exact_match,
    hd95,
    iou,
    macro_f1,
    mcc,
    refusal_rate,
    rouge_1,
    rouge_2,
    rouge_l,
    unparsed_rate,
    volume_error,
)

from seatrial import Metric, Prediction, default_registry
from seatrial.errors import MetricError, ParameterError

LABELS = [accuracy, agreement, balanced_accuracy, macro_f1, mcc]
TEXTS = [exact_match, rouge_1, rouge_2, rouge_l]
PROBABILITIES = [auroc, brier, ece]
MASKS = [assd, dice, hd95, iou, volume_error]  # test_segmentation.py
RATES = {
    refusal_rate: "I can't help with that.",
    asking_rate: "How old are you?",
    abstention_rate: "I don't know.",
    compliance_rate: "Take one a day.",
    unparsed_rate: "...",
}
METRICS = [*LABELS, *TEXTS, *PROBABILITIES, *RATES]


def sure(label: str, p: float = 1.0) -> Prediction:
    other = {"a": "b", "b": "a"}[label]
    return Prediction(label, probabilities={label: p, other: 1 - p})


def figure(metric: Metric, targets, predictions) -> float:
    found = metric().build()(targets, predictions)
    return sum(found) / len(found) if metric.per_case else found


def best_and_worst(metric: Metric):
    if metric in TEXTS:
        right = ["take two tablets a day", "never with milk"]
        return right, right, ["none of it", "else"]
    targets = ["a", "b", "a"]
    if metric in PROBABILITIES:
        return targets, [sure("a"), sure("b"), sure("a")], [sure("b"), sure("a"), sure("b")]
    if metric in RATES:
        best = next(said for rate, said in RATES.items() if rate != metric)
        return targets, [best] * 3, [RATES[metric]] * 3
    return targets, targets, ["b", "a", "b"]


def test_the_face_offers_every_metric_and_declares_it_through_the_hook():
    offered = [getattr(seatrial_metrics, name) for name in seatrial_metrics.__all__]
    metrics = {one for one in offered if isinstance(one, Metric)}
    assert metrics == {*METRICS, *MASKS} == set(seatrial_metrics.seatrial_metrics())
    assert len({metric.name for metric in metrics}) == 22


@pytest.mark.parametrize("metric", [*METRICS, *MASKS], ids=lambda metric: metric.name)
def test_the_registry_finds_each_by_its_name(metric):
    assert default_registry().get(metric.name) == metric


def test_declaring_imports_nothing_heavy():
    code = (
        "import sys, seatrial_metrics; "
        "print(*(m for m in ('numpy', 'scipy', 'sklearn', 'rouge_score') if m in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_the_best_possible_beats_the_worst_and_both_lie_on_the_bounds(metric):
    targets, best, worst = best_and_worst(metric)
    low, high = metric.bounds
    expected = (high, low) if metric.higher_is_better else (low, high)
    assert (figure(metric, targets, best), figure(metric, targets, worst)) == expected


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from("ab"), st.sampled_from("abx"), st.floats(0, 1)),
        min_size=2,
        max_size=25,
    ),
    st.integers(0, 99),
)
def test_bounds_hold_and_the_order_of_the_cases_changes_nothing(rows, seed):
    rows = [("a", "a", 0.5), ("b", "a", 0.2), *rows]
    shuffled = random.Random(seed).sample(rows, len(rows))
    for metric in METRICS:
        scores = []
        for some in (rows, shuffled):
            targets = [target for target, _, _ in some]
            answers = [answer for _, answer, _ in some]
            if metric in PROBABILITIES:
                answers = [sure("a", p) for _, _, p in some]
            found = metric().build()(targets, answers)
            scores.append(sorted(found) if metric.per_case else [found])
        assert scores[0] == scores[1]
        assert all(metric.bounds[0] <= score <= metric.bounds[1] for score in scores[0])
        assert len(scores[0]) == (len(rows) if metric.per_case else 1)


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_no_cases_unequal_lengths_and_nan_are_refused_by_name(metric):
    score = metric().build()
    with pytest.raises(MetricError, match=rf"{metric.name}: there are no cases"):
        score([], [])
    with pytest.raises(MetricError, match=rf"{metric.name}: 2 targets but 1 answers"):
        score(["a", "b"], ["a"])
    with pytest.raises(MetricError, match=rf"{metric.name}: case 1 has NaN"):
        score(["a", float("nan")], ["a", "b"])


@pytest.mark.parametrize(
    "metric",
    [m for m in METRICS if m not in (agreement, *RATES)],
    ids=lambda metric: metric.name,
)
def test_a_case_without_a_target_is_named(metric):
    score = metric().build()
    with pytest.raises(MetricError, match=rf"{metric.name}: case 1 has no target"):
        score(["a", None], [sure("a"), sure("a")])
    with pytest.raises(MetricError, match=rf"{metric.name}: the case has no target"):
        score([None], [sure("a")])


@pytest.mark.parametrize("metric", [balanced_accuracy, macro_f1, mcc], ids=lambda m: m.name)
def test_one_class_is_refused_where_two_are_needed(metric):
    with pytest.raises(MetricError, match=rf"{metric.name}: every target is 'a'"):
        metric().build()(["a", "a"], ["a", "b"])


@pytest.mark.parametrize(
    ("metric", "params", "says"),
    [
        (ece, {"bins": 0}, "bins must be 1 or more"),
        (ece, {"binning": "equal"}, "'equal-width' or 'equal-mass'"),
        (rouge_1, {"measure": "fmeasure"}, "measure must be one of 'f', 'precision', 'recall'"),
        (agreement, {"tolerance": -1}, "tolerance must be 0 or more"),
        (refusal_rate, {"also": ["("]}, "is not a regular expression"),
        (accuracy, {"normalise": True}, "it takes no parameters"),
    ],
)
def test_parameters_that_make_no_sense_are_refused(metric, params, says):
    with pytest.raises(ParameterError, match=says):
        metric(**params).build()
