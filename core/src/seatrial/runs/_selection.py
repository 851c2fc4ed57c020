"""Choose records of a report by what they are and by what came of them, without reading any."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from attrs import frozen

from .._cases import CLEAN, STATUSES
from .._values import did_you_mean
from ..errors import PlanError
from ._keeping import is_worse_half
from ._records import record_id
from ._views import right_by

if TYPE_CHECKING:
    from ._report import Report

__all__ = ["Selection", "ids_of", "wrong_by_metric"]

Mask = np.ndarray[Any, np.dtype[np.bool_]]


@frozen(kw_only=True)
class Selection:
    """Which records are wanted: what is not given does not narrow.

    `perturbations` are labels or names ("clean" too), `ids` those of cases or of records. `metric`
    is that of which the score orders them.
    """

    perturbations: Sequence[str] = ()
    severities: Sequence[int] = ()
    ids: Sequence[str] = ()
    changed: bool = False
    sort: str | None = None
    metric: str | None = None
    reverse: bool = False

    def positions(self, report: Report) -> np.ndarray[Any, np.dtype[np.int64]]:
        """Give the positions of the measured records that are wanted, in order.

        Raises `PlanError` for a name that the report does not have.
        """
        columns = report.columns
        wanted = columns.measured.copy()
        if self.perturbations:
            wanted &= np.isin(columns.use, self._uses(report))
        if self.severities:
            wanted &= np.isin(columns.severity, self._rungs(report))
        if self.changed:
            wanted &= (columns.use >= 0) & ~columns.unchanged
        if self.ids:
            wanted &= self._named(report, wanted)
        found = np.flatnonzero(wanted)
        if self.sort is None:
            return found[::-1] if self.reverse else found
        keys = self._keys(report)[found]
        return found[np.argsort(-keys if self.reverse else keys, kind="stable")]

    def _uses(self, report: Report) -> list[int]:
        known = {CLEAN: [-1]}
        for at, one in enumerate(report.perturbations):
            for name in dict.fromkeys((one["label"], one["name"])):
                known.setdefault(name, []).append(at)
        for name in self.perturbations:
            if name not in known:
                hint = did_you_mean(name, known) or f"; there are {', '.join(known)}"
                msg = f"the run has no perturbation {name!r}{hint}"
                raise PlanError(msg)
        return [use for name in self.perturbations for use in known[name]]

    def _rungs(self, report: Report) -> list[int]:
        known = np.unique(report.columns.severity).tolist()
        for severity in self.severities:
            if severity not in known:
                msg = f"the run has no severity {severity}; there are {', '.join(map(str, known))}"
                raise PlanError(msg)
        return list(self.severities)

    def _named(self, report: Report, wanted: Mask) -> Mask:
        cases = [case.id for case in report.cases]
        chosen = np.zeros_like(wanted)
        for name in self.ids:
            of_case = [
                at for at, one in enumerate(cases) if name == one or name.startswith(f"{one}@")
            ]
            here = np.flatnonzero(np.isin(report.columns.case, of_case))
            if name in cases:
                chosen[here] = True
                continue
            same = [at for at, one in zip(here, ids_of(report, here), strict=True) if one == name]
            if not same:
                msg = f"the run has no record or case {name!r}{did_you_mean(name, cases)}"
                raise PlanError(msg)
            chosen[same] = True
        return chosen

    def _keys(self, report: Report) -> np.ndarray[Any, np.dtype[np.float64]]:
        """Give what records are ordered by; what has none comes last."""
        columns = report.columns
        if self.sort == "distance":
            return columns.distance
        label, _ = right_by(report.metrics, self.metric)
        return columns.scores[label]


def ids_of(report: Report, positions: Sequence[int] | np.ndarray[Any, Any]) -> list[str]:
    """Give the ids of the records at some positions; replicates are counted from 0."""
    columns, cases = report.columns, report.cases
    seen: dict[tuple[int, int, int], int] = {}
    again: dict[int, int] = {}
    if len(positions):
        owners = np.isin(columns.case, columns.case[np.asarray(positions)])
        for at in np.flatnonzero(owners).tolist():
            key = (int(columns.use[at]), int(columns.severity[at]), int(columns.case[at]))
            again[at] = seen[key] = seen.get(key, -1) + 1
    return [
        record_id(
            cases[columns.case[at]].id,
            report.label(int(columns.use[at])),
            int(columns.severity[at]),
            again[int(at)],
        )
        for at in positions
    ]


def wrong_by_metric(report: Report, metric: str | None) -> tuple[Mask, Mask, str]:
    """Mark the records that failed by one metric, and those that it tells anything of; name it.

    Errored ones failed. Without any metric that scores case by case, those are wrong that differ
    from the answer to the clean input.
    """
    columns = report.columns
    errored = columns.status == STATUSES.index("errored")
    if metric is None and not any(one["per_case"] for one in report.metrics):
        clean = np.full(len(report.cases), -1, dtype=np.int64)
        here = columns.use < 0
        clean[columns.case[here]] = columns.answer[here]
        before = clean[columns.case]
        answered = (columns.answer >= 0) & (before >= 0)
        wrong = errored | (answered & (columns.answer != before))
        return wrong, errored | answered, "the answer to the clean input"
    label, _ = right_by(report.metrics, metric)
    (known,) = (one for one in report.metrics if one["label"] == label)
    scores = columns.scores[label]
    scored = ~np.isnan(scores)
    with np.errstate(invalid="ignore"):
        worse = scored & is_worse_half(known, scores)
    return errored | worse, errored | scored, label
