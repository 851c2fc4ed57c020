"""Two runs of the same cases, paired: what got worse, and how sure that is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from attrs import asdict, evolve, frozen

from .._plans import Specification
from .._tables import Table, figure
from ..errors import PlanError
from ..statistics._multiplicity import holm
from ._changes import Change, Pairs
from ._judgement import finite

if TYPE_CHECKING:
    from ..runs._report import Report

__all__ = ["Comparison", "compare"]

NAMED = 5
"""How many forgotten cases a table names."""


@frozen
class Comparison:
    """Every change between two runs, what got worse first; intervals are one-sided at each end.

    `changes` has one entry for each cell and metric (and group, where asked for), and `priorities`
    one for each priority, where a specification was given.
    """

    confidence: float
    changes: tuple[Change, ...]
    priorities: tuple[Change, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Give the comparison as plain data."""
        found: dict[str, Any] = finite(asdict(self))
        return found

    def table(self) -> Table:
        """Give the change of every cell as a table."""
        return _changes(self.changes)

    def by_priority(self) -> Table:
        """Give the change of every priority as a table, with its verdicts before and after."""
        return _changes(self.priorities)

    def forgetting(self) -> Table:
        """Give what was right before and is wrong now, and the other way, for each cell.

        `p` is McNemar's: how likely such a difference between lost and won is if nothing changed.
        `p corrected` is Holm's, for the number of rows: what is at most .05 there may be listed.
        """
        rows = [
            [
                *_what(one),
                f"{one.cases:,}",
                f"{len(one.lost):,}",
                f"{len(one.won):,}",
                f"{one.p_value:.3g}",
                f"{one.p_value_holm:.3g}",
                ", ".join(one.lost[:NAMED]) + (", …" if len(one.lost) > NAMED else ""),
            ]
            for one in sorted(self.changes, key=lambda one: len(one.won) - len(one.lost))
            if one.lost or one.won
        ]
        columns = ("cases", "lost", "won", "p", "p corrected", "forgotten")
        return _table(self.changes, columns, rows)

    def __str__(self) -> str:
        tables = [self.by_priority()] if self.priorities else []
        return "\n\n".join(table.text() for table in (*tables, self.table()))

    def _repr_html_(self) -> str:
        tables = [self.by_priority()] if self.priorities else []
        return "".join(table.html() for table in (*tables, self.table()))


def _what(one: Change) -> list[str]:
    if one.priority:
        return [one.priority, " → ".join(one.outcomes)]
    cell = [one.perturbation, str(one.severity), one.metric]
    return [*cell, one.group] if one.group else cell


def _table(changes: tuple[Change, ...], columns: tuple[str, ...], rows: list[list[str]]) -> Table:
    first: tuple[str, ...] = ("perturbation", "severity", "metric")
    if changes and changes[0].priority:
        first = ("priority", "verdict")
    elif changes and changes[0].group:
        first = (*first, "group")
    return Table((*first, *columns), rows)


def _changes(changes: tuple[Change, ...]) -> Table:
    rows = [
        [
            *_what(one),
            figure(one.before),
            figure(one.after),
            f"{one.change:+.3f}",
            f"{one.interval[0]:+.3f} … {one.interval[1]:+.3f}",
            f"{one.cases:,}",
            f"{len(one.lost):,}",
            f"{len(one.won):,}",
        ]
        for one in changes
    ]
    columns = ("before", "after", "change", "interval", "cases", "lost", "won")
    return _table(changes, columns, rows)


def compare(
    after: Report,
    before: Report,
    confidence: float,
    specification: Specification | None = None,
    by: str | None = None,
) -> Comparison:
    """Pair the records of two reports by case, perturbation, severity and replicate."""
    changes = list(_cells(after, before, confidence, by))
    if not changes:
        msg = "the two reports have no case in common, so nothing can be compared"
        raise PlanError(msg)
    priorities = _priorities(after, before, confidence, specification) if specification else ()
    return Comparison(confidence, _worst_first(changes), _worst_first(priorities))


def _worst_first(changes: Any) -> tuple[Change, ...]:
    found = list(changes)
    adjusted = holm([one.p_value for one in found])
    told = [evolve(one, p_value_holm=p) for one, p in zip(found, adjusted, strict=True)]
    return tuple(sorted(told, key=lambda one: one.change))


def _cells(after: Report, before: Report, confidence: float, by: str | None) -> Iterator[Change]:
    old_labels = {one["label"]: at for at, one in enumerate(before.perturbations)}
    old_metrics = {one["label"] for one in before.metrics if one["per_case"]}
    metrics = [one for one in after.metrics if one["per_case"] and one["label"] in old_metrics]
    if not metrics:
        msg = "the two reports share no metric that scores case by case, so nothing can be compared"
        raise PlanError(msg)
    old_case = {case.id: at for at, case in enumerate(before.cases)}
    # Cases of the first report that the second one has too, and where each stands in both.
    shared = [at for at, case in enumerate(after.cases) if case.id in old_case]
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


def _priorities(
    after: Report, before: Report, confidence: float, specification: Specification
) -> Iterator[Change]:
    """Pair the mean score of each case under each priority; one without cases is left out."""
    from ._judge import judge
    from ._question import questions_of
    from ._reference_runs import rows_in_both

    verdicts = zip(
        judge(specification, before).verdicts, judge(specification, after).verdicts, strict=True
    )
    for priority, (was, now) in zip(specification.priorities, verdicts, strict=True):
        try:
            (new, *_), (old, *_) = (
                [one.evidence for one in questions_of(priority, report, specification.seed)]
                for report in (after, before)
            )
            if new is None or old is None:
                continue
            here, there, _ = rows_in_both(new, old, paired=False)
        except PlanError:
            continue
        lost = np.logical_or(*new.lost(paired=False))[here]
        cases = [new.cases[at] for at in here]
        pairs = Pairs(cases, old.means()[there], new.means()[here], new.bounds, new.better)
        some = pairs.of(~lost)
        if some.cases:
            yield evolve(
                some.change(confidence),
                priority=priority.name,
                outcomes=(was.outcome, now.outcome),
            )
