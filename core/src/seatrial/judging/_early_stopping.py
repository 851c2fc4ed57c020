"""Which demands are decided by the clusters measured so far."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from attrs import evolve, frozen

from .._cases import cluster_of
from .._seeds import derive
from ..errors import PlanError
from ..runs._report import Report
from ..statistics import Interval
from ..statistics._sequential import Decision, always_valid, decide, last_look
from ._changed import too_little_changed
from ._evidence import Evidence, Positions
from ._family import failing_confidence
from ._figures import Bound, Figure, figure_of
from ._question import Answer, Question

__all__ = [
    "FIRST",
    "GROWTH",
    "Look",
    "early_answer",
    "judged_early",
    "look",
    "measuring_ranks",
    "ranks",
]


FIRST = 8
"""Clusters of a priority that are measured before its first look; a look at fewer is idle."""


GROWTH = 1.1
"""Each step measures this many times what was measured before: looks cost time."""


def ranks(report: Report, seed: int) -> Positions:
    """Give the place of each case of a report in the order of measuring."""
    return measuring_ranks([cluster_of(case) for case in report.cases], seed)


def measuring_ranks(clusters: Sequence[str], seed: int) -> Positions:
    """Order cases by a hash of seed and cluster, and give the place of each.

    Clusters come whole, in an order that is random and does not depend on which others there are:
    adding cases keeps the order of those that were there. Within a cluster cases keep their order.
    """
    keys = {one: (derive(seed, "order of measuring", one), one) for one in set(clusters)}
    order = sorted(range(len(clusters)), key=lambda at: (*keys[clusters[at]], at))
    found = np.empty(len(order), dtype=np.int64)
    found[order] = np.arange(len(order))
    return found


def judged_early(question: Question) -> bool:
    """Tell whether a demand can be decided before every case is measured."""
    evidence = question.evidence
    return (
        evidence is not None
        and question.requirement.demand.figure is not None
        and not (question.requirement.demand.bound and question.requirement.earlier_run)
        and bool(evidence.bounds)
    )


@frozen
class Look:
    """What a demand is by now: decided or not, and how close to its threshold.

    `closeness` is 1 on the threshold and 0 far away; what cannot be decided early is as close as
    can be.
    """

    outcome: Literal["pass", "fail"] | None
    closeness: float


def look(
    question: Question, confidence: float, rank: Positions, limit: int, *, failing: int
) -> Look:
    """Look at the first `limit` clusters of a demand, as the run goes on.

    A demand stops at a pass at its own confidence, or at a failure that survives correction over
    the `failing` demands of its specification.
    """
    measured = _Measured.of(question, rank, limit)
    if measured is None or not measured.figures or not len(measured.figures[0].values):
        return Look(None, 1.0)
    decisions = measured.decisions(confidence)
    threshold = question.requirement.threshold
    closeness = max(0.0, 1.0 - abs(float(measured.figures[0].values.mean()) - threshold))
    if all(one.outcome == "pass" for one in decisions):
        changed = not too_little_changed(question.changed, question.priority)
        return Look("pass" if changed else None, closeness)
    strict = failing_confidence(confidence, failing)
    needed = decisions[0].needed + np.log((1 - confidence) / (1 - strict))
    failed = all(one.fail_stake >= needed for one in decisions)
    return Look("fail" if failed else None, closeness)


def early_answer(question: Question, confidence: float, rank: Positions) -> Answer | None:
    """Answer a question from the clusters measured so far; None while nothing is decided.

    When every case has been measured, what looking early has left of the error is spent on one
    last look, and the answer stands whatever it is. Demands that are no mean over cases, or of a
    score without bounds, are only answered then.
    """
    if question.evidence is None:
        return None
    _, pending = question.evidence.lost(paired=question.paired)
    everything = not pending.any()
    measured = _Measured.of(question, rank)
    if measured is None or not measured.figures:
        return question.answer(confidence) if everything else None
    answer = measured.answer(confidence)
    if answer is not None and answer.outcome != "inconclusive":
        return answer
    return measured.last(confidence) if everything else None


@frozen(eq=False)
class _Measured:
    """The clusters that are measured whole so far, in the order of measuring.

    `figures` has the values under the worst and the best that errors could hide, `largest` the size
    of the largest cluster, and `cases` how many cases there are in all.
    """

    question: Question
    figures: tuple[Figure, ...]
    largest: int
    cases: int

    @classmethod
    def of(cls, question: Question, rank: Positions, limit: int | None = None) -> _Measured | None:
        """Take what can be decided early; None where nothing can."""
        evidence = question.evidence
        if evidence is None or not judged_early(question):
            return None
        order = np.argsort(rank[evidence.at], kind="stable")
        _, pending = evidence.lost(paired=question.paired)
        names = evidence.clusters[order]
        ends = np.append(np.flatnonzero(names[1:] != names[:-1]) + 1, len(names))
        waiting = np.flatnonzero(pending[order])
        complete = int(np.searchsorted(ends, waiting[0], side="right")) if len(waiting) else None
        looked = min(one for one in (complete, limit, len(ends)) if one is not None)
        if not looked:
            return None
        part = evidence.of(order[: ends[looked - 1]])
        largest = int(np.diff(ends, prepend=0).max())
        return cls(question, _figures(question, part), largest, len(names))

    def decisions(self, confidence: float) -> list[Decision]:
        """Decide by wagers, for each supposition."""
        return [
            decide(
                figure.values,
                figure.clusters,
                self.question.requirement.threshold,
                confidence,
                bounds=figure.bounds,
                at_most=self.question.at_most,
                largest=self.largest,
            )
            for figure in self.figures
        ]

    def answer(self, confidence: float) -> Answer | None:
        """Give the decision with its interval; None unless all suppositions lead to the same."""
        decision, *others = self.decisions(confidence)
        if decision.outcome is None or any(one.outcome != decision.outcome for one in others):
            return None
        figure = self.figures[0]
        interval = self._interval(confidence)
        used = f"decided after {decision.cases:,} of {self.cases:,} cases"
        found = self.question.said(
            decision.outcome, Bound(interval, figure.details), confidence, (used,)
        )
        return evolve(found, interval=evolve(interval, cases=decision.cases))

    def last(self, confidence: float) -> Answer:
        """Take the last look; near the threshold a run measures every case, and says so."""
        answer = self.question.answer(last_look(confidence))
        if answer.interval is None:
            return answer
        interval = self._interval(confidence, answer.interval)
        notes = (*answer.notes, "every case was measured")
        return evolve(
            answer, interval=interval, ends=interval.ends, notes=notes, confidence=confidence
        )

    def _interval(self, confidence: float, last: Interval | None = None) -> Interval:
        figure = self.figures[0]
        return always_valid(
            figure.values,
            figure.clusters,
            confidence,
            bounds=figure.bounds,
            largest=self.largest,
            last=last,
        )


def _figures(question: Question, part: Evidence) -> tuple[Figure, ...]:
    """Give the figure of each case under the worst and the best that errors could hide."""
    errored, _ = part.lost(paired=question.paired)
    try:
        supposed = question.supposed(part) if errored.any() else (part,)
        return tuple(figure_of(question.requirement, one) for one in supposed)
    except PlanError:
        return ()
