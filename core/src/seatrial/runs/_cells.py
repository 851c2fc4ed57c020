"""The cells of a report: every perturbation at every severity, by every metric."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from .._cases import STATUSES, Prediction
from .._components import Metric, Use
from .._values import FrozenMapping
from ..errors import SeatrialError
from ..inputs._boundary import call
from ._columns import Columns
from ._records import Accounting, Cell

__all__ = ["account", "cell_of", "score_of"]

Answers = Callable[[int, int], Iterable[tuple[int, int, Any, Prediction]]]


def account(columns: Columns, mask: np.ndarray[Any, np.dtype[np.bool_]] | slice) -> Accounting:
    """Count what became of some records."""
    counts = np.bincount(columns.status[mask], minlength=len(STATUSES))
    parts = dict(zip(STATUSES, map(int, counts), strict=True))
    return Accounting(
        len(columns.status[mask]), **parts, unchanged=int(columns.unchanged[mask].sum())
    )


def cell_of(
    columns: Columns,
    use: int,
    severity: int,
    label: str,
    metrics: Sequence[Mapping[str, Any]],
    whole: Callable[[Mapping[str, Any], int, int], float | None],
) -> Cell:
    """Summarise one perturbation at one severity; `whole` scores by a metric of whole sets."""
    mask = (columns.use == use) & (columns.severity == severity)
    scores: dict[str, float | None] = {}
    for metric in metrics:
        if metric["per_case"]:
            scores[metric["label"]] = _mean(columns.scores[metric["label"]][mask])
        else:
            scores[metric["label"]] = whole(metric, use, severity)
    return Cell(
        label,
        severity,
        len(set(columns.case[mask & columns.measured].tolist())),
        FrozenMapping(scores),
        _mean(columns.distance[mask]),
        account(columns, mask),
    )


def _mean(values: np.ndarray[Any, np.dtype[np.float64]]) -> float | None:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else None


def score_of(use: Use[Metric], answers: Iterable[tuple[int, int, Any, Prediction]]) -> float | None:
    """Score answers with a metric that is not defined by case; None where it is undefined."""
    found = list(answers)
    bare = use.component.reads == "value"

    def scored() -> float:
        given = [answer.value if bare else answer for *_, answer in found]
        return float(use.build()([target for *_, target, _ in found], given))

    try:
        value = call(use.label, scored)
    except SeatrialError:
        return None
    return value if np.isfinite(value) else None
