"""The verb `compare`: two runs of the same cases, paired; what got worse first."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import evolve

from .._arguments import check_kind
from .._cases import cluster_of
from .._plans import Specification
from ..errors import PlanError, SeatrialError
from ..judging._changed_cells import changed_cells
from ..judging._changed_demands import DemandChange, changed_demand
from ..judging._comparison import Comparison
from ..judging._judge import verdicts_of
from ..runs._report import Report
from ..statistics._multiplicity import holm

__all__ = ["compare"]


def compare(
    before: Report,
    after: Report,
    /,
    *,
    specification: Specification | None = None,
    confidence: float = 0.95,
    by: str | None = None,
) -> Comparison:
    """Compare two runs of the same cases, paired by case, perturbation, severity and replicate.

    With a `specification`, each demand is compared by its own figure and in its own direction, also
    where it is about the whole set (macro F1, AUROC, calibration). `by` names a group to compare
    the cells within. What got worse is listed first; each end of an interval is a one-sided bound
    at `confidence`.

    What either model learned from (see `Repaired`) is left out of both runs. A demand that either
    run says nothing on is named in the notes. The comparison is kept beside
    the later run, where that has a directory. Raises `PlanError` where
    nothing at all can be compared.
    """
    check_kind(before, "before", Report)
    check_kind(after, "after", Report)
    if specification is not None:
        check_kind(specification, "specification", Specification)
    if by is not None:
        check_kind(by, "by", str)
    learned = {*before.learned_from, *after.learned_from}
    before, after = before.without(learned), after.without(learned)
    changes = list(changed_cells(before, after, confidence, by))
    priorities: list[DemandChange] = []
    notes: list[str] = []
    if left := sum(cluster_of(case) in learned for case in after.cases):
        notes.append(f"{left:,} cases that a repaired model learned from are left out")
    if specification is not None:
        for one in _demands(specification, before, after, confidence):
            if isinstance(one, DemandChange):
                priorities.append(one)
            else:
                notes.append(one)
    if not changes and not priorities:
        raise PlanError(_nothing(before, after))
    adjusted = holm([one.p_value for one in changes])
    corrected = [evolve(one, p_value_holm=p) for one, p in zip(changes, adjusted, strict=True)]
    comparison = Comparison(
        confidence,
        sorted(corrected, key=lambda one: one.change),
        sorted(priorities, key=lambda one: (not one.worse, one.change)),
        (before.identity, after.identity),
        tuple(notes),
    )
    comparison.keep(after.path)
    return comparison


def _demands(
    specification: Specification, before: Report, after: Report, confidence: float
) -> Iterator[DemandChange | str]:
    """Give the change of each demand, or why there is none."""
    judged = zip(
        specification.priorities,
        verdicts_of(specification, before),
        verdicts_of(specification, after),
        strict=True,
    )
    for priority, old, new in judged:
        if not (old.demands and new.demands):
            yield f"{priority.name} is not compared: {old.note or new.note}"
            continue
        each = zip(priority.requirements, old.demands, new.demands, strict=True)
        for requirement, *verdicts in each:
            try:
                yield changed_demand(
                    requirement,
                    priority,
                    (before, after),
                    (verdicts[0], verdicts[1]),
                    confidence,
                    specification.seed,
                )
            except SeatrialError as error:
                yield f"{priority.name}: {requirement.name} is not compared: {error}"


def _nothing(before: Report, after: Report) -> str:
    common = {case.id for case in before.cases}
    shared = [case for case in after.cases if case.id in common]
    if not shared:
        return "the two reports have no case in common, so nothing can be compared"
    if all(cluster_of(case) in after.learned_from for case in shared):
        return "a repaired model learned from every case, so nothing can be compared"
    return (
        "the two reports share no metric that scores case by case, so their cells cannot be "
        "compared; give a specification, whose demands can"
    )
