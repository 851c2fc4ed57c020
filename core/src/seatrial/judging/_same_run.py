"""Refuse to judge a run of another model, seed, cases or perturbations."""

from __future__ import annotations

from collections.abc import Iterator

from .._cases import Case
from .._plans import Specification
from .._reference import Reference
from .._values import plain
from ..errors import PlanError
from ..inputs._content import case_digest
from ..inputs._encoding import as_json
from ..runs._report import Report

__all__ = ["check_same_run"]

NAMED = 3


def check_same_run(specification: Specification, report: Report) -> None:
    """Raise `PlanError` unless the report is of what the specification is about.

    What a specification leaves open (no model, no cases) is not compared; nothing is imported.
    """
    if differences := "; ".join(_differences(specification, report)):
        msg = f"this report is of another run than {specification.title!r} asks for: {differences}"
        raise PlanError(msg)


def _differences(specification: Specification, report: Report) -> Iterator[str]:
    if specification.seed != report.seed:
        yield f"its seed is {report.seed}, not {specification.seed}"
    model, measured = specification.model, report.reference
    if isinstance(model, Reference):
        if measured is not None and _named(model) != _named(measured):
            yield f"its model is {_named(measured)}, not {_named(model)}"
    elif model is not None:
        wanted = getattr(model, "identity", None)
        if wanted and report.identity and wanted != report.identity:
            yield f"its model is {report.identity}, not {wanted}"
    if isinstance(specification.cases, tuple):
        yield from _other_cases(specification.cases, report)
    yield from _other_perturbations(specification, report)


def _named(reference: Reference) -> str:
    bound = "" if reference.params is None else f"({plain(reference.params)})"
    return f"{reference.use}{bound}"


def _other_cases(cases: tuple[object, ...], report: Report) -> Iterator[str]:
    """Compare cases that are given as values; those of a reference would have to be loaded."""
    given = {case.id: case for case in cases if isinstance(case, Case)}
    if len(given) != len(cases):
        return
    measured = report.case_digests
    if odd := sorted(given.keys() ^ measured.keys()):
        yield f"{len(odd)} cases are in one of them only, as {', '.join(odd[:NAMED])}"
        return
    changed = [name for name in given if case_digest(given[name]) != measured[name]]
    if changed:
        yield f"{len(changed)} cases have another content, as {', '.join(changed[:NAMED])}"


def _other_perturbations(specification: Specification, report: Report) -> Iterator[str]:
    measured = {one["label"]: one for one in report.perturbations}
    seen = set()
    for priority in specification.priorities:
        for use in priority.perturbations:
            known = measured.get(use.label)
            if known is None or use.label in seen:
                continue
            seen.add(use.label)
            ladder = as_json(use.component.ladder)
            if use.component.revision != known["revision"]:
                yield (
                    f"{use.label} was measured at revision {known['revision']}, not "
                    f"{use.component.revision}"
                )
            elif plain(ladder) != plain(known["ladder"]):
                yield f"{use.label} was measured with another ladder"
