"""Refuse to judge a run of another model, seed, cases or perturbations."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from .._cases import Case
from .._plans import Specification
from .._reference import Reference
from .._values import plain
from ..errors import PlanError
from ..inputs._content import case_digest
from ..inputs._encoding import as_json
from ..inputs._identity import changes, of_reference
from ..inputs._loading import load_cases, references_in
from ..inputs._models import named
from ..runs._report import Report

__all__ = ["changed_since", "check_same_run"]

NAMED = 3


def check_same_run(specification: Specification, report: Report) -> None:
    """Raise `PlanError` unless the report is of what the specification is about.

    What a specification leaves open (no model, no cases) is not compared. The model is never
    imported. Cases that it names are loaded where their code or files are not those of the run.
    """
    if differences := "; ".join(_differences(specification, report)):
        msg = f"this report is of another run than {specification.title!r} asks for: {differences}"
        raise PlanError(msg)


def changed_since(specification: Specification, report: Report) -> tuple[str, ...]:
    """Say what of the specification's model has changed since the report measured it.

    The model is not imported: only its code and the files that it names are read. Files that it is
    known to read only once it is imported are not compared.
    """
    model = specification.on_trial
    if not isinstance(model, Reference) or str(model) != report.provenance.model:
        return ()
    before, now = report.identity_parts, of_reference(model).parts
    both = before.keys() & now.keys()
    return changes({one: before[one] for one in both}, {one: now[one] for one in both})


def _differences(specification: Specification, report: Report) -> Iterator[str]:
    if specification.seed != report.seed:
        yield f"its seed is {report.seed}, not {specification.seed}"
    if specification.on_trial is not None:
        yield from _other_model(specification.on_trial, report)
    if specification.cases is not None and not _same_source(specification.cases, report):
        yield from _other_cases(load_cases(specification.cases), report)
    yield from _other_perturbations(specification, report)


def _other_model(model: Any, report: Report) -> Iterator[str]:
    """Compare models by name, unless `run` was given another one in the place of this."""
    wanted, known = named(model), report.provenance
    if wanted in (known.model, known.in_place_of):
        return
    if known.in_place_of is not None:
        yield f"its model was given in place of {known.in_place_of}, not of {wanted}"
    elif isinstance(model, Reference):
        measured = known.model or report.identity or "an object that no module has"
        yield (
            f"its model is {measured}, not {wanted} (to measure one in place of the other, give it "
            "to run with the specification: run(spec, model=...), --model)"
        )
    elif report.identity and getattr(model, "identity", None) and wanted != report.identity:
        yield f"its model is {report.identity}, not {wanted}"


def _same_source(cases: Any, report: Report) -> bool:
    """Tell whether cases come from where those of the run came from, unchanged since."""
    references = references_in(cases)
    known = report.provenance
    if not references or known.cases != tuple(map(str, references)):
        return False
    found = [of_reference(one) for one in references]
    return known.identities == tuple(one.text for one in found) and all(
        one.derived for one in found
    )


def _other_cases(cases: Iterable[Case], report: Report) -> Iterator[str]:
    given = {case.id: case for case in cases}
    digests = report.case_digests
    if report.limit is not None:  # the run took some of them, and the directory says which
        given = {name: one for name, one in given.items() if name in digests}
    if odd := sorted(given.keys() ^ digests.keys()):
        yield f"{len(odd)} cases are in one of them only, as {', '.join(odd[:NAMED])}"
        return
    known, measured = report.modalities, {case.id: case for case in report.cases}
    for what, changed in (
        (
            "another content",
            [i for i, one in given.items() if case_digest(one, known) != digests[i]],
        ),
        (
            "other groups or another cluster",
            [
                i
                for i, one in given.items()
                if (one.groups, one.cluster) != (measured[i].groups, measured[i].cluster)
            ],
        ),
    ):
        if changed:
            yield f"{len(changed)} cases have {what}, as {', '.join(changed[:NAMED])}"


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
