"""What `seatrial audit` looks at, and how it tells what it found."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from attrs import asdict, evolve

from .._files import load_specification
from ..errors import PlanError
from ..runs._report import Report
from ..verbs._audit import seen
from ._output import echo, print_json, print_table

__all__ = ["audited"]


def audited(
    subject: Path,
    names: Sequence[str],
    allow: Sequence[str],
    *,
    with_model: bool,
    trust: bool,
    as_json: bool,
) -> int:
    """Audit a specification or a run directory; give the exit status."""
    looked_at: Any
    if subject.is_dir():
        report = Report.load(subject, trust=trust)
        looked_at = report if with_model else tuple(report.outcomes())
    else:
        specification = load_specification(subject)
        allow = (*allow, *specification.allow)
        looked_at = specification if with_model else evolve(specification, model=None, train=None)
    found = seen(looked_at, audits=names or None)
    if not found.audits:
        msg = "no installed audit can look at this; try: pip install seatrial-audits"
        raise PlanError(msg)
    stopping = found.stopping(allow)
    if as_json:
        audits = [use.label for use in found.audits]
        findings = [
            {**asdict(one), "allowed": one.level == "error" and one not in stopping}
            for one in found.findings
        ]
        print_json({"audits": audits, "findings": findings})
    elif found.found:
        print_table(found.table(allow))
    else:
        echo(f"nothing was found by {', '.join(use.label for use in found.audits)}")
    return 1 if stopping else 0
