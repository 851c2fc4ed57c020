"""The verb `perturbed`: every input that a plan asks for, without measuring anything."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from attrs import evolve

from .._arguments import check_kind
from .._cases import Case, cluster_of
from .._plans import Plan, Specification
from ..engine._workload import Workload
from ..errors import NotApplicable, PlanError
from ..inputs._apply import perturb
from ..inputs._binding import built
from ..inputs._loading import load_cases
from ..runs._records import record_id

__all__ = ["perturbed"]


def perturbed(plan: Plan | Specification, /, cases: Any) -> Iterator[Case]:
    """Give every perturbed case that a plan asks for, without measuring anything.

    The ids read `17@torchio.ghosting:3` (and `#1` for the second replicate), and the cluster is
    that of the case. This is what `run` feeds to the model, so training on it is training on the
    very faults that are tested. A case to which a perturbation does not apply is left out, and so
    are changes of training cases. What a search finds depends on the model, so plans with searches
    are refused: `Report.outcomes` gives what was found.
    """
    if isinstance(plan, Specification):
        plan = plan.plan()
    check_kind(plan, "plan", Plan, Specification)
    if searching := [use.label for use in plan.perturbations if use.component.searches]:
        msg = (
            f"{', '.join(searching)}: what a search finds depends on the model; run the plan, and "
            "read the inputs from the report's outcomes()"
        )
        raise PlanError(msg)
    work = Workload(plan, load_cases(cases), "", ("",) * len(plan.perturbations))
    applied: dict[tuple[int, int], Any] = {}
    for unit in work.units():
        if unit.use < 0 or plan.perturbations[unit.use].component.trains:
            continue
        use, case = plan.perturbations[unit.use], work.cases[unit.case]
        if (unit.use, unit.severity) not in applied:
            applied[unit.use, unit.severity] = built(use, unit.severity)
        try:
            apply = applied[unit.use, unit.severity]
            seed = work.seed(unit) or 0
            seen = perturb(use, apply, case, seed, modalities=work.modalities).case
        except NotApplicable:
            continue
        name = record_id(case.id, use.label, unit.severity, unit.replicate)
        yield evolve(seen, id=name, cluster=cluster_of(case))
