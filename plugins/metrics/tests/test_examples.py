"""The worked examples that the metrics declare, and rows of single cases beside them."""

from __future__ import annotations

import pytest
import seatrial_metrics as metrics

from seatrial.testing import check

CASES = {
    metrics.accuracy: [("a", "a", 1), ("a", "b", 0), ("a", None, 0), (1, 1.0, 1)],
    metrics.agreement: [("a", "a", 1), (None, None, 1), ("a", None, 0)],
    metrics.exact_match: [("2.5 mg", "2.50 MG.", 1), ("2.5 mg", "25 mg", 0), ("C#", "C", 0)],
    metrics.rouge_1: [("two tablets daily", "two tablets", 0.8), ("two", "one", 0)],
    metrics.rouge_2: [("two tablets daily", "two tablets", 2 / 3), ("two", "two", 0)],
    metrics.rouge_l: [("a b c d", "a c", 2 / 3), ("a b", "b a", 0.5)],
    metrics.refusal_rate: [(None, "I cannot help with that.", 1), (None, "Take one a day.", 0)],
}
"""Scores of single cases: (target, prediction, score)."""


@pytest.mark.parametrize("metric", CASES, ids=lambda metric: metric.name)
def test_each_case_scores_as_worked_out(metric):
    score = metric().build()
    for target, prediction, expected in CASES[metric]:
        assert score([target], [prediction]) == pytest.approx([expected])


@pytest.mark.parametrize("metric", metrics.seatrial_metrics(), ids=lambda metric: metric.name)
def test_every_metric_declares_an_example_that_comes_out(metric):
    (result,) = [one for one in check(metric) if one.name == "check_worked_examples_come_out"]
    assert result.outcome == "passed", result.reason
