"""What changed between two runs in each cell: one perturbation, severity and metric."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from attrs import evolve

from .._cases import cluster_of
from ..errors import PlanError
from ..runs._report import Report
from ._changes import Change, Pairs

__all__ = ["changed_cells"]


def changed_cells(
    before: Report, after: Report, confidence: float, by: str | None
) -> Iterator[Change]:
    """Pair the records of two reports by case, perturbation, severity and replicate.

    There is a change for each metric that both were scored with case by case; `by` names a group to
    compare within.
    """
    old_labels = {one["label"]: at for at, one in enumerate(before.perturbations)}
    old_metrics = {one["label"] for one in before.metrics if one["per_case"]}
    metrics = [one for one in after.metrics if one["per_case"] and one["label"] in old_metrics]
    old_case = {case.id: at for at, case in enumerate(before.cases)}
    # Cases of the first report that the second one has too, and where each stands in both.
    learned = {*before.learned_from, *after.learned_from}
    shared = [
        at
        for at, case in enumerate(after.cases)
        if case.id in old_case and cluster_of(case) not in learned
    ]
    there = [old_case[after.cases[at].id] for at in shared]
    cases = [after.cases[at] for at in shared]
    groups = _groups([case.groups.get(by) if by else None for case in cases], by)
    new, old = after.columns, before.columns
    for use, severity in sorted(set(zip(new.use.tolist(), new.severity.tolist(), strict=True))):
        label = after.label(use)
        old_use = -1 if use < 0 else old_labels.get(label)
        if old_use is None:
            continue
        ours = np.flatnonzero((new.use == use) & (new.severity == severity))
        theirs = np.flatnonzero((old.use == old_use) & (old.severity == severity))
        for metric in metrics:
            name = metric["label"]
            now = _by_case(new.case[ours], new.scores[name][ours], len(after.cases))[shared]
            was = _by_case(old.case[theirs], old.scores[name][theirs], len(before.cases))[there]
            pairs = Pairs(cases, was, now, metric["bounds"], metric["higher_is_better"])
            for group, inside in groups.items():
                some = pairs.of(inside & ~np.isnan(now) & ~np.isnan(was))
                if some.cases:
                    yield evolve(
                        some.change(confidence),
                        perturbation=label,
                        severity=severity,
                        metric=name,
                        group=group,
                    )


def _groups(values: list[Any], by: str | None) -> dict[str, Any]:
    if by is None:
        return {"": np.ones(len(values), dtype=bool)}
    labels = np.array([f"{by} = {value}" for value in values])
    if values and all(value is None for value in values):
        msg = f"no case says its {by!r}, so nothing can be compared by it"
        raise PlanError(msg)
    return {str(label): labels == label for label in np.unique(labels)}


def _by_case(owners: Any, scores: Any, cases: int) -> Any:
    """Average the replicates of each case; NaN where a case has no score."""
    known = ~np.isnan(scores)
    total = np.bincount(owners[known], scores[known], minlength=cases)
    count = np.bincount(owners[known], minlength=cases)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
