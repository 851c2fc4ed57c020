"""Score answers case by case; a metric's failure costs the cases it is about, and no others."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from .._cases import Case, Prediction
from .._components import Metric, Use
from .._values import freeze, plain
from ..errors import ModelError
from ..inputs._boundary import call, reason

__all__ = ["Scores", "score_cases", "scores_or_errors"]

Scores = list[tuple[Use[Metric], Callable[..., Any]]]
"""The metrics of a plan that score case by case, each built."""


def score_cases(
    use: Use[Metric],
    score: Callable[..., Any],
    cases: Sequence[Case],
    predictions: Sequence[Prediction],
) -> list[float]:
    """Score answers to cases as the model saw them; NaN where the metric gives none."""
    return call(use.label, _scored, use, score, cases, predictions)


def _scored(
    use: Use[Metric],
    score: Callable[..., Any],
    cases: Sequence[Case],
    predictions: Sequence[Prediction],
) -> list[float]:
    reads = use.component.reads
    given = list(cases) if reads == "case" else [_target(case) for case in cases]
    answers = [one.value for one in predictions] if reads == "value" else list(predictions)
    found = [float(one) for one in score(given, answers)]
    if len(found) != len(cases):
        msg = f"{use.label} gave {len(found)} scores for {len(cases)} cases"
        raise ModelError(msg)
    return found


def _target(case: Case) -> Any:
    return case.target if isinstance(case.target, str) else freeze(plain(case.target))


def scores_or_errors(
    use: Use[Metric],
    score: Callable[..., Any],
    cases: Sequence[Case],
    predictions: Sequence[Prediction],
) -> list[float | str]:
    """Score a batch; when that fails, score one by one to find out which case is at fault."""
    try:
        return [_figure(use, one) for one in score_cases(use, score, cases, predictions)]
    except Exception as error:  # noqa: BLE001 - a metric is anybody's code
        if len(cases) == 1:
            return [f"{use.label}: {reason(error)}"]
    return [
        scores_or_errors(use, score, [case], [prediction])[0]
        for case, prediction in zip(cases, predictions, strict=True)
    ]


def _figure(use: Use[Metric], value: float) -> float | str:
    return value if math.isfinite(value) else f"{use.label} gave {value}"
