"""A fragment of a safety case: for each priority what is claimed, what was found, what limits it.

Claims, evidence and their limits are how safety is argued to regulators (Kelly and Weaver, "The
Goal Structuring Notation", 2004).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from attrs import field, frozen

from .._plans import Priority, Specification
from .._tables import Table, figure
from .._verdicts import DemandVerdict, Verdict
from ..errors import PlanError

__all__ = ["Argument", "arguments_of", "safety_case"]

COLUMNS = ("priority", "claim", "evidence", "limits", "hazard", "source")
SAID = {"intended_use": "intended use", "users": "users", "not_for": "not for"}


def _texts(values: Any) -> tuple[str, ...]:
    return tuple(values)


@frozen(kw_only=True)
class Argument:
    """What a priority claims in words, and what it takes for granted.

    `limits` are those of the demand itself, whatever is measured; `hazard` and `source` are the
    priority's own.
    """

    claim: str
    limits: tuple[str, ...] = field(default=(), converter=_texts)
    concept: str | None = None
    hazard: str | None = None
    source: str | None = None


def arguments_of(specification: Specification) -> tuple[Argument, ...]:
    """Give the argument of each priority, in order."""
    return tuple(_argument(one) for one in specification.priorities)


def _argument(priority: Priority) -> Argument:
    return Argument(
        claim="; ".join(_claimed(priority)),
        limits=tuple(_limits(priority)),
        concept=priority.concept,
        hazard=priority.hazard,
        source=priority.source,
    )


def _claimed(priority: Priority) -> Iterator[str]:
    for one in priority.requirements:
        yield f"{one.demand.summary}: {one.name} {one.threshold:g}"
    if priority.metric is not None:
        yield f"by {priority.metric.label}"
    if priority.relation != "invariant":
        yield f"what is asked: {priority.relation}"
    for use in priority.perturbations:
        levels = priority.severities_of(use)
        yield f"under {use.label} at severity {', '.join(map(str, levels))}"
    if not priority.perturbations:
        yield "on clean inputs"
    if priority.where:
        yield f"where {_slice(priority.where)}"
    yield f"with confidence {priority.confidence:g}"


def _slice(where: Mapping[str, Any]) -> str:
    return " and ".join(
        f"{key} is {' or '.join(map(str, one)) if isinstance(one, tuple) else one}"
        for key, one in where.items()
    )


def _limits(priority: Priority) -> Iterator[str]:
    if any(use.component.trains for use in priority.perturbations):
        yield "one draw of what happens to the training cases, and one training"
    if any(use.component.searches for use in priority.perturbations):
        yield "what the search did not find within its queries"
    if priority.where:
        yield f"cases where {_slice(priority.where)}, and no others"


def safety_case(
    title: str,
    scope: Mapping[str, str],
    arguments: Sequence[Argument],
    verdicts: Sequence[Verdict],
) -> Table:
    """Lay the arguments out beside what was found; raises `PlanError` where there are none."""
    if len(arguments) != len(verdicts):
        msg = "this judgement does not say what it claims: judge the run again"
        raise PlanError(msg)
    pairs = list(zip(arguments, verdicts, strict=True))
    rows = [
        (
            f"{verdict.priority} ({one.concept})" if one.concept else verdict.priority,
            one.claim,
            "; ".join(_evidence(verdict)),
            "; ".join([*one.limits, *_open(verdict)]) or "—",
            one.hazard or "—",
            one.source or "—",
        )
        for one, verdict in pairs
    ]
    said = [f"{SAID[key]}: {text}" for key, text in scope.items()]
    for what, lacking in (
        ("hazard", [verdict.priority for one, verdict in pairs if one.hazard is None]),
        ("source", [verdict.priority for one, verdict in pairs if one.source is None]),
    ):
        if lacking:
            said.append(f"no {what} is stated for {len(lacking)} of {len(pairs)} priorities")
    missing = [SAID[key] for key in SAID if key not in scope]
    if missing:
        said.append(f"the scope does not state: {', '.join(missing)}")
    return Table(COLUMNS, rows, title=f"Safety case: {title}", notes=said)


def _evidence(verdict: Verdict) -> Iterator[str]:
    yield verdict.outcome
    for one in verdict.demands:
        yield _measured(one)
    if verdict.changed is not None:
        yield f"changed {verdict.changed:.0%}"
    if not verdict.demands:
        yield "nothing was judged"


def _measured(one: DemandVerdict) -> str:
    ends = f" ({' … '.join(map(figure, one.interval))})" if one.interval else ""
    return f"{one.demand} {figure(one.estimate)}{ends} on {one.cases_used:,} cases"


def _open(verdict: Verdict) -> Iterator[str]:
    """Say what keeps the evidence from carrying the claim, or narrows it."""
    if verdict.outcome == "fail":
        yield "the evidence is against the claim"
    elif verdict.outcome != "pass":
        yield "the evidence does not decide"
    yield from dict.fromkeys(
        note for note in (verdict.note, *(one.note for one in verdict.demands)) if note
    )
