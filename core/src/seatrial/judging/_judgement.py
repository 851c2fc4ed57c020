"""What comes out of judging: the verdicts, and what they say together."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from attrs import asdict, field, frozen

from .._findings import Verdict
from .._tables import Table, figure

__all__ = ["Judgement", "finite"]


def _tuple(verdicts: Iterable[Verdict]) -> tuple[Verdict, ...]:
    return tuple(verdicts)


def finite(value: Any) -> Any:
    """Give a value as plain data that JSON can write; what is infinite or undefined reads None."""
    if isinstance(value, Mapping):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


@frozen
class Judgement:
    """The verdicts of one specification, in the order of its priorities."""

    title: str
    verdicts: tuple[Verdict, ...] = field(converter=_tuple)

    @property
    def outcome(self) -> str:
        """The verdict on all: "fail" if any, else "error" if any, else "inconclusive" if any."""
        found = {verdict.outcome for verdict in self.verdicts}
        return next((o for o in ("fail", "error", "inconclusive") if o in found), "pass")

    @property
    def exit_status(self) -> int:
        """What the command line exits with: 0 pass, 1 fail, 3 inconclusive, 4 error."""
        return {"pass": 0, "fail": 1, "inconclusive": 3, "error": 4}[self.outcome]

    def as_dict(self) -> dict[str, Any]:
        """Give the judgement as plain data that JSON can write."""
        verdicts = [finite(asdict(verdict, recurse=False)) for verdict in self.verdicts]
        return {"format": 1, "title": self.title, "outcome": self.outcome, "verdicts": verdicts}

    def table(self) -> Table:
        """Give the judgement as a table."""
        rows = []
        for verdict in self.verdicts:
            low, high = verdict.interval or (None, None)
            demand = verdict.details.get("demand", "")
            rows.append(
                [
                    verdict.outcome,
                    verdict.priority,
                    f"{demand} {verdict.threshold:g}" if verdict.threshold is not None else "",
                    figure(verdict.estimate),
                    f"{figure(low)} … {figure(high)}" if verdict.interval else "—",
                    f"{verdict.cases_used:,}",
                    "—" if verdict.cases_needed is None else f"{verdict.cases_needed:,}",
                ]
            )
        columns = ("verdict", "priority", "demand", "estimate", "interval", "cases", "more needed")
        notes = [f"{v.priority}: {v.note}" for v in self.verdicts if v.note]
        return Table(columns, rows, title=f"{self.title}: {self.outcome}", notes=notes)

    def __str__(self) -> str:
        return self.table().text()

    def _repr_html_(self) -> str:
        return self.table().html()
