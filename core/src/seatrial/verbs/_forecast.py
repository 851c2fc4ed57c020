"""What a run will cost and what it can show, before it costs anything."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from attrs import asdict, frozen

from .._cases import Case, cluster_of
from .._plans import Plan, Priority, Specification, matches
from .._requirements import Requirement
from .._tables import Table, figure
from ..engine._workload import Workload
from ..errors import SeatrialError
from ..inputs._loading import load_cases
from ..judging._evidence import Evidence, Reading
from ..judging._figures import bound_of, estimate_of, figure_of
from ..judging._power import figure_to_pass, power_of
from ..judging._question import decision
from ..judging._set_metrics import rarest_class
from ..statistics import jackknife
from ..statistics._sample_size import minimum_cases

__all__ = ["Forecast", "Outlook", "forecast", "obstacles"]


@frozen
class Outlook:
    """How many cases one priority has, and how many it needs to be able to pass at all.

    `can_pass` is whether a flawless model would get the verdict "pass" from these cases, None where
    that depends on another run, or on a score that has no best value. `obstacle` says why not.
    `minimum` counts clusters, and is None where no single number says it.

    `power` is the probability that these cases decide the first demand if the model is as good as
    the priority expects (`Priority.expected`), and `clusters_for_power` how many decide it as
    expected with probability .8. `figure_to_pass` is the figure that a model must truly have to
    pass with probability .8 from these cases. Clusters are taken for independent.
    """

    priority: str
    cases: int
    clusters: int
    records: int
    minimum: int | None
    can_pass: bool | None
    obstacle: str = ""
    power: float | None = None
    clusters_for_power: int | None = None
    figure_to_pass: float | None = None


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
                figure(one.figure_to_pass),
                "—" if one.power is None else f"{one.power:.2f}",
                "—" if one.clusters_for_power is None else f"{one.clusters_for_power:,}",
            ]
            for one in self.priorities
        ]
        obstacles = [f"{one.priority}: {one.obstacle}" for one in self.priorities if one.obstacle]
        counts = (
            f"{self.cases:,} cases, {self.records:,} records, "
            f"at most {self.calls:,} inputs to the model"
        )
        columns = (
            "priority",
            "cases",
            "clusters",
            "records",
            "clusters needed",
            "can pass",
            "passes from",
            "power",
            "clusters for .8",
        )
        return Table(columns, tuple(rows), notes=(*obstacles, counts))

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
        if obstacle := _first_obstacle(priority, inside):
            yield f"{priority.name}: {obstacle}"


def _first_obstacle(priority: Priority, cases: tuple[Case, ...]) -> str:
    found = (_obstacle(priority, one, cases) for one in priority.requirements)
    return next((obstacle for obstacle in found if obstacle), "")


def _outlook(priority: Priority, work: Workload) -> Outlook:
    inside = tuple(case for case in work.cases if matches(case, priority.where))
    variants = sum(len(priority.severities_of(use)) for use in priority.perturbations)
    smallest = [_smallest(priority, one) for one in priority.requirements]
    known = [one for one in smallest if one is not None]
    obstacle = _first_obstacle(priority, inside)
    clusters = len({cluster_of(case) for case in _asked_about(priority.requirements[0], inside)})
    power = power_of(priority, priority.requirements[0], clusters)
    depends = any(_depends_on_answers(priority, one) for one in priority.requirements)
    return Outlook(
        priority.name,
        len(inside),
        len({cluster_of(case) for case in inside}),
        len(inside) * (variants * work.plan.replicates + 1),
        max(known) if len(known) == len(smallest) else None,
        False if obstacle else None if depends else True,
        obstacle,
        None if power is None else power.failing if obstacle else power.decided,
        None if power is None else power.clusters_needed,
        None if obstacle else figure_to_pass(priority, priority.requirements[0], clusters),
    )


def _obstacle(priority: Priority, requirement: Requirement, cases: tuple[Case, ...]) -> str:
    """Judge the answers of a flawless model, and say why they would not pass."""
    cases = _asked_about(requirement, cases)
    if not cases:
        return "no case lies in its slice"
    if _depends_on_answers(priority, requirement):
        return ""
    evidence = _flawless(priority, requirement, cases)
    right, at_most = priority.right, priority.at_most(requirement)
    try:
        if requirement.demand.scored and right is not None and not right.per_case:
            interval = jackknife(
                lambda rows: estimate_of(requirement, evidence.of(rows)),
                len(cases),
                evidence.clusters,
                priority.confidence,
                figure_of(requirement, evidence).bounds,
                rarest=rarest_class([case.target for case in cases], evidence.clusters),
            )
        else:
            interval = bound_of(requirement, evidence, priority.confidence, 0).interval
    except SeatrialError as error:
        return str(error)
    if decision(interval, requirement.threshold, at_most=at_most) == "pass":
        return ""
    end = interval.high if at_most else interval.low
    return (
        f"even a flawless model would only show {end:.3g} with these {len(cases):,} cases, and "
        f"{requirement.name} wants {requirement.threshold:g}"
    )


def _depends_on_answers(priority: Priority, requirement: Requirement) -> bool:
    """Tell whether no case says what is flawless: another run does, or a score has no best."""
    right = priority.right
    scored = requirement.demand.scored and right is not None
    return bool(requirement.earlier_run) or (scored and right is not None and not right.bounds)


def _asked_about(requirement: Requirement, cases: tuple[Case, ...]) -> tuple[Case, ...]:
    """Keep the cases that a demand on refusals is about."""
    where = requirement.settings.get("unanswerable")
    if where is None:
        return cases
    inside = not requirement.demand.at_most
    return tuple(case for case in cases if matches(case, where) == inside)


def _flawless(priority: Priority, requirement: Requirement, cases: tuple[Case, ...]) -> Evidence:
    """Make up the evidence on a model that is always right, and as good under perturbation.

    Where a demand says itself which end of the score it wants, flawless is that end.
    """
    demand, right = requirement.demand, priority.right
    best, bounds, better = demand.best, (0.0, 1.0), demand.best == 1.0
    if demand.scored and right is not None:
        best, bounds, better = right.best, right.bounds or (0.0, 1.0), right.higher_is_better
        if demand.level:
            best = bounds[0] if priority.at_most(requirement) else bounds[1]
    cells = tuple(
        (use.label, severity)
        for use in priority.perturbations
        for severity in priority.severities_of(use)
    ) or (("clean", 0),)

    def reading(*shape: int) -> Reading:
        nowhere = np.zeros(shape, dtype=bool)
        return Reading(np.full(shape, best, dtype=np.float64), nowhere, nowhere)

    shape = len(cases), len(cells)
    return Evidence(
        priority,
        cases,
        cells,
        reading(len(cases)),
        reading(*shape),
        np.zeros(shape),
        np.array([cluster_of(case) for case in cases], dtype=object),
        bounds,
        better=better,
        at=np.arange(len(cases)),
        more={name: np.full(shape, value) for name, value in demand.best_more.items()},
    )


def _smallest(priority: Priority, requirement: Requirement) -> int | None:
    """Give the number of clusters with which a flawless model passes one demand.

    None where it depends on how they are spread: over groups, times or classes, or on a reference.
    """
    demand, right = requirement.demand, priority.right
    if not demand.by_clusters:
        return None
    low, high = 0.0, 1.0
    if demand.scored and right is not None:
        if right.bounds is None:
            return 2
        low, high = right.bounds
    offset = low if demand.level else 0.0
    fraction = min(1.0, max(0.0, (requirement.threshold - offset) / (high - low)))
    return minimum_cases(fraction, priority.confidence, at_most=priority.at_most(requirement))
