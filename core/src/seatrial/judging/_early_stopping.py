"""Which demands are decided by the clusters measured so far."""

from __future__ import annotations

from typing import Any

import numpy as np
from attrs import evolve

from .._cases import cluster_of
from ..errors import PlanError
from ..runs._report import Report
from ..statistics._sequential import Decision, always_valid, decide, last_look, measuring_order
from ._bounds import Bound
from ._estimands import FIGURES, Figure, figure_of
from ._missing import suppositions
from ._question import Answer, Question
from ._sample import Evidence

__all__ = [
    "FIRST",
    "GROWTH",
    "Positions",
    "_closeness",
    "_ranks",
    "early_answer",
    "judged_early",
    "ranks",
]


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
