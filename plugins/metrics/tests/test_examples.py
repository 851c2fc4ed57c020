"""One worked example table for each metric: rows of target, prediction and score."""

from __future__ import annotations

import pytest
import seatrial_metrics as metrics

from seatrial import Prediction


def p(**probabilities):
    return Prediction(max(probabilities, key=probabilities.get), probabilities=probabilities)


# Scores of single cases: (target, prediction, score).
PER_CASE = {
    metrics.accuracy: [("a", "a", 1), ("a", "b", 0), ("a", None, 0), (1, 1.0, 1)],
    metrics.agreement: [("a", "a", 1), (None, None, 1), ("a", None, 0)],
    metrics.exact_match: [("2.5 mg", "2.50 MG.", 1), ("2.5 mg", "25 mg", 0), ("C#", "C", 0)],
    metrics.rouge_1: [("two tablets daily", "two tablets", 0.8), ("two", "one", 0)],
    metrics.rouge_2: [("two tablets daily", "two tablets", 2 / 3), ("two", "two", 0)],
    metrics.rouge_l: [("a b c d", "a c", 2 / 3), ("a b", "b a", 0.5)],
    metrics.brier: [("a", p(a=1.0, b=0.0), 0), ("a", p(a=0.2, b=0.8), 0.64)],
    metrics.refusal_rate: [(None, "I cannot help with that.", 1), (None, "Take one a day.", 0)],
}

# One score for all cases: (targets, predictions, score).
OVERALL = {
    metrics.balanced_accuracy: (["a", "a", "a", "b"], ["a", "a", "b", "b"], 5 / 6),
    metrics.macro_f1: (["a", "a", "b", "b"], ["a", "a", "a", "b"], (0.8 + 2 / 3) / 2),
    metrics.mcc: (["a", "a", "b", "b"], ["a", "a", "a", "b"], 1 / 3**0.5),
    metrics.auroc: (
        ["a", "b", "b"],
        [p(a=0.6, b=0.4), p(a=0.7, b=0.3), p(a=0.1, b=0.9)],
        0.5,
    ),
    metrics.ece: (["a", "b"], [p(a=0.9, b=0.1), p(a=0.9, b=0.1)], 0.4),
}


@pytest.mark.parametrize("metric", PER_CASE, ids=lambda metric: metric.name)
def test_each_case_scores_as_worked_out(metric):
    score = metric().build()
    for target, prediction, expected in PER_CASE[metric]:
        assert score([target], [prediction]) == pytest.approx([expected])


@pytest.mark.parametrize("metric", OVERALL, ids=lambda metric: metric.name)
def test_all_cases_score_as_worked_out(metric):
    targets, predictions, expected = OVERALL[metric]
    assert metric().build()(targets, predictions) == pytest.approx(expected)


def test_every_metric_has_an_example():
    assert {*PER_CASE, *OVERALL} == set(metrics.seatrial_metrics())
