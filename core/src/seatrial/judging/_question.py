"""One demand, the evidence on it, and the answer at a confidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from attrs import evolve, field, frozen

from .._findings import Verdict, VerdictOutcome
from .._plans import REFUSALS, Priority
from .._requirements import Demand
from ..errors import PlanError
from ..runs._report import Report
from ..statistics import Interval
from ..statistics._sample_size import cases_needed
from ._bounds import Bound, bound_of
from ._estimands import FIGURES, figure_of
from ._missing import settled, suppositions
from ._sample import Evidence, Sample
from ._set_metrics import whole_interval

__all__ = ["Answer", "Question", "ceiling_of", "decision", "questions_of", "strict_confidence"]

AGREEING = ("min_agreement", "flip_rate")
ABSTAINING = ("recall_of_abstention", "over_refusal")
CLEAN_TOO = (
    "max_drop",
    "weighted_mean",
    "weighted_drop",
    "attack_success",
    "relative_corruption_error",
    "cascade",
    *AGREEING,
)


def questions_of(priority: Priority, report: Report, seed: int) -> list[Question]:
    """Gather what a report knows about each demand of a priority."""
    sample = Sample.of(priority, report)
    return [Question.ask(priority, demand, sample, seed) for demand in priority.demands]


def strict_confidence(confidence: float, demands: int) -> float:
    """Give the confidence at which one of several demands may be said to fail."""
    return 1 - (1 - confidence) / demands


def ceiling_of(priority: Priority, demand: Demand) -> bool:
    """Tell whether the figure of a demand must stay below the threshold."""
    stated = demand.requirement.ceiling
    if stated is not None:
        return stated
    return priority.metric is not None and not priority.metric.component.higher_is_better


def decision(priority: Priority, demand: Demand, interval: Interval) -> VerdictOutcome:
    """Decide: the conservative end clears the threshold, the other misses it, or neither."""
    low, high = interval.ends
    threshold = demand.threshold
    if ceiling_of(priority, demand):
        low, high, threshold = -high, -low, -threshold
    return "pass" if low >= threshold else "fail" if high < threshold else "inconclusive"


@frozen
class Answer:
    """What came of one demand: the decision, its interval, and what stands beside it."""

    demand: Demand
    outcome: VerdictOutcome
    interval: Interval | None
    ends: tuple[float, float] | None
    notes: tuple[str, ...]
    details: Mapping[str, Any]
    confidence: float

    def summary(self, priority: Priority) -> dict[str, Any]:
        """Give the answer as plain data, for a priority with several demands."""
        return {
            "demand": self.demand.name,
            "ceiling": ceiling_of(priority, self.demand),
            "outcome": self.outcome,
            "estimate": None if self.interval is None else self.interval.estimate,
            "interval": None if self.ends is None else list(self.ends),
            "threshold": self.demand.threshold,
        }

    def verdict(self, priority: Priority) -> Verdict:
        """Put the answer into words."""
        threshold = self.demand.threshold
        notes = list(self.notes)
        details: dict[str, Any] = {
            "demand": self.demand.name,
            "confidence": self.confidence,
            **self.details,
        }
        if self.interval is None:
            return Verdict(
                priority.name,
                self.outcome,
                None,
                None,
                threshold,
                0,
                note="; ".join(notes),
                details=details,
            )
        needed = None
        if self.outcome == "inconclusive":
            needed = cases_needed(self.interval, threshold)
            if needed:
                notes.append(f"about {needed:,} more cases like these would decide")
            elif needed is None:
                notes.append("no number of cases like these would decide")
        details |= {"method": self.interval.method, "clusters": self.interval.clusters}
        return Verdict(
            priority.name,
            self.outcome,
            self.interval.estimate,
            self.ends,
            threshold,
            self.interval.cases,
            needed,
            "; ".join(notes),
            details,
        )


@frozen
class Question:
    """One demand of a priority, with the evidence that the report has on it."""

    priority: Priority
    demand: Demand
    sample: Sample
    seed: int
    evidence: Evidence | None
    notes: tuple[str, ...] = ()
    _kept: dict[float, Answer] = field(factory=dict, init=False, repr=False, eq=False)

    @classmethod
    def ask(cls, priority: Priority, demand: Demand, sample: Sample, seed: int) -> Question:
        """Gather the evidence: the cases that count, and what is known of each."""
        if _whole(priority, demand):
            return cls(priority, demand, sample, seed, None)
        if demand.name in ABSTAINING:
            unanswerable = demand.settings["unanswerable"]
            sample = sample.within(unanswerable, inside=demand.name == "recall_of_abstention")
            told = priority.metric and priority.relation in REFUSALS
            source = sample.scores() if told else sample.refusals()
            evidence = sample.evidence(source)
        elif demand.name == "ppv_at":
            evidence = sample.evidence(sample.told_apart(demand.settings["positive"]))
        elif demand.name in AGREEING:
            evidence = sample.agreement()
        elif demand.name == "brier":
            evidence = evolve(sample.evidence(sample.brier()), better=False)
        elif demand.requirement.scored:
            evidence = sample.evidence()
            if "queries" in demand.settings:
                evidence = evolve(evidence, queries=sample.queries())
        else:
            evidence = sample.evidence(np.where(sample.report.columns.answer < 0, np.nan, 0.0))
        usable = evidence.usable(paired=demand.name in CLEAN_TOO)
        if not usable.any():
            msg = "no case of the slice could be measured: each was skipped"
            raise PlanError(msg)
        notes = () if usable.all() else (f"{int((~usable).sum())} cases skipped",)
        if not usable.all():
            sample = sample.keep(usable)
        return cls(priority, demand, sample, seed, evidence.of(usable), notes)

    @property
    def paired(self) -> bool:
        """Whether the clean answers are part of the figure."""
        return self.demand.name in CLEAN_TOO

    @property
    def ceiling(self) -> bool:
        """Whether the figure must stay below the threshold."""
        return ceiling_of(self.priority, self.demand)

    def decision(self, interval: Interval) -> VerdictOutcome:
        """Decide by an interval."""
        return decision(self.priority, self.demand, interval)

    def answer(self, confidence: float) -> Answer:
        """Judge at a confidence; what was lost is supposed to be the worst, and the best."""
        if confidence not in self._kept:
            self._kept[confidence] = self._answer(confidence)
        return self._kept[confidence]

    def _answer(self, confidence: float) -> Answer:
        evidence = self.evidence
        if evidence is None:
            interval = whole_interval(self.priority, self.demand.name, self.sample, confidence)
            return self.said(self.decision(interval), Bound(interval), confidence)
        errored, pending = evidence.lost(paired=self.paired)
        if not (errored | pending).any():
            bound = self._bound(evidence, confidence)
            return self.said(self.decision(bound.interval), bound, confidence)
        bounds = []
        if evidence.bounds:
            supposed = suppositions(self.demand, evidence, ceiling=self.ceiling)
            bounds = [self._bound(one, confidence) for one in supposed]
        decisions = {self.decision(bound.interval) for bound in bounds}
        stands = settled(self.demand, decisions)
        outcome = decisions.pop() if stands else "error" if errored.any() else "inconclusive"
        could = "could not change the verdict" if stands else "could change the verdict"
        notes = []
        if errored.any():
            notes.append(f"{int(errored.sum())} cases errored, which {could}")
        if pending.any():
            notes.append(f"{int(pending.sum())} cases are not measured yet, which {could}")
        first = bounds[0] if bounds else None
        return self.said(outcome, first, confidence, tuple(notes), bounds[1:])

    def _bound(self, evidence: Evidence, confidence: float) -> Bound:
        if self.demand.name in FIGURES:
            figure = figure_of(self.demand, evidence)
            return Bound(figure.interval(confidence, self.seed), figure.details, figure.note)
        return bound_of(self.demand, self.sample, evidence, confidence, self.seed)

    def said(
        self,
        outcome: VerdictOutcome,
        bound: Bound | None,
        confidence: float,
        notes: tuple[str, ...] = (),
        others: Sequence[Bound] = (),
    ) -> Answer:
        """Put a decision together with the interval that it rests on; its ends span the others."""
        if bound is None:
            told = (*notes, *self.notes)
            return Answer(self.demand, outcome, None, None, told, {}, confidence)
        ends = zip(*(one.interval.ends for one in (bound, *others)), strict=True)
        lows, highs = ends
        return Answer(
            self.demand,
            outcome,
            bound.interval,
            (min(lows), max(highs)),
            (*notes, *self.notes, *((bound.note,) if bound.note else ())),
            bound.details,
            confidence,
        )


def _whole(priority: Priority, demand: Demand) -> bool:
    """Tell whether the metric itself has no value for a single case, as macro F1 has none."""
    metric = priority.metric
    return metric is not None and demand.requirement.scored and not metric.component.per_case
