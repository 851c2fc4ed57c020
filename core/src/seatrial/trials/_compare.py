"""Two runs of the same cases, paired: what got worse, and how sure that is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from attrs import asdict, frozen

from ..errors import PlanError
from ._intervals import paired_drop
from ._tables import Table, figure

if TYPE_CHECKING:
    from ._report import Report

__all__ = ["Change", "Comparison", "compare"]


@frozen
class Change:
    """How one metric of one cell changed; `change` above zero is better, in either direction.

    `lost` and `won` name the cases that went from the better half of the metric's range to the
    worse, and the other way.
    """

    perturbation: str
    severity: int
    metric: str
    before: float
    after: float
    change: float
    interval: tuple[float, float]
    cases: int
    lost: tuple[str, ...]
    won: tuple[str, ...]


@frozen
class Comparison:
    """Every change between two runs, what got worse first; intervals are one-sided at each end."""

    confidence: float
    changes: tuple[Change, ...]

    def as_dict(self) -> dict[str, Any]:
        """Give the comparison as plain data."""
        return asdict(self)

    def table(self) -> Table:
        """Give the comparison as a table."""
        rows = [
            [
                one.perturbation,
                str(one.severity),
                one.metric,
                figure(one.before),
                figure(one.after),
                f"{one.change:+.3f}",
                f"{one.interval[0]:+.3f} … {one.interval[1]:+.3f}",
                f"{one.cases:,}",
                f"{len(one.lost):,}",
                f"{len(one.won):,}",
            ]
            for one in self.changes
        ]
        columns = (
            "perturbation",
            "severity",
            "metric",
            "before",
            "after",
            "change",
            "interval",
            "cases",
            "lost",
            "won",
        )
        return Table(columns, tuple(rows))

    def __str__(self) -> str:
        return self.table().text()

    def _repr_html_(self) -> str:
        return self.table().html()


def compare(after: Report, before: Report, confidence: float) -> Comparison:
    """Pair the records of two reports by case, perturbation, severity and replicate."""
    old_labels = {one["label"]: at for at, one in enumerate(before.perturbations)}
    old_metrics = {one["label"] for one in before.metrics if one["per_case"]}
    metrics = [one for one in after.metrics if one["per_case"] and one["label"] in old_metrics]
    if not metrics:
        msg = "the two reports share no metric that scores case by case, so nothing can be compared"
        raise PlanError(msg)
    old_case = {case.id: at for at, case in enumerate(before.cases)}
    new, old = after.columns, before.columns
    changes = []
    pairs = sorted(set(zip(new.use.tolist(), new.severity.tolist(), strict=True)))
    for use, severity in pairs:
        label = after.label(use)
        old_use = -1 if use < 0 else old_labels.get(label)
        if old_use is None:
            continue
        here = np.flatnonzero((new.use == use) & (new.severity == severity))
        there = np.flatnonzero((old.use == old_use) & (old.severity == severity))
        for metric in metrics:
            name = metric["label"]
            one = _by_case(new.case[here], new.scores[name][here], len(after.cases))
            two = _by_case(old.case[there], old.scores[name][there], len(before.cases))
            matched = [
                (at, old_case[case.id])
                for at, case in enumerate(after.cases)
                if case.id in old_case
                and not np.isnan(one[at])
                and not np.isnan(two[old_case[case.id]])
            ]
            if matched:
                changes.append(
                    _change(after, metric, label, severity, matched, one, two, confidence)
                )
    if not changes:
        msg = "the two reports have no case in common, so nothing can be compared"
        raise PlanError(msg)
    return Comparison(confidence, tuple(sorted(changes, key=lambda change: change.change)))


def _by_case(owners: Any, scores: Any, cases: int) -> Any:
    """Average the replicates of each case; NaN where a case has no score."""
    known = ~np.isnan(scores)
    total = np.bincount(owners[known], scores[known], minlength=cases)
    count = np.bincount(owners[known], minlength=cases)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _change(
    report: Report,
    metric: Any,
    label: str,
    severity: int,
    matched: list[tuple[int, int]],
    new: Any,
    old: Any,
    confidence: float,
) -> Change:
    better = metric["higher_is_better"]
    sign = 1.0 if better else -1.0
    after = np.array([new[one] for one, _ in matched])
    before = np.array([old[two] for _, two in matched])
    owners = [report.cases[one] for one, _ in matched]
    bounds = metric["bounds"]
    spread = None if bounds is None else (float(bounds[0]), float(bounds[1]))
    first, second = (before, after) if better else (after, before)
    drop = paired_drop(
        first,
        second,
        np.array([case.cluster or case.id for case in owners], dtype=object),
        confidence,
        seed=0,
        bounds=spread,
    )
    middle = 0.0 if spread is None else sum(spread) / 2
    good_before, good_after = sign * before > sign * middle, sign * after > sign * middle
    return Change(
        label,
        severity,
        metric["label"],
        float(before.mean()),
        float(after.mean()),
        0.0 - drop.estimate,
        (-drop.high, -drop.low),
        len(matched),
        tuple(owners[at].id for at in np.flatnonzero(good_before & ~good_after)),
        tuple(owners[at].id for at in np.flatnonzero(good_after & ~good_before)),
    )
