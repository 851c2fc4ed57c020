"""Deciding before everything is measured: in which order, up to where, and what is decided by then.

Clusters are measured in one random order, the same for all priorities, so that what one priority
needs serves the others too. After every step each priority is asked whether it is decided, by
wagers that may be looked at as often as one likes (`_sequential`); it then asks for no more cases.
Nothing here is remembered between steps: a killed run replays its steps from the records it has,
and goes on exactly as it would have.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from attrs import evolve, frozen

from .._cases import cluster_of
from .._plans import Priority, Specification, matches
from ..errors import PlanError, SeatrialError
from ._bounding import Bound
from ._course import Batch, Course
from ._figures import FIGURES, Figure, figure_of
from ._question import Answer, Question, questions_of, strict_confidence
from ._report import Report
from ._sample import Evidence
from ._sequential import Decision, always_valid, decide, last_look, measuring_order
from ._supposing import suppositions

__all__ = ["Early", "early_answer", "judged_early", "ranks"]

FIRST = 8
"""Clusters of a priority that are measured before its first look; a look at fewer is idle."""
GROWTH = 1.1
"""Each step measures this many times what was measured before: looks cost time."""

Positions = np.ndarray[Any, np.dtype[np.int64]]


def ranks(report: Report, seed: int) -> Positions:
    """Give the place of each case of a report in the order of measuring."""
    return _ranks([cluster_of(case) for case in report.cases], seed)


def _ranks(clusters: list[str], seed: int) -> Positions:
    order = measuring_order(np.array(clusters, dtype=object), len(clusters), seed=seed)
    found = np.empty(len(order), dtype=np.int64)
    found[order] = np.arange(len(order))
    return found


def judged_early(question: Question) -> bool:
    """Tell whether a demand can be decided before every case is measured."""
    evidence = question.evidence
    return evidence is not None and question.demand.name in FIGURES and bool(evidence.bounds)


def early_answer(
    question: Question, confidence: float, rank: Positions, limit: int | None = None
) -> Answer | None:
    """Answer a question from the clusters measured so far; None while nothing is decided.

    `limit` is how many clusters to look at, by default all that are complete. When every case has
    been measured, what looking early has left of the error is spent on one last look, and the
    answer stands whatever it is. Demands that are no mean over cases, or of a score without bounds,
    are only answered then.
    """
    if question.evidence is None:
        return None
    ordered = _in_order(question, question.evidence, rank)
    _, pending = ordered.lost(paired=question.paired)
    names = ordered.clusters
    ends = [*np.flatnonzero(names[1:] != names[:-1]) + 1, len(names)]
    complete = next((at for at, end in enumerate(ends) if pending[:end].any()), len(ends))
    looked = complete if limit is None else min(complete, limit)
    everything = looked == len(ends)
    if not judged_early(question):
        return question.answer(confidence) if everything else None
    if not looked:
        return None
    largest = int(np.diff([0, *ends]).max())
    part = ordered.of(np.arange(ends[looked - 1]))
    found = []
    errored, _ = part.lost(paired=question.paired)
    cases = (
        suppositions(question.demand, part, ceiling=question.ceiling) if errored.any() else (part,)
    )
    for one in cases:
        try:
            figure = figure_of(question.demand, one)
        except PlanError:
            return question.answer(confidence) if everything else None
        found.append((figure, _decided(question, figure, confidence, largest)))
    outcomes = {decision.outcome for _, decision in found}
    figure, decision = found[0]
    if len(outcomes) > 1 or decision.outcome is None:
        return _last(question, figure, confidence, largest) if everything else None
    interval = always_valid(
        figure.values, figure.clusters, confidence, bounds=figure.bounds, largest=largest
    )
    used = f"decided after {decision.cases:,} of {len(names):,} cases"
    answer = question.said(decision.outcome, Bound(interval, figure.details), confidence, (used,))
    return evolve(answer, interval=evolve(interval, cases=decision.cases))


def _in_order(question: Question, evidence: Evidence, rank: Positions) -> Evidence:
    """Bring the cases of a question into the order of measuring."""
    return evidence.of(np.argsort(rank[question.sample.cases], kind="stable"))


def _decided(question: Question, figure: Figure, confidence: float, largest: int) -> Decision:
    return decide(
        figure.values,
        figure.clusters,
        question.demand.threshold,
        confidence,
        bounds=figure.bounds,
        at_most=question.ceiling,
        largest=largest,
    )


def _last(question: Question, figure: Figure, confidence: float, largest: int) -> Answer:
    """Take the last look; near the threshold a run measures every case, and says so."""
    answer = question.answer(last_look(confidence))
    if answer.interval is None:
        return answer
    interval = always_valid(
        figure.values,
        figure.clusters,
        confidence,
        bounds=figure.bounds,
        largest=largest,
        last=answer.interval,
    )
    notes = (*answer.notes, "every case was measured")
    return evolve(answer, interval=interval, ends=interval.ends, notes=notes, confidence=confidence)


@frozen
class Early:
    """Says what to measure next, until every priority is decided or the budget is spent."""

    specification: Specification
    course: Course
    report: Callable[[], Report]
    pending: Callable[[], np.ndarray[Any, np.dtype[np.bool_]]]
    size: int
    budget: int | None

    def phases(self) -> Iterator[Iterator[Batch]]:
        """Give the batches of each step, clean inputs before perturbed ones."""
        cases = self.course.cases
        clusters = [cluster_of(case) for case in cases]
        rank = _ranks(clusters, self.specification.seed)
        order = np.argsort(rank)
        needs = [
            _Need.of(priority, self.course, clusters, order)
            for priority in self.specification.priorities
        ]
        asked = np.zeros(len(self.course), dtype=bool)
        while open_ := [need for need in needs if not need.settled]:
            need = max(open_, key=lambda one: one.risk)
            positions = need.next()
            positions = positions[~asked[positions]]
            if self.budget is not None:
                positions = positions[: max(0, self.budget - int(asked.sum()))]
                if not len(positions):
                    return
            asked[positions] = True
            pending = self.pending()
            wanted = np.zeros(len(self.course), dtype=bool)
            wanted[positions] = pending[positions]
            for phase in self.course.phases(wanted, self.size):
                yield iter(phase)
            self._look(need, rank)

    def _look(self, need: _Need, rank: Positions) -> None:
        """Find out whether a priority is decided by now, and how close it is to its threshold."""
        need.settled = need.measured == len(need.steps)
        if need.settled:
            return
        confidence = need.priority.confidence
        strict = strict_confidence(confidence, len(need.priority.demands))
        try:
            questions = questions_of(need.priority, self.report(), self.specification.seed)
            answers = [early_answer(one, confidence, rank, need.measured) for one in questions]
            failing = [early_answer(one, strict, rank, need.measured) for one in questions]
        except SeatrialError:
            return
        need.closeness = _closeness(questions, rank, need.measured)
        failed = any(answer is not None and answer.outcome == "fail" for answer in failing)
        met = all(answer is not None and answer.outcome != "fail" for answer in answers)
        need.settled = failed or met


def _closeness(questions: list[Question], rank: Positions, limit: int) -> float:
    """Give how close the nearest demand is to its threshold, 1 on it and 0 far away."""
    found = [0.0]
    for question in questions:
        evidence = question.evidence
        if evidence is None or not judged_early(question):
            return 1.0
        known = _in_order(question, evidence, rank)
        _, pending = known.lost(paired=question.paired)
        some = known.of(np.flatnonzero(~pending)[: max(limit, 1)])
        try:
            worst, *_ = suppositions(question.demand, some, ceiling=question.ceiling)
            figure = figure_of(question.demand, worst)
        except PlanError:
            return 1.0
        if len(figure.values):
            away = abs(float(figure.values.mean()) - question.demand.threshold)
            found.append(max(0.0, 1.0 - away))
    return max(found)


class _Need:
    """The clusters of one priority in the order of measuring, and how many were asked for."""

    def __init__(self, priority: Priority, steps: list[Positions]) -> None:
        self.priority = priority
        self.steps = steps
        self.measured = 0
        self.closeness = 1.0
        self.settled = not steps

    @classmethod
    def of(cls, priority: Priority, course: Course, clusters: list[str], order: Positions) -> _Need:
        inside = np.array([matches(case, priority.where) for case in course.cases], dtype=bool)
        wanted = _wanted(priority, course)
        by_case: dict[int, list[int]] = {}
        for position in np.flatnonzero(wanted & inside[course.units[:, 3]]).tolist():
            by_case.setdefault(int(course.units[position, 3]), []).append(position)
        by_cluster: dict[str, list[int]] = {}
        for case in order.tolist():
            if inside[case]:
                by_cluster.setdefault(clusters[case], []).extend(by_case.get(case, ()))
        steps = [np.array(positions, dtype=np.int64) for positions in by_cluster.values()]
        return cls(priority, steps)

    @property
    def risk(self) -> float:
        return self.priority.weight * self.closeness

    def next(self) -> Positions:
        """Give the positions of the next clusters, and count them as asked for."""
        until = max(self.measured + FIRST, int(self.measured * GROWTH))
        some = self.steps[self.measured : until]
        self.measured = min(until, len(self.steps))
        return np.concatenate(some)


def _wanted(priority: Priority, course: Course) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Mark the units of one priority: the clean ones, and its perturbations at its severities."""
    use, severity = course.units[:, 0], course.units[:, 1]
    wanted = use < 0
    for given in priority.perturbations:
        at = course.labels.index(given.label)
        wanted = wanted | ((use == at) & np.isin(severity, priority.severities_of(given)))
    return np.asarray(wanted)
