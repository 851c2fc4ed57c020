"""Run audits: what they find, what of it stops a run, and how that is said."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from typing import Any

from attrs import frozen

from .._cases import Case, Outcome
from .._components import Audit, Use
from .._findings import Finding
from .._registry import Registry
from .._tables import Table, figure
from .._uses import allowed_of
from .._values import did_you_mean
from ..errors import AuditError, AuditWarning, PlanError
from ..inputs._binding import bound, ready
from ..inputs._boundary import call
from ..inputs._needs import lacking

__all__ = ["Material", "Seen", "audited", "look", "suits"]

Material = Sequence[Case] | Sequence[Outcome]
LEVELS = ("error", "warning", "note")
SHOWN = 3


@frozen
class Seen:
    """What some audits found, each finding with the audit that gave it, errors first."""

    audits: tuple[Use[Audit], ...]
    found: tuple[tuple[Use[Audit], Finding], ...]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The findings, errors first."""
        return tuple(finding for _, finding in self.found)

    def stopping(self, allow: Iterable[str]) -> tuple[Finding, ...]:
        """Give the errors that are allowed neither by their own name nor by their audit's."""
        permitted = frozenset(allow)
        return tuple(
            finding
            for use, finding in self.found
            if finding.level == "error" and not {finding.name, use.component.name} & permitted
        )

    def table(self, allow: Iterable[str] = ()) -> Table:
        """Lay the findings out, with what each means and what to do about it below."""
        stop = self.stopping(allow)
        audits = f"{len(self.audits)} audit{'s' * (len(self.audits) != 1)} looked"
        counts = {level: sum(one.level == level for one in self.findings) for level in LEVELS}
        said = [f"{count} {level}{'s' * (count != 1)}" for level, count in counts.items() if count]
        notes = [line for one in self.findings for line in ("", *_sentences(one, cases=False))]
        rows = [
            (
                "allowed" if one.level == "error" and one not in stop else one.level,
                one.name,
                figure(one.effect),
                f"{len(one.cases):,}",
                _listed(one.cases),
            )
            for one in self.findings
        ]
        columns = ("level", "finding", "effect", "cases", "which")
        return Table(columns, rows, notes=[*notes, "", f"{audits}: {', '.join(said) or 'nothing'}"])


def audited(
    uses: Iterable[Any],
    plan: Any,
    model: Any,
    material: Material,
    allow: Iterable[str] = (),
    registry: Registry | None = None,
) -> tuple[Finding, ...]:
    """Run audits before a run (on cases) or before an explanation (on outcomes).

    Gives what was found, errors first. Errors raise `AuditError`, unless `allow` has the name of
    the finding or of its audit; those and warnings are reported as `AuditWarning`.
    """
    seen = look((bound(one, Audit, registry) for one in uses), plan, model, material)
    allowed = allowed_of(allow)
    if errors := seen.stopping(allowed):
        raise AuditError(_told(errors, allowed), findings=errors)
    for finding in seen.findings:
        if finding.level != "note":
            warnings.warn("\n".join(_sentences(finding)), AuditWarning, stacklevel=3)
    return seen.findings


def look(uses: Iterable[Use[Audit]], plan: Any, model: Any, material: Material) -> Seen:
    """Run audits on cases, or on outcomes and (those that read cases) on the cases of these."""
    audits = tuple(uses)
    cases, outcomes = _parted(material)
    found = [
        (use, finding) for use in audits for finding in _findings(use, plan, model, cases, outcomes)
    ]
    found.sort(key=lambda pair: LEVELS.index(pair[1].level))
    return Seen(audits, tuple(found))


def suits(use: Use[Audit], model: Any, material: Material) -> bool:
    """Tell whether an audit can look at this."""
    _, outcomes = _parted(material)
    return not lacking(model, use) and (use.component.reads == "cases" or outcomes is not None)


def _findings(
    use: Use[Audit],
    plan: Any,
    model: Any,
    cases: Sequence[Case],
    outcomes: Sequence[Outcome] | None,
) -> tuple[Finding, ...]:
    given: Any = cases
    if use.component.reads == "outcomes":
        if outcomes is None:
            msg = f"{use.label} reads outcomes, and here are only cases: audit a finished run"
            raise PlanError(msg)
        given = outcomes
    check = ready(use, model)
    found = call(use.label, lambda: tuple(check(plan, model, given)))
    for one in found:
        if not isinstance(one, Finding):
            msg = f"{use.label} must give findings, got {one!r:.80}"
            raise PlanError(msg)
    return found


def _parted(material: Sequence[Any]) -> tuple[tuple[Case, ...], tuple[Outcome, ...] | None]:
    """Give the cases, each once and ordered by id, and the outcomes if there are any."""
    if not any(isinstance(one, Outcome) for one in material):
        return tuple(material), None
    cases = {outcome.case.id: outcome.case for outcome in material}
    return tuple(cases[name] for name in sorted(cases)), tuple(material)


def _told(findings: Sequence[Finding], allowed: Iterable[str]) -> str:
    many = f"{len(findings)} errors" if len(findings) > 1 else "an error"
    names = list(dict.fromkeys(finding.name for finding in findings))
    lines = [f"the audits found {many} in the experiment, so it stops here:"]
    for finding in findings:
        lines += [f"  {line}" for line in _sentences(finding)]
    for name in allowed:
        if hint := did_you_mean(name, names):
            lines.append(f"nothing that was found is named {name!r}, which is allowed{hint}")
    quoted = ", ".join(f'"{name}"' for name in names)
    options = " ".join(f"--allow {name}" for name in names)
    comma = "," if len(names) == 1 else ""
    return "\n".join([*lines, f"to go on all the same: allow=({quoted}{comma}), or {options}"])


def _sentences(finding: Finding, *, cases: bool = True) -> list[str]:
    """Write a finding as lines: what was found, where, and what to do."""
    lines = [f"{finding.name}: {finding.summary}"]
    if cases and finding.cases:
        lines.append(f"  cases: {_listed(finding.cases)}")
    if finding.fix:
        lines.append(f"  fix: {finding.fix}")
    return lines


def _listed(ids: Sequence[str]) -> str:
    more = f" and {len(ids) - SHOWN:,} more" if len(ids) > SHOWN else ""
    return ", ".join(ids[:SHOWN]) + more
