"""What comes out of judging: the verdicts, and what they say together."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from attrs import asdict, field, frozen

from .._tables import Table, figure
from .._values import FrozenMapping, frozen_mapping
from .._verdicts import DemandVerdict, Verdict, VerdictOutcome
from ..runs._records import ErrorCount
from ..runs._results import keep_result, load_result, save_result
from ._safety_case import Argument, safety_case

__all__ = ["Judgement", "finite"]

SCHEMA = 3
COLUMNS = (
    "verdict",
    "priority",
    "demand",
    "estimate",
    "interval",
    "cases",
    "more needed",
    "changed",
    "baseline",
    "worst",
)
SPARE = ("worst", "baseline", "changed", "more needed")
WORST = ("worst", "worst_cluster", "worst_case")
"""The details that name what is worst: a group or cell, a cluster, or a case."""
ALWAYS = 7
"""How many columns of the table are always shown; the others only where they say something."""


def _tuple(verdicts: Iterable[Verdict]) -> tuple[Verdict, ...]:
    return tuple(verdicts)


def _errors(errors: Iterable[ErrorCount]) -> tuple[ErrorCount, ...]:
    return tuple(errors)


def _arguments(arguments: Iterable[Argument]) -> tuple[Argument, ...]:
    return tuple(arguments)


def finite(value: Any) -> Any:
    """Give a value as plain data that JSON can write; what is infinite or undefined reads None."""
    if isinstance(value, Mapping):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


@frozen
class Judgement:
    """The verdicts of one specification, in the order of its priorities.

    `model` is the identity of the model that was judged, empty where it has none; `notes` say what
    holds of the whole run, and `errors` are the commonest errors of its records. `scope` is the
    specification's, and `arguments` say of each verdict what is claimed and what limits the claim.
    """

    title: str
    verdicts: tuple[Verdict, ...] = field(converter=_tuple)
    model: str = ""
    notes: tuple[str, ...] = ()
    errors: tuple[ErrorCount, ...] = field(default=(), converter=_errors)
    scope: Mapping[str, str] = field(factory=FrozenMapping, converter=frozen_mapping)
    arguments: tuple[Argument, ...] = field(default=(), converter=_arguments)

    @property
    def outcome(self) -> VerdictOutcome:
        """The verdict on all: what the exit status says.

        "fail" claims that not every demand is met. It needs a failure that survives correction
        over every demand; a priority that fails alone leaves the whole "inconclusive".
        """
        found = {verdict.outcome for verdict in self.verdicts}
        if any(_claims(verdict) for verdict in self.verdicts):
            return "fail"
        if "error" in found:
            return "error"
        return "inconclusive" if found & {"fail", "inconclusive"} else "pass"

    @property
    def exit_status(self) -> int:
        """What the command line exits with: 0 pass, 1 fail, 3 inconclusive, 4 error."""
        return {"pass": 0, "fail": 1, "inconclusive": 3, "error": 4}[self.outcome]

    def as_dict(self) -> dict[str, Any]:
        """Give the judgement as plain data that JSON can write."""
        verdicts = [finite(asdict(verdict)) for verdict in self.verdicts]
        return {
            "format": SCHEMA,
            "title": self.title,
            "model": self.model,
            "outcome": self.outcome,
            "verdicts": verdicts,
            "notes": list(self.notes),
            "errors": [asdict(one) for one in self.errors],
            "scope": dict(self.scope),
            "arguments": [finite(asdict(one)) for one in self.arguments],
        }

    def save(self, path: str | Path) -> None:
        """Write the judgement to a JSON file."""
        save_result(path, "judgement", SCHEMA, self._value())

    def keep(self, run: Path | None) -> None:
        """Keep the judgement beside its run, where that has a directory."""
        keep_result(run, "judgement", SCHEMA, self._value())

    def _value(self) -> dict[str, Any]:
        return {**asdict(self), "outcome": self.outcome}

    @classmethod
    def load(cls, path: str | Path) -> Judgement:
        """Read a judgement that was saved."""
        found = load_result(path, "judgement", SCHEMA)
        verdicts = [
            Verdict(**{**one, "demands": [DemandVerdict(**each) for each in one["demands"]]})
            for one in found["verdicts"]
        ]
        errors = [ErrorCount(**one) for one in found.get("errors", ())]
        arguments = [Argument(**one) for one in found.get("arguments", ())]
        known = found["title"], verdicts, found["model"], found["notes"], errors
        return cls(*known, found.get("scope", {}), arguments)

    def table(self) -> Table:
        """Give the judgement as a table, with a row for each demand."""
        rows: list[list[str]] = []
        notes = [*self.notes, *(f"error: {one}" for one in self.errors)]
        for verdict in self.verdicts:
            each = verdict.demands or (None,)
            rows += [
                _row(verdict, demand, first=at == 0, alone=len(each) == 1)
                for at, demand in enumerate(each)
            ]
            notes += _noted(verdict)
        shown = [at for at in range(len(COLUMNS)) if at < ALWAYS or any(row[at] for row in rows)]
        title = f"{self.title}: {self.outcome}"
        return Table(
            [COLUMNS[at] for at in shown],
            [[row[at] or ("—" if at >= ALWAYS else "") for at in shown] for row in rows],
            title=f"{title} ({self.model})" if self.model else title,
            notes=notes,
            spare=SPARE,
        )

    def safety_case(self) -> Table:
        """Give a fragment of a safety case: claim, evidence and limits of each priority."""
        return safety_case(self.title, self.scope, self.arguments, self.verdicts)

    def __str__(self) -> str:
        return str(self.table())

    def _repr_html_(self) -> str:
        return self.table().html()


def _claims(verdict: Verdict) -> bool:
    """Tell whether a failed priority has a demand that fails after correction over all."""
    if verdict.outcome != "fail":
        return False
    return not verdict.demands or any(one.survives for one in verdict.demands)


def _row(verdict: Verdict, demand: DemandVerdict | None, *, first: bool, alone: bool) -> list[str]:
    shown = demand or verdict
    low, high = shown.interval or (None, None)
    outcome = verdict.outcome if first else ""
    return [
        outcome,
        verdict.priority if first else "",
        _demanded(demand, alone=alone) if demand else "",
        figure(shown.estimate),
        f"{figure(low)} … {figure(high)}" if shown.interval else "—",
        f"{shown.cases_used:,}",
        "—" if shown.cases_needed is None else f"{shown.cases_needed:,}",
        "" if verdict.changed is None else f"{verdict.changed:.0%}",
        "" if verdict.baseline is None else figure(verdict.baseline),
        next((str(shown.details[one]) for one in WORST if one in shown.details), ""),
    ]


def _noted(verdict: Verdict) -> list[str]:
    """Write the notes of a verdict; what only some requirements say is said with their names."""
    owners: dict[str, list[str]] = {verdict.note: []}
    for demand in verdict.demands:
        owners.setdefault(demand.note, []).append(_demanded(demand, alone=True))
    every = len(verdict.demands)
    return [
        f"{', '.join([verdict.priority, *(by if len(by) < every else ())])}: {note}"
        for note, by in owners.items()
        if note
    ]


def _demanded(demand: DemandVerdict, *, alone: bool) -> str:
    said = f"{demand.demand} {demand.threshold:g}"
    return said if alone else f"{said}: {demand.outcome}"
