"""Measure until every priority is decided, the most at risk first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from attrs import frozen

from .._cases import cluster_of
from .._plans import Priority, Specification, matches
from ..engine._schedule import Batch, Schedule
from ..errors import SeatrialError
from ..judging._early_stopping import FIRST, GROWTH, Positions, _closeness, _ranks, early_answer
from ..judging._question import questions_of, strict_confidence
from ..runs._report import Report

__all__ = ["Early"]


@frozen
class Early:
    """Says what to measure next, until every priority is decided or the budget is spent."""

    specification: Specification
    schedule: Schedule
    report: Callable[[], Report]
    pending: Callable[[], np.ndarray[Any, np.dtype[np.bool_]]]
    size: int
    budget: int | None

    def phases(self) -> Iterator[Iterator[Batch]]:
        """Give the batches of each step, case by case in the order of the clusters."""
        cases = self.schedule.cases
        clusters = [cluster_of(case) for case in cases]
        rank = _ranks(clusters, self.specification.seed)
        order = np.argsort(rank)
        needs = [
            _Need.of(priority, self.schedule, clusters, order)
            for priority in self.specification.priorities
        ]
        asked = np.zeros(len(self.schedule), dtype=bool)
        while open_ := [need for need in needs if not need.settled]:
            need = max(open_, key=lambda one: one.risk)
            positions = need.next()
            positions = positions[~asked[positions]]
            if self.budget is not None:
                positions = positions[: max(0, self.budget - int(asked.sum()))]
                if not len(positions):
                    return
            asked[positions] = True
            yield self.schedule.in_order(positions, self.pending(), self.size)
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


class _Need:
    """The clusters of one priority in the order of measuring, and how many were asked for."""

    def __init__(self, priority: Priority, steps: list[Positions]) -> None:
        self.priority = priority
        self.steps = steps
        self.measured = 0
        self.closeness = 1.0
        self.settled = not steps

    @classmethod
    def of(
        cls, priority: Priority, schedule: Schedule, clusters: list[str], order: Positions
    ) -> _Need:
        inside = np.array([matches(case, priority.where) for case in schedule.cases], dtype=bool)
        wanted = _wanted(priority, schedule)
        by_case: dict[int, list[int]] = {}
        for position in np.flatnonzero(wanted & inside[schedule.units[:, 3]]).tolist():
            by_case.setdefault(int(schedule.units[position, 3]), []).append(position)
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


def _wanted(priority: Priority, schedule: Schedule) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Mark the units of one priority: the clean ones, and its perturbations at its severities."""
    use, severity = schedule.units[:, 0], schedule.units[:, 1]
    wanted = use < 0
    for given in priority.perturbations:
        at = schedule.labels.index(given.label)
        wanted = wanted | ((use == at) & np.isin(severity, priority.severities_of(given)))
    return np.asarray(wanted)
