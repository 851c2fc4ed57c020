"""What a run will cost and what it can show, before it costs anything."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from attrs import asdict, frozen

from .._cases import Case, cluster_of
from .._plans import Plan, Priority, Specification, matches
from .._requirements import Demand
from .._tables import Table
from ..engine._workload import Workload
from ..errors import SeatrialError
from ..inputs._loading import load_cases
from ..judging._bounds import bound_of
from ..judging._estimands import FIGURES, figure_of
from ..judging._question import ABSTAINING, ceiling_of, decision
from ..judging._sample import Evidence, Reading
from ..judging._set_metrics import rarest_class
from ..statistics import jackknife, mean_of_bounded
from ..statistics._sample_size import minimum_cases

__all__ = ["Forecast", "Outlook", "forecast", "obstacles"]

SPREAD = (
    "worst_group",
    "max_gap",
    "max_slope",
    "ppv_at",
    "attack_success",
    "corruption_error",
    "relative_corruption_error",
    "cascade",
)
"""Demands that need a number of cases of each kind, or hang on a reference."""


@frozen
class Outlook:
    """How many cases one priority has, and how many it needs to be able to pass at all.

    `can_pass` is whether a flawless model would get the verdict "pass" from these cases, None where
    that hangs on another run. `obstacle` says why not. `minimum` counts clusters, and is None where
    no single number says it.
    """

    priority: str
    cases: int
    clusters: int
    records: int
    minimum: int | None
    can_pass: bool | None
    obstacle: str = ""


@frozen
class Forecast:
    """Counts of a run before it starts; `calls` is the most inputs the model may be asked for."""

    cases: int
    records: int
    calls: int
    priorities: tuple[Outlook, ...]

    def as_dict(self) -> dict[str, Any]:
        """Give the forecast as plain data."""
        return asdict(self)

    def table(self) -> Table:
        """Give the forecast as a table."""
        rows = [
            [
                one.priority,
                f"{one.cases:,}",
                f"{one.clusters:,}",
                f"{one.records:,}",
                "—" if one.minimum is None else f"{one.minimum:,}",
                {True: "yes", False: "no", None: "—"}[one.can_pass],
            ]
            for one in self.priorities
        ]
        told = [f"{one.priority}: {one.obstacle}" for one in self.priorities if one.obstacle]
        counts = (
            f"{self.cases:,} cases, {self.records:,} records, "
            f"at most {self.calls:,} inputs to the model"
        )
        columns = ("priority", "cases", "clusters", "records", "clusters needed", "can pass")
        return Table(columns, tuple(rows), notes=(*told, counts))

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


def obstacles(specification: Specification, cases: Iterable[Case]) -> Iterator[str]:
    """Say what keeps even a flawless model from passing, for each priority where something does."""
    given = tuple(cases)
    for priority in specification.priorities:
        inside = tuple(case for case in given if matches(case, priority.where))
        if told := _first_obstacle(priority, inside):
            yield f"{priority.name}: {told}"


def _first_obstacle(priority: Priority, cases: tuple[Case, ...]) -> str:
    found = (_obstacle(priority, demand, cases) for demand in priority.demands)
    return next((told for told in found if told), "")


def _outlook(priority: Priority, work: Workload) -> Outlook:
    inside = tuple(case for case in work.cases if matches(case, priority.where))
    variants = sum(len(priority.severities_of(use)) for use in priority.perturbations)
    smallest = [_smallest(priority, demand) for demand in priority.demands]
    known = [one for one in smallest if one is not None]
    obstacle = _first_obstacle(priority, inside)
    hangs = any(_needs_a_run(demand) for demand in priority.demands)
    return Outlook(
        priority.name,
        len(inside),
        len({cluster_of(case) for case in inside}),
        len(inside) * (variants * work.plan.replicates + 1),
        max(known) if len(known) == len(smallest) else None,
        False if obstacle else None if hangs else True,
        obstacle,
    )


def _needs_a_run(demand: Demand) -> bool:
    return demand.name == "cascade" or isinstance(demand.settings.get("reference"), str)


def _obstacle(priority: Priority, demand: Demand, cases: tuple[Case, ...]) -> str:
    """Judge the answers of a flawless model, and say why they would not pass."""
    if demand.name in ABSTAINING:
        inside = demand.name == "recall_of_abstention"
        slice_ = demand.settings["unanswerable"]
        cases = tuple(case for case in cases if matches(case, slice_) == inside)
    if not cases:
        return "no case lies in its slice"
    if _needs_a_run(demand):
        return ""
    evidence = _flawless(priority, demand, cases)
    metric = priority.metric
    try:
        if metric is not None and demand.requirement.scored and not metric.component.per_case:
            interval = jackknife(
                lambda rows: float(figure_of(demand, evidence.of(rows)).values.mean()),
                len(cases),
                evidence.clusters,
                priority.confidence,
                figure_of(demand, evidence).bounds,
                rarest=rarest_class([case.target for case in cases], evidence.clusters),
            )
        elif demand.name in FIGURES:
            interval = figure_of(demand, evidence).interval(priority.confidence, 0)
        elif demand.name == "ece":
            interval = mean_of_bounded(
                evidence.means(), evidence.clusters, priority.confidence, (0.0, 1.0), seed=0
            )
        else:
            interval = bound_of(demand, None, evidence, priority.confidence, 0).interval
    except SeatrialError as error:
        return str(error)
    if decision(priority, demand, interval) == "pass":
        return ""
    end = interval.high if ceiling_of(priority, demand) else interval.low
    return (
        f"even a flawless model would only show {end:.3g} with these {len(cases):,} cases, and "
        f"{demand.name} wants {demand.threshold:g}"
    )


def _flawless(priority: Priority, demand: Demand, cases: tuple[Case, ...]) -> Evidence:
    """Make up the evidence on a model that is always right, and as good under perturbation."""
    scored = priority.metric is not None and demand.requirement.scored
    component = priority.metric.component if priority.metric and scored else None
    bounds = component.bounds if component else (0.0, 1.0)
    better = component.higher_is_better if component else True
    if demand.name in ("ece", "brier"):
        better = False
    low, high = bounds or (0.0, 1.0)
    wants_low = demand.requirement.level and ceiling_of(priority, demand)
    best = low if wants_low or demand.name == "over_refusal" or not better else high
    cells = tuple(
        (use.label, severity)
        for use in priority.perturbations
        for severity in priority.severities_of(use)
    ) or (("clean", 0),)

    def reading(*shape: int) -> Reading:
        nowhere = np.zeros(shape, dtype=bool)
        return Reading(np.full(shape, best, dtype=np.float64), nowhere, nowhere)

    rows, columns = len(cases), len(cells)
    clusters = np.array([cluster_of(case) for case in cases], dtype=object)
    return Evidence(
        priority,
        cases,
        cells,
        reading(rows),
        reading(rows, columns),
        np.zeros((rows, columns)),
        clusters,
        bounds,
        better=better,
    )


def _smallest(priority: Priority, demand: Demand) -> int | None:
    """Give the number of clusters with which a flawless model passes one demand.

    None where it hangs on how they are spread: over groups, times or classes, or on a reference.
    """
    if demand.name in SPREAD:
        return None
    low, high = 0.0, 1.0
    requirement = demand.requirement
    if priority.metric is not None and requirement.scored:
        bounds = priority.metric.component.bounds
        if bounds is None:
            return 2
        low, high = bounds
    offset = low if requirement.level else 0.0
    share = min(1.0, max(0.0, (demand.threshold - offset) / (high - low)))
    return minimum_cases(share, priority.confidence, at_most=ceiling_of(priority, demand))
