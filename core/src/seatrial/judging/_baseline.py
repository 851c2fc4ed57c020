"""What always giving one answer would score: withstanding is no merit of a model no better."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from .._cases import Prediction
from .._components import Metric, Use
from ..errors import SeatrialError
from ..inputs._boundary import call
from ._evidence import Floats
from ._sample import Sample

__all__ = ["majority_baseline", "no_better_than"]


def majority_baseline(sample: Sample) -> float | None:
    """Give the mean score of always giving the most frequent target of the slice.

    None where there is no such thing: without a metric, for refusals, where no target occurs twice,
    and where the metric cannot score it, or reads whole cases.
    """
    right = sample.priority.right
    if right is None or right.source != "metric" or right.metric is None:
        return None
    if right.metric.component.reads == "case":
        return None
    targets = [sample.report.cases[at].target for at in sample.cases.tolist()]
    counts = Counter(map(repr, targets))
    (_, times), *_ = counts.most_common(1)
    if times == 1 or right.metric.component.scores_refusals:
        return None
    each = {repr(target): target for target in targets}
    majority = each[max(counts, key=lambda one: counts[one])]
    weights = None
    if right.metric.component.per_case:
        targets, weights = [each[one] for one in counts], [*counts.values()]
    try:
        return call(right.metric.label, _scored, right.metric, targets, majority, weights)
    except SeatrialError:  # a metric may refuse an answer that no model gave
        return None


def _scored(
    metric: Use[Metric], targets: list[Any], answer: Any, weights: list[int] | None
) -> float:
    """Score one answer, the first of those that a list of targets accepts."""
    one = answer[0] if isinstance(answer, list | tuple) and answer else answer
    given = Prediction(one) if metric.component.reads == "prediction" else one
    found = np.asarray(metric.build()(targets, [given] * len(targets)), dtype=np.float64)
    return float(np.average(np.atleast_1d(found), weights=weights))


def no_better_than(baseline: float | None, clean: Floats, *, higher: bool) -> str:
    """Say that the mean of clean scores is no better than the baseline, if so."""
    if baseline is None or not len(clean):
        return ""
    mean = float(clean.mean())
    if (mean > baseline) if higher else (mean < baseline):
        return ""
    return (
        f"the clean score, {mean:.3f}, is no better than that of always giving the most frequent "
        f"target, {baseline:.3f}"
    )
