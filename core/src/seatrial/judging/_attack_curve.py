"""How often a search turned right answers into wrong ones, over the bound that it had."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from attrs import field, frozen

from .._arguments import check_kind
from .._cases import cluster_of
from .._tables import Table, figure
from ..errors import PlanError
from ..runs._report import Report
from ..runs._store import STATUSES
from ..runs._views import right_by
from ..statistics import proportion
from ..statistics._checks import check_confidence

__all__ = ["AttackCurve", "AttackPoint", "attack_curve"]

Floats = np.ndarray[Any, np.dtype[np.float64]]


@frozen(kw_only=True)
class AttackPoint:
    """One severity of a search: how many of the cases that were right it turned wrong.

    `bound` is the parameter `distance`, None where there is none; `farthest` is the largest
    measured distance of any case, None where none is defined. `success` is the fraction of `cases`
    (right when clean, and not skipped) whose answer was wrong on what the search found, None
    without any; `interval` bounds it, one-sided at each end, and counts what errored (`unknown`) as
    held below and as turned above. `queries` is the mean that a record cost.
    """

    severity: int
    bound: float | None
    farthest: float | None
    cases: int
    unknown: int
    success: float | None
    interval: tuple[float, float] | None
    queries: float | None


def _points(values: Sequence[AttackPoint]) -> tuple[AttackPoint, ...]:
    return tuple(values)


@frozen
class AttackCurve:
    """The success of one perturbation, severity by severity; printing it gives a table."""

    perturbation: str
    metric: str
    confidence: float
    points: tuple[AttackPoint, ...] = field(converter=_points)

    def table(self) -> Table:
        """Give the curve as a table."""
        rows = [
            [
                str(one.severity),
                figure(one.bound),
                figure(one.farthest),
                f"{one.cases:,}",
                f"{one.unknown:,}",
                figure(one.success),
                *map(figure, one.interval or (None, None)),
                figure(one.queries, 1),
            ]
            for one in self.points
        ]
        columns = ("severity", "bound", "farthest", "right when clean", "unknown", "turned wrong")
        return Table(
            (*columns, "low", "high", "queries"),
            rows,
            title=f"{self.perturbation}, right and wrong by {self.metric}",
            notes=(f"each end is a one-sided bound at {self.confidence:g} confidence",),
        )

    def __str__(self) -> str:
        return str(self.table())

    def _repr_html_(self) -> str:
        return self.table().html()


def attack_curve(
    report: Report, label: str, *, metric: str | None = None, confidence: float = 0.95
) -> AttackCurve:
    """Tell for each severity of a perturbation how many right answers it turned wrong.

    Only cases count whose clean answer was right; what did not apply to a case is left out.
    Replicates of a case count as fractions of it, and clusters as what is independent. `metric` is
    the label of the per-case metric that tells right from wrong, by default the first. Any
    perturbation has a curve; those that do not search have no queries.

    Raises `PlanError` when the report does not know the perturbation or the metric.
    """
    check_kind(report, "report", Report)
    check_confidence(confidence)
    labels = [one["label"] for one in report.perturbations]
    if label not in labels:
        known = ", ".join(labels) or "none"
        msg = f"the report has no perturbation {label!r}; it has {known}"
        raise PlanError(msg)
    use = labels.index(label)
    one = report.perturbations[use]
    named, right = right_by(report.metrics, metric)
    columns = report.columns
    scores = columns.scores[named]
    wrong = np.array([np.nan if np.isnan(score) else not right(score) for score in scores.tolist()])
    sound = np.unique(columns.case[(columns.use < 0) & (wrong == 0)])
    tried = (columns.use == use) & (columns.status != STATUSES.index("skipped"))
    points = []
    for severity in np.unique(columns.severity[columns.use == use]).tolist():
        here = tried & (columns.severity == severity)
        moved = columns.distance[here]
        moved = moved[~np.isnan(moved)]
        at = here & np.isin(columns.case, sound)
        points.append(
            AttackPoint(
                severity=severity,
                bound={**one["params"], **one["ladder"][severity - 1]}.get("distance"),
                farthest=float(moved.max()) if len(moved) else None,
                queries=_queries(report, use, severity),
                **_success(report, columns.case[at], wrong[at], confidence),
            )
        )
    return AttackCurve(label, named, confidence, points)


def _success(report: Report, cases: Any, wrong: Floats, confidence: float) -> dict[str, Any]:
    """Average over the replicates of each case, and then over the cases."""
    at, inverse = np.unique(cases, return_inverse=True)
    if not len(at):
        return {"cases": 0, "unknown": 0, "success": None, "interval": None}
    replicates = np.bincount(inverse)

    def fractions(supposed: float) -> Floats:
        filled = np.nan_to_num(wrong, nan=supposed)
        return np.asarray(np.bincount(inverse, weights=filled) / replicates)

    clusters = [cluster_of(report.cases[one]) for one in at.tolist()]
    known = np.bincount(inverse, weights=~np.isnan(wrong))
    some = known > 0
    found = (fractions(0.0) * replicates)[some] / known[some]
    return {
        "cases": len(at),
        "unknown": int((known < replicates).sum()),
        "success": float(found.mean()) if len(found) else None,
        "interval": (
            proportion(fractions(0.0), clusters, confidence).low,
            proportion(fractions(1.0), clusters, confidence).high,
        ),
    }


def _queries(report: Report, use: int, severity: int) -> float | None:
    """Average what the searches of one severity asked, those that found nothing included."""
    where = f"plan.use = {use} AND plan.severity = {severity} AND queries IS NOT NULL"
    spent = [queries for (queries,) in report._store.rows("queries", where)]
    return float(np.mean(spent)) if spent else None
