"""What comes out of comparing two runs: what changed in each demand and in each cell."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from attrs import asdict, field, frozen

from .._tables import Table, figure
from ..runs._results import keep_result, load_result, save_result
from ._changed_demands import DemandChange
from ._changes import Change
from ._judgement import finite

__all__ = ["Comparison"]

NAMED = 5
"""How many lost cases a table names."""
SCHEMA = 1


def _changes(values: Iterable[Change]) -> tuple[Change, ...]:
    return tuple(values)


def _demands(values: Iterable[DemandChange]) -> tuple[DemandChange, ...]:
    return tuple(values)


SPARE = ("cases", "won", "lost", "p", "before", "after")
"""The columns that are left out first where there is not room for all."""


@frozen
class Comparison:
    """Every change between two runs, what got worse first; intervals are one-sided at each end.

    `priorities` has one entry for each demand, where a specification was given: what is worse
    beyond doubt first, and then by size. `changes` has one for each cell and metric (and group,
    where asked for). `notes` say what could not be compared.
    """

    confidence: float
    changes: tuple[Change, ...] = field(converter=_changes)
    priorities: tuple[DemandChange, ...] = field(default=(), converter=_demands)
    models: tuple[str, str] = ("", "")
    notes: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Give the comparison as plain data."""
        found: dict[str, Any] = finite(asdict(self))
        return found

    def save(self, path: str | Path) -> None:
        """Write the comparison to a JSON file."""
        save_result(path, "comparison", SCHEMA, asdict(self))

    def keep(self, run: Path | None) -> None:
        """Keep the comparison beside a run, where that has a directory."""
        keep_result(run, "comparison", SCHEMA, asdict(self))

    @classmethod
    def load(cls, path: str | Path) -> Comparison:
        """Read a comparison that was saved."""
        found = load_result(path, "comparison", SCHEMA)
        return cls(
            found["confidence"],
            [Change(**one) for one in found["changes"]],
            [DemandChange(**one) for one in found["priorities"]],
            found["models"],
            found["notes"],
        )

    def table(self) -> Table:
        """Give the change of every cell as a table."""
        rows = [
            [
                *_cell(one),
                figure(one.before),
                figure(one.after),
                f"{one.change:+.3f}",
                _ends(one.interval),
                f"{one.cases:,}",
                f"{len(one.lost):,}",
                f"{len(one.won):,}",
            ]
            for one in self.changes
        ]
        columns = ("before", "after", "change", "interval", "cases", "lost", "won")
        return Table((*self._columns(), *columns), rows, title=self._title(), spare=SPARE)

    def by_priority(self) -> Table:
        """Give the change of every demand as a table, with its verdicts before and after."""
        rows = [
            [
                one.priority,
                f"{one.demand} {one.threshold:g}",
                " → ".join(one.outcomes),
                figure(one.before),
                figure(one.after),
                f"{one.change:+.3f}",
                _ends(one.interval),
                f"{one.cases:,}",
                f"{len(one.lost):,}",
                f"{len(one.won):,}",
            ]
            for one in self.priorities
        ]
        first = ("priority", "demand", "verdict", "before", "after", "better by", "interval")
        columns = (*first, "cases", "lost", "won")
        return Table(columns, rows, title=self._title(), notes=self.notes, spare=SPARE)

    def forgetting(self) -> Table:
        """Give what was right before and is wrong now, and the other way, for each cell.

        `p` is McNemar's: how likely such a difference between lost and won is if nothing changed.
        `p corrected` is Holm's, for the number of rows: what is at most .05 there may be listed.
        """
        rows = [
            [
                *_cell(one),
                f"{one.cases:,}",
                f"{len(one.lost):,}",
                f"{len(one.won):,}",
                f"{one.p_value:.3g}",
                f"{one.p_value_holm:.3g}",
                ", ".join(one.lost[:NAMED]) + (", …" if len(one.lost) > NAMED else ""),
            ]
            for one in sorted(self.changes, key=lambda one: len(one.won) - len(one.lost))
            if one.lost or one.won
        ]
        columns = ("cases", "lost", "won", "p", "p corrected", "forgotten")
        return Table((*self._columns(), *columns), rows, spare=SPARE)

    def _columns(self) -> tuple[str, ...]:
        first = ("perturbation", "severity", "metric")
        return (*first, "group") if self.changes and self.changes[0].group else first

    def _title(self) -> str:
        return " → ".join(self.models) if all(self.models) else ""

    def __str__(self) -> str:
        tables = [self.by_priority()] if self.priorities else []
        tables += [self.table()] if self.changes else []
        return "\n\n".join(map(str, tables))

    def _repr_html_(self) -> str:
        tables = [self.by_priority()] if self.priorities else []
        return "".join(table.html() for table in (*tables, self.table()))


def _cell(one: Change) -> list[str]:
    cell = [one.perturbation, str(one.severity), one.metric]
    return [*cell, one.group] if one.group else cell


def _ends(interval: tuple[float, float]) -> str:
    return f"{interval[0]:+.3f} … {interval[1]:+.3f}"
