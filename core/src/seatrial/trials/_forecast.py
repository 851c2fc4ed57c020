"""What a run will cost and what it can show, before it costs anything."""

from __future__ import annotations

from collections import Counter
from typing import Any

from attrs import asdict, frozen

from .._plans import Plan, Priority, Specification, matches
from .._requirements import Demand
from ._sample_size import minimum_cases
from ._tables import Table
from ._work import Workload, load_cases

__all__ = ["Forecast", "Outlook", "forecast"]

LEVELS = ("at_least", "at_most", "worst_severity", "worst_of", "weighted_mean", "worst_group")
"""Demands whose threshold is a score, not a difference or a share."""


@frozen
class Outlook:
    """How many cases one priority has, and how many it needs to be able to pass at all."""

    priority: str
    cases: int
    clusters: int
    records: int
    minimum: int | None

    @property
    def can_pass(self) -> bool:
        """Whether a flawless model would get the verdict "pass"."""
        return self.minimum is not None and self.clusters >= self.minimum


@frozen
class Forecast:
    """Counts of a run before it starts; `calls` is the most inputs the model may be asked for."""

    cases: int
    records: int
    calls: int
    priorities: tuple[Outlook, ...]

    def as_dict(self) -> dict[str, Any]:
        """Give the forecast as plain data."""
        outlooks = [{**asdict(one), "can_pass": one.can_pass} for one in self.priorities]
        return {**asdict(self), "priorities": outlooks}

    def table(self) -> Table:
        """Give the forecast as a table."""
        rows = [
            [
                one.priority,
                f"{one.cases:,}",
                f"{one.clusters:,}",
                f"{one.records:,}",
                "—" if one.minimum is None else f"{one.minimum:,}",
                "yes" if one.can_pass else "no",
            ]
            for one in self.priorities
        ]
        note = (
            f"{self.cases:,} cases, {self.records:,} records, "
            f"at most {self.calls:,} inputs to the model"
        )
        columns = ("priority", "cases", "clusters", "records", "clusters needed", "can pass")
        return Table(columns, tuple(rows), notes=(note,))

    def __str__(self) -> str:
        return self.table().text()


def forecast(plan: Plan | Specification, /, cases: Any = None) -> Forecast:
    """Count what a run would measure, and the smallest samples that its priorities need.

    The model is neither imported nor asked; the cases are. Perturbations that leave an input as it
    was cost no call, so the true number of calls may be lower.
    """
    specification = plan if isinstance(plan, Specification) else None
    if isinstance(plan, Specification):
        cases = plan.cases if cases is None else cases
        plan = plan.plan()
    work = Workload(plan, load_cases(cases), "", ("",) * len(plan.perturbations))
    counts = Counter((unit.use, unit.severity) for unit in work.units())
    total = sum(counts.values())
    outlooks = tuple(
        _outlook(priority, work) for priority in (specification.priorities if specification else ())
    )
    return Forecast(len(work.cases), total, total, outlooks)


def _outlook(priority: Priority, work: Workload) -> Outlook:
    inside = [case for case in work.cases if matches(case, priority.where)]
    variants = sum(len(priority.severities_of(use)) for use in priority.perturbations)
    smallest = [_smallest(priority, demand) for demand in priority.demands]
    known = [one for one in smallest if one is not None]
    return Outlook(
        priority.name,
        len(inside),
        len({case.cluster or case.id for case in inside}),
        len(inside) * (variants * work.plan.replicates + 1),
        max(known) if len(known) == len(smallest) else None,
    )


def _smallest(priority: Priority, demand: Demand) -> int | None:
    """Give the number of clusters with which a flawless model passes one demand.

    What a demand leaves open (groups, slopes, ratios) is counted as if it were about the mean.
    """
    low, high = 0.0, 1.0
    requirement = demand.requirement
    if priority.metric is not None and requirement.scored:
        bounds = priority.metric.component.bounds
        if bounds is None:
            return 2
        low, high = bounds
    ceiling = requirement.ceiling
    if ceiling is None:
        ceiling = priority.metric is not None and not priority.metric.component.higher_is_better
    offset = low if demand.name in LEVELS else 0.0
    share = min(1.0, max(0.0, (demand.threshold - offset) / (high - low)))
    return minimum_cases(share, priority.confidence, at_most=ceiling)
