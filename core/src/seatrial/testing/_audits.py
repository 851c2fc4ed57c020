"""Checks of audits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .._components import Audit, Metric, Perturbation, Use
from .._findings import Finding
from .._plans import Plan
from ._common import built
from ._results import Skipped, expect
from ._samples import Samples

__all__ = ["CHECKS"]


def _plan() -> Plan:
    shout = Perturbation(
        name="sample.shout",
        summary="Write in capitals.",
        modality="text",
        factory=lambda: lambda text, *, seed: text.upper(),  # noqa: ARG005 - the protocol names it
    )
    equal = Metric(
        name="sample.equal",
        summary="Share of answers that equal their target.",
        factory=lambda: (
            lambda targets, answers: [
                float(target == answer) for target, answer in zip(targets, answers, strict=True)
            ]
        ),
        per_case=True,
    )
    return Plan(perturbations=(shout,), metrics=(equal,), severities=(1,))


def findings(use: Use[Audit], samples: Samples) -> tuple[Any, ...]:
    """Audit a small experiment."""
    (check,) = built(use)
    return tuple(check(_plan(), samples.model(use.component.needs), samples.cases))


def check_gives_findings(use: Use[Audit], samples: Samples) -> None:
    """It gives findings, or none.

    Yield `seatrial.Finding(name, summary, level=..., fix=...)`.
    """
    for one in findings(use, samples):
        expect(isinstance(one, Finding), f"it gives {one!r:.80}, not a Finding")


def check_same_findings_twice(use: Use[Audit], samples: Samples) -> None:
    """The same experiment gives the same findings.

    Draw from a fixed seed, and keep nothing between calls.
    """
    one, other = findings(use, samples), findings(use, samples)
    if not all(isinstance(found, Finding) for found in one):
        msg = "it does not give findings"
        raise Skipped(msg)
    expect(one == other, f"first {one}, then {other}")


CHECKS: tuple[Callable[[Use[Audit], Samples], None], ...] = (
    check_gives_findings,
    check_same_findings_twice,
)
