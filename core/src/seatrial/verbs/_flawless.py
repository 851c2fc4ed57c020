"""What a flawless model would get from these cases: whether a demand can pass at all."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._cases import Case, cluster_of
from .._plans import Priority, matches
from .._requirements import Requirement
from ..errors import SeatrialError
from ..inputs._slices import empty_slice
from ..judging._answering import answer_of
from ..judging._evidence import Evidence, Reading
from ..judging._figures import estimate_of, figure_of
from ..judging._looks import Order
from ..judging._power import first_confidence
from ..judging._question import Question, as_good_as, decision
from ..judging._set_metrics import rarest_class
from ..runs._looks import Looked
from ..statistics import Interval, jackknife

__all__ = ["asked_about", "depends_on_answers", "obstacle"]


def obstacle(
    priority: Priority, requirement: Requirement, cases: tuple[Case, ...], looks: int, seed: int
) -> str:
    """Judge the answers of a flawless model as a run would, and say why they would not pass.

    `cases` are those of the run; what lies outside the slice is left aside.
    """
    inside = tuple(case for case in cases if matches(case, priority.where))
    if not inside:
        return empty_slice(priority.where, cases)
    cases = asked_about(requirement, inside)
    if not cases:
        return f"{requirement.name} is about cases of which its slice has none"
    if depends_on_answers(priority, requirement):
        return ""
    evidence = _flawless(priority, requirement, cases)
    right, at_most = priority.right, priority.at_most(requirement)
    try:
        if requirement.demand.scored and right is not None and not right.per_case:
            interval = _of_the_set(priority, requirement, evidence, looks)
            outcome: str = decision(interval, requirement.threshold, at_most=at_most)
            why = ""
        else:
            outcome, interval, why = _answer(priority, requirement, evidence, looks, seed)
    except SeatrialError as error:
        return str(error)
    if outcome == "pass":
        return ""
    end = interval.high if at_most else interval.low
    spread = f" {as_good_as(interval)}" if interval.clusters < len(cases) else ""
    return (
        f"even a flawless model would only show {end:.3g} with these {len(cases):,} cases{spread}, "
        f"and {requirement.name} wants {requirement.threshold:g}{why}"
    )


def depends_on_answers(priority: Priority, requirement: Requirement) -> bool:
    """Tell whether no case says what is flawless: another run does, or a score has no best."""
    right = priority.right
    scored = requirement.demand.scored and right is not None
    return bool(requirement.earlier_run) or (scored and right is not None and not right.bounds)


def asked_about(requirement: Requirement, cases: tuple[Case, ...]) -> tuple[Case, ...]:
    """Keep the cases that a demand on refusals is about."""
    where = requirement.settings.get("unanswerable")
    if where is None:
        return cases
    inside = not requirement.demand.at_most
    return tuple(case for case in cases if matches(case, where) == inside)


def _answer(
    priority: Priority, requirement: Requirement, evidence: Evidence, looks: int, seed: int
) -> tuple[str, Interval, str]:
    """Answer the question at the first look, exactly as the judge does, and say what it notes."""
    sample: Any = None  # there is no report to read from
    question = Question(
        priority, requirement, sample, seed, evidence, evidence.at, evidence.clusters
    )
    looked = Looked.first(len(evidence.cases), looks)
    order = Order.of(evidence.cases, looked, seed, sequential=False)
    answer = answer_of(question, order, priority.confidence)
    if answer.interval is None:
        msg = "; ".join(answer.notes)
        raise SeatrialError(msg)
    return answer.outcome, answer.interval, "".join(f": {one}" for one in answer.notes)


def _of_the_set(
    priority: Priority, requirement: Requirement, evidence: Evidence, looks: int
) -> Interval:
    return jackknife(
        lambda rows: estimate_of(requirement, evidence.of(rows)),
        len(evidence.cases),
        evidence.clusters,
        first_confidence(priority.confidence, looks),
        figure_of(requirement, evidence).bounds,
        rarest=rarest_class([case.target for case in evidence.cases], evidence.clusters),
        largest=priority.largest_cluster,
    )


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
        for severity in requirement.severities or priority.severities_of(use)
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
