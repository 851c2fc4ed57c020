"""What a run will cost and what it can show, before it costs anything."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from math import ceil
from typing import Any

from attrs import asdict, evolve, frozen

from .._arguments import check_kind
from .._cases import Case, cluster_of
from .._plans import Plan, Priority, Specification, matches
from .._requirements import Requirement
from .._tables import Table, figure
from ..engine._workload import Workload, check
from ..inputs._loading import Cases, load_cases
from ..judging._family import failing_confidence
from ..judging._power import Units, figures_to_decide, first_confidence, power_of
from ..statistics._sample_size import minimum_cases
from ._flawless import asked_about, depends_on_answers, obstacle

__all__ = ["DemandOutlook", "Forecast", "Outlook", "forecast", "obstacles"]

AIM = 0.8
Range = tuple[float, float]


@frozen
class DemandOutlook:
    """What these cases can show about one demand.

    `can_pass` is whether a flawless model would get the verdict "pass", None where that depends on
    another run, or on a score that has no best value; `obstacle` says why not. `minimum` counts the
    clusters with which it would, None where no single number says it.

    `power` is the probability of a decision if the model is as good as the priority expects
    (`Priority.expected`), and `cases_for_power` and `clusters_for_power` are how many decide it as
    expected with probability .8. Both are pairs: with the cases of a cluster all alike, and with
    cases that have nothing in common (or twice the same, for a stated ICC). `figure_to_pass` and
    `figure_to_fail` are what must be true of a model so that it passes, or fails, with probability
    .8, by the first of the two.
    """

    demand: str
    threshold: float
    can_pass: bool | None
    obstacle: str
    minimum: int | None
    power: Range | None
    cases_for_power: tuple[int, int] | None
    clusters_for_power: tuple[int, int] | None
    figure_to_pass: float | None
    figure_to_fail: float | None


@frozen
class Outlook:
    """How many cases one priority has, and what they can show about each of its demands."""

    priority: str
    cases: int
    clusters: int
    records: int
    demands: tuple[DemandOutlook, ...]

    @property
    def can_pass(self) -> bool | None:
        """Whether a flawless model would pass every demand; None where that is not known."""
        found = [one.can_pass for one in self.demands]
        return False if False in found else None if None in found else True

    @property
    def obstacle(self) -> str:
        """Why even a flawless model would not pass; empty where it would."""
        return next((one.obstacle for one in self.demands if one.obstacle), "")

    @property
    def minimum(self) -> int | None:
        """The smallest number of clusters that can pass; None where no single number says it."""
        found = [one.minimum for one in self.demands]
        known = [one for one in found if one is not None]
        return max(known) if len(known) == len(found) else None


@frozen
class Forecast:
    """Counts of a run before it starts; `calls` is the most inputs the model may be asked for.

    `notes` say what holds of all demands together, and what was assumed.
    """

    cases: int
    records: int
    calls: int
    priorities: tuple[Outlook, ...]
    notes: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Give the forecast as plain data."""
        found = asdict(self)
        for plain, one in zip(found["priorities"], self.priorities, strict=True):
            plain |= {"can_pass": one.can_pass, "obstacle": one.obstacle, "minimum": one.minimum}
        return found

    def table(self) -> Table:
        """Give the forecast as a table, with a row for each demand."""
        rows = [
            _row(one, demand, first=at == 0)
            for one in self.priorities
            for at, demand in enumerate(one.demands)
        ]
        told = [
            f"{one.priority}: {demand.obstacle}"
            for one in self.priorities
            for demand in one.demands
            if demand.obstacle
        ]
        counts = (
            f"{self.cases:,} cases, {self.records:,} records, "
            f"at most {self.calls:,} inputs to the model"
        )
        columns = (
            "priority",
            "demand",
            "cases",
            "clusters",
            "records",
            "clusters needed",
            "can pass",
            "passes from",
            "fails from",
            "power",
            "cases for .8",
        )
        return Table(columns, rows, notes=(*told, *self.notes, counts))

    def __str__(self) -> str:
        return str(self.table())


def forecast(
    plan: Plan | Specification, /, cases: Any = None, *, icc: float | None = None
) -> Forecast:
    """Count what a run would measure, and say what its cases can decide.

    The model is neither imported nor asked; the cases are. Perturbations that leave an input as it
    was cost no call, so the true number of calls may be lower. They are not applied here: cases to
    which one does not apply are counted too, and with them the power is overstated. Raises
    `PlanError` for what `run` would refuse: a group that no case has, a perturbation or a metric
    that does not fit. `icc` is the correlation that you expect between cases of one cluster, from 0
    to 1; without it both ends are told.
    """
    specification = plan if isinstance(plan, Specification) else None
    if isinstance(plan, Specification):
        cases = plan.cases if cases is None else cases
        plan = plan.plan()
    check_kind(plan, "plan", Plan, Specification)
    work = Workload(plan, load_cases(cases), "", ("",) * len(plan.perturbations))
    check(plan, work.cases, modalities=work.modalities)
    counts = Counter((unit.use, unit.severity) for unit in work.units())
    total = sum(counts.values())
    if specification is None:
        return Forecast(len(work.cases), total, total, ())
    ends = (1.0, 0.0) if icc is None else (icc, icc)
    outlooks = tuple(_outlook(one, specification, work, ends) for one in specification.priorities)
    notes = tuple(_notes(specification, outlooks, icc))
    return Forecast(len(work.cases), total, total, outlooks, notes)


def obstacles(specification: Specification, cases: Iterable[Case]) -> Iterator[str]:
    """Say what keeps even a flawless model from passing, for each priority where something does.

    Raises `PlanError` where the cases are none that can be measured so.
    """
    given = cases if isinstance(cases, Cases) else tuple(cases)
    check(specification.plan(), given, built=())
    for priority in specification.priorities:
        found = (
            obstacle(priority, one, given, specification.looks, specification.seed)
            for one in priority.requirements
        )
        if told := next((one for one in found if one), ""):
            yield f"{priority.name}: {told}"


def _outlook(
    priority: Priority, specification: Specification, work: Workload, ends: Range
) -> Outlook:
    inside = tuple(case for case in work.cases if matches(case, priority.where))
    variants = sum(len(priority.severities_of(use)) for use in priority.perturbations)
    return Outlook(
        priority.name,
        len(inside),
        len({cluster_of(case) for case in inside}),
        len(inside) * (variants * work.plan.replicates + 1),
        tuple(
            _demand(priority, one, inside, specification, ends, work.cases)
            for one in priority.requirements
        ),
    )


def _demand(
    priority: Priority,
    requirement: Requirement,
    inside: tuple[Case, ...],
    specification: Specification,
    ends: Range,
    cases: tuple[Case, ...],
) -> DemandOutlook:
    told = obstacle(priority, requirement, cases, specification.looks, specification.seed)
    confidence = first_confidence(priority.confidence, specification.looks)
    clusters = Counter(cluster_of(case) for case in asked_about(requirement, inside))
    found = DemandOutlook(
        requirement.name,
        requirement.threshold,
        False if told else None if depends_on_answers(priority, requirement) else True,
        told,
        _smallest(priority, requirement, confidence),
        *(None,) * 5,
    )
    if not clusters:
        return found
    return _with_power(found, priority, requirement, list(clusters.values()), ends, confidence)


def _with_power(
    found: DemandOutlook,
    priority: Priority,
    requirement: Requirement,
    sizes: list[int],
    ends: Range,
    confidence: float,
) -> DemandOutlook:
    per = sum(sizes) / len(sizes)
    if priority.weigh == "clusters":  # each is one value, however many cases it has
        sizes = [1] * len(sizes)
    cases = sum(sizes)
    size = sum(one * one for one in sizes) / cases
    units = [Units(cases, size, icc) for icc in ends]
    passes, fails = figures_to_decide(priority, requirement, units[0], confidence)
    found = evolve(found, figure_to_pass=None if found.obstacle else passes, figure_to_fail=fails)
    powers = [power_of(priority, requirement, one, confidence) for one in units]
    alike, apart = powers
    if alike is None or apart is None:
        return found
    told = [one.failing if found.obstacle else one.decided for one in (alike, apart)]
    found = evolve(found, power=(told[0], told[1]))
    if alike.cases_needed is None or apart.cases_needed is None:
        return found
    times = per * len(sizes) / cases
    needed = ceil(alike.cases_needed * times), ceil(apart.cases_needed * times)
    return evolve(
        found,
        cases_for_power=needed,
        clusters_for_power=(_clusters(needed[0], per), _clusters(needed[1], per)),
    )


def _clusters(cases: int, per: float) -> int:
    return int(-(-cases // per))


def _notes(
    specification: Specification, outlooks: tuple[Outlook, ...], icc: float | None
) -> Iterator[str]:
    """Say what the number of demands costs, and what was assumed."""
    demands = sum(len(one.demands) for one in outlooks)
    if demands > 1:
        confidence = min(one.confidence for one in specification.priorities)
        strict = failing_confidence(confidence, demands)
        yield (
            f"{demands} demands: that every one is met needs no correction; that one is not "
            f"(exit status 1) needs a failure at confidence {strict:.4f} in place of "
            f"{confidence:g}, which takes about {_cost(confidence, strict):.1f} times as many cases"
        )
    if specification.looks > 1:
        yield (
            f"looks = {specification.looks}: the planned look has .85 of the error, and these "
            "cases may be doubled "
            f"{specification.looks - 1} {'time' if specification.looks == 2 else 'times'}"  # noqa: PLR2004 - a plural
        )
    if any(one.clusters < one.cases for one in outlooks):
        yield (
            "power and cases run from clusters whose cases all come out alike to cases that have "
            "nothing in common; state the ICC that you expect (--icc)"
            if icc is None
            else f"power and cases assume an ICC of {icc:g} within clusters"
        )


def _cost(confidence: float, strict: float) -> float:
    """Give how many times the cases a stricter confidence takes, at a power of .8."""
    from scipy.special import ndtri

    reach = [float(ndtri(one) + ndtri(AIM)) for one in (confidence, strict)]
    return (reach[1] / reach[0]) ** 2


def _row(outlook: Outlook, demand: DemandOutlook, *, first: bool) -> list[str]:
    return [
        outlook.priority if first else "",
        f"{demand.demand} {demand.threshold:g}",
        f"{outlook.cases:,}" if first else "",
        f"{outlook.clusters:,}" if first else "",
        f"{outlook.records:,}" if first else "",
        "—" if demand.minimum is None else f"{demand.minimum:,}",
        {True: "yes", False: "no", None: "—"}[demand.can_pass],
        figure(demand.figure_to_pass),
        figure(demand.figure_to_fail),
        _range(demand.power, "{:.2f}"),
        _range(demand.cases_for_power, "{:,}"),
    ]


def _range(ends: tuple[float, float] | None, form: str) -> str:
    if ends is None:
        return "—"
    return " … ".join(dict.fromkeys(form.format(one) for one in sorted(ends)))


def _smallest(priority: Priority, requirement: Requirement, confidence: float) -> int | None:
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
    return minimum_cases(fraction, confidence, at_most=priority.at_most(requirement))
