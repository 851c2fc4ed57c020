"""Measure until every priority is decided, the most at risk first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from attrs import frozen

from .._cases import cluster_of
from .._plans import Priority, Specification, matches
from ..engine._schedule import Batch, Schedule
from ..errors import SeatrialError
from ..judging._evidence import Positions
from ..judging._family import failing_confidence
from ..judging._looks import Looks, Order
from ..judging._running import Running
from ..judging._sample import Sample
from ..runs._report import Report

__all__ = ["Early"]


@frozen
class Early:
    """Says what to measure next, until every priority is decided or the budget is spent.

    `report` reads what is measured into its columns as the run goes on, and `pending` marks what
    was still to be measured when it began.
    """

    specification: Specification
    schedule: Schedule
    report: Report
    pending: np.ndarray[Any, np.dtype[np.bool_]]
    size: int
    budget: int | None

    def phases(self) -> Iterator[Iterable[Batch]]:
        """Give the batches of each step, case by case in the order of the clusters."""
        specification = self.specification
        order = Order.of_report(specification, self.report)
        demands = sum(len(one.requirements) for one in specification.priorities)
        needs = [
            _Need(priority, self.schedule, order, specification.seed, demands)
            for priority in specification.priorities
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
            yield self.schedule.in_order(positions, self.pending, self.size)
            self.report.refresh(positions.tolist())
            need.look(self.report)


class _Need:
    """What one priority needs: its units in the order of measuring, and the looks at them."""

    def __init__(
        self, priority: Priority, schedule: Schedule, order: Order, seed: int, demands: int
    ) -> None:
        cases = schedule.cases
        inside = np.array([matches(case, priority.where) for case in cases], dtype=bool)
        units = np.flatnonzero(_wanted(priority, schedule) & inside[schedule.units[:, 3]])
        rank = order.rank[schedule.units[units, 3]]
        ordered = np.argsort(rank, kind="stable")
        at = np.flatnonzero(inside)
        names = np.array([cluster_of(cases[one]) for one in at.tolist()], dtype=object)
        self.priority = priority
        self._units, self._rank = units[ordered], rank[ordered]
        self._looks = Looks.of(order, at, names, sequential=True) if len(at) else None
        self._until, self._looked = -1, 0
        self._sample: Sample | None = None
        corrected = failing_confidence(priority.confidence, demands)
        self._demands = [
            Running(priority, one, order, seed, corrected) for one in priority.requirements
        ]
        self.settled = not len(units)

    @property
    def risk(self) -> float:
        """How much it matters to measure this priority next."""
        return self.priority.weight * max(one.closeness for one in self._demands)

    def next(self) -> Positions:
        """Give the units up to the next look, and count them as asked for."""
        looks = self._looks
        before = self._until
        if looks is not None and self._looked < min(looks.plan.planned, looks.reached):
            self._until = int(looks.last[looks.plan.sizes[self._looked] - 1])
            self._looked += 1
        else:
            self._until = int(self._rank[-1])
        first, last = np.searchsorted(self._rank, (before, self._until), side="right")
        return self._units[first:last]

    def look(self, report: Report) -> None:
        """Find out whether the priority is decided by now, and how close it is to its threshold."""
        if self._until >= self._rank[-1]:
            self.settled = True
            return
        try:
            self._sample = self._sample or Sample.of(self.priority, report)
        except SeatrialError:
            return
        for one in self._demands:
            one.step(self._sample, self._until)
        outcomes = [one.outcome for one in self._demands]
        self.settled = "fail" in outcomes or None not in outcomes


def _wanted(priority: Priority, schedule: Schedule) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Mark the units of one priority: the clean ones, and its perturbations at its severities."""
    use, severity = schedule.units[:, 0], schedule.units[:, 1]
    wanted = use < 0
    for given in priority.perturbations:
        at = schedule.labels.index(given.label)
        wanted = wanted | ((use == at) & np.isin(severity, priority.severities_of(given)))
    return np.asarray(wanted)
