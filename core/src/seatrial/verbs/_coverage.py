"""The verb `coverage`: hold what went wrong in use against what a specification demands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from attrs import asdict, field, frozen

from .._arguments import check_kind
from .._plans import Specification
from .._tables import Table
from .._values import did_you_mean
from ..errors import PlanError
from ..inputs._incidents import Incident, load_incidents

__all__ = ["Coverage", "coverage"]


def _incidents(values: Iterable[Incident]) -> tuple[Incident, ...]:
    return tuple(values)


@frozen
class Coverage:
    """Which incidents the priorities of a specification cover; printing it gives a table.

    `priorities` are those of the specification, in order.
    """

    title: str
    priorities: tuple[str, ...]
    incidents: tuple[Incident, ...] = field(converter=_incidents)

    @property
    def uncovered(self) -> tuple[Incident, ...]:
        """The incidents that no priority covers."""
        return tuple(one for one in self.incidents if not one.covered_by)

    @property
    def without_incident(self) -> tuple[str, ...]:
        """The priorities that no incident calls for."""
        called = {name for one in self.incidents for name in one.covered_by}
        return tuple(name for name in self.priorities if name not in called)

    @property
    def exit_status(self) -> int:
        """What the command line exits with: 0 where every incident is covered, else 1."""
        return 1 if self.uncovered else 0

    def as_dict(self) -> dict[str, Any]:
        """Give it as plain data that JSON can write."""
        return {
            "title": self.title,
            "incidents": [
                {**asdict(one), "covered_by": list(one.covered_by)} for one in self.incidents
            ],
            "uncovered": [one.id for one in self.uncovered],
            "without_incident": list(self.without_incident),
        }

    def table(self) -> Table:
        """Give the incidents as a table, those that nothing covers first."""
        ordered = sorted(self.incidents, key=lambda one: bool(one.covered_by))
        rows = [
            (
                one.id,
                one.what,
                "; ".join(one.covered_by) or "nothing",
                one.source or "—",
            )
            for one in ordered
        ]
        return Table(
            ("incident", "what happened", "covered by", "source"),
            rows,
            title=f"{self.title}: {len(self.uncovered)} of {len(rows)} incidents not covered",
            notes=tuple(self._notes()),
            spare=("source",),
        )

    def _notes(self) -> Iterator[str]:
        if names := self.without_incident:
            yield f"priorities that no incident calls for: {'; '.join(names)}"

    def __str__(self) -> str:
        return str(self.table())

    def _repr_html_(self) -> str:
        return self.table().html()


def coverage(specification: Specification, incidents: Any, /) -> Coverage:
    """Tell which incidents the priorities of a specification cover, and which none does.

    `incidents` are a file (see the command line's reference), mappings or `Incident`s. Nothing is
    measured: people say which priority an incident falls under. Raises `PlanError` where one names
    a priority that the specification does not have.
    """
    check_kind(specification, "specification", Specification)
    names = tuple(one.name for one in specification.priorities)
    found = load_incidents(incidents)
    problems = [
        f"incident {one.id!r}: there is no priority {name!r}{did_you_mean(name, names)}"
        for one in found
        for name in one.covered_by
        if name not in names
    ]
    if problems:
        raise PlanError("\n".join(problems))
    return Coverage(specification.title, names, found)
