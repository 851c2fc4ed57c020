"""Run audits: what they find, what of it stops a run, and how that is said."""

from __future__ import annotations

import warnings
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from .._cases import Case, Outcome
from .._components import Audit, Use
from .._findings import Finding
from .._registry import Registry
from ..errors import AuditError, AuditWarning, PlanError, SeatrialError, TrialError
from ._binding import bound, ready
from ._tables import Table, figure
from ._work import lacking

__all__ = ["audited", "find", "findings_table", "ordered", "sentences", "suits"]

LEVELS = ("error", "warning", "note")
SHOWN = 3


def audited(
    uses: Iterable[Any],
    plan: Any,
    model: Any,
    material: Sequence[Case] | Sequence[Outcome],
    allow: Iterable[str] = (),
    registry: Registry | None = None,
) -> tuple[Finding, ...]:
    """Run audits before a run (on cases) or before an explanation (on outcomes).

    Gives what was found, errors first. Errors raise `AuditError`, unless `allow` has the name of
    the finding or of its audit; those and warnings are told as `AuditWarning`.
    """
    permitted = frozenset(allow)
    found = [
        (use, finding)
        for use in (bound(one, Audit, registry) for one in uses)
        for finding in find(use, plan, model, material)
    ]
    stopping = [
        finding
        for use, finding in found
        if finding.level == "error" and not {finding.name, use.component.name} & permitted
    ]
    if stopping:
        raise AuditError(_told(stopping), findings=tuple(stopping))
    for _, finding in found:
        if finding.level != "note":
            warnings.warn("\n".join(sentences(finding)), AuditWarning, stacklevel=3)
    return ordered(finding for _, finding in found)


def find(
    use: Use[Audit], plan: Any, model: Any, material: Sequence[Case] | Sequence[Outcome]
) -> tuple[Finding, ...]:
    """Run one audit on cases, or on outcomes and, if it reads those, on their cases."""
    cases, outcomes = _parted(material)
    given: Any = cases
    if use.component.reads == "outcomes":
        if outcomes is None:
            msg = f"{use.label} reads outcomes, and here are only cases: audit a finished run"
            raise PlanError(msg)
        given = outcomes
    check = ready(use, model)
    try:
        found = tuple(check(plan, model, given))
    except SeatrialError:
        raise
    except Exception as error:
        msg = f"{use.label} failed: {type(error).__name__}: {error}"
        raise TrialError(msg) from error
    for one in found:
        if not isinstance(one, Finding):
            msg = f"{use.label} must give findings, got {one!r:.80}"
            raise PlanError(msg)
    return found


def suits(use: Use[Audit], model: Any, material: Sequence[Case] | Sequence[Outcome]) -> bool:
    """Tell whether an audit can look at this."""
    _, outcomes = _parted(material)
    return not lacking(model, use) and (use.component.reads == "cases" or outcomes is not None)


def _parted(material: Sequence[Any]) -> tuple[tuple[Case, ...], tuple[Outcome, ...] | None]:
    """Give the cases, each once and ordered by id, and the outcomes if there are any."""
    if not any(isinstance(one, Outcome) for one in material):
        return tuple(material), None
    cases = {outcome.case.id: outcome.case for outcome in material}
    return tuple(cases[name] for name in sorted(cases)), tuple(material)


def ordered(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Put errors first, then warnings, then notes."""
    return tuple(sorted(findings, key=lambda finding: LEVELS.index(finding.level)))


def _told(findings: Sequence[Finding]) -> str:
    many = f"{len(findings)} errors" if len(findings) > 1 else "an error"
    names = list(dict.fromkeys(finding.name for finding in findings))
    lines = [f"the audits found {many} in the experiment, so it stops here:"]
    for finding in findings:
        lines += [f"  {line}" for line in sentences(finding)]
    quoted = ", ".join(f'"{name}"' for name in names)
    options = " ".join(f"--allow {name}" for name in names)
    comma = "," if len(names) == 1 else ""
    return "\n".join([*lines, f"to go on all the same: allow=({quoted}{comma}), or {options}"])


def sentences(finding: Finding) -> list[str]:
    """Write a finding as lines: what was found, where, and what to do."""
    lines = [f"{finding.name}: {finding.summary}"]
    if finding.cases:
        lines.append(f"  cases: {_listed(finding.cases)}")
    if finding.fix:
        lines.append(f"  fix: {finding.fix}")
    return lines


def _listed(ids: Sequence[str]) -> str:
    more = f" and {len(ids) - SHOWN:,} more" if len(ids) > SHOWN else ""
    return ", ".join(ids[:SHOWN]) + more


def findings_table(
    findings: Sequence[Finding], looked: Collection[str], allow: Collection[str] = ()
) -> Table:
    """Lay findings out as a table, with what each means and what to do below it."""
    counts = {level: sum(one.level == level for one in findings) for level in LEVELS}
    said = ", ".join(
        f"{count} {level}{'s' * (count != 1)}" for level, count in counts.items() if count
    )
    audits = f"{len(looked)} audit{'s' * (len(looked) != 1)}"
    notes = [] if findings else [f"{audits} looked, and found nothing: {', '.join(looked)}"]
    for finding in findings:
        what, *more = sentences(finding)
        notes += ["", what, *(line for line in more if not line.startswith("  cases:"))]
    if findings:
        notes += ["", f"{audits} looked: {said}"]
    rows = [
        (
            "allowed" if one.level == "error" and one.name in allow else one.level,
            one.name,
            figure(one.effect) if one.effect is not None else "",
            f"{len(one.cases):,}" if one.cases else "",
            _listed(one.cases),
        )
        for one in findings
    ]
    return Table(("level", "finding", "effect", "cases", "which"), rows, notes=notes)
