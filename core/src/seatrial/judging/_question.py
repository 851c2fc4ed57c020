"""One demand, the evidence on it, and the answer at a confidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from attrs import evolve, field, frozen

from .._fitness import is_mean_over_cases
from .._plans import Priority
from .._requirements import Requirement
from .._values import FrozenMapping
from .._verdicts import DemandVerdict, VerdictOutcome
from ..errors import PlanError
from ..runs._report import Report
from ..statistics import Interval
from ._changed import changed_fractions, too_little_changed
from ._evidence import Evidence, Mask, Positions
from ._figures import Bound, bound_of
from ._looks import Levels
from ._merit import nothing_to_lose
from ._sample import Sample
from ._set_metrics import SetScore, interval_of_set_metric, score_of_set

__all__ = ["Advice", "Answer", "Question", "as_good_as", "decision", "questions_of"]


def questions_of(priority: Priority, report: Report, seed: int) -> list[Question]:
    """Gather what a report knows about each demand of a priority."""
    sample = Sample.of(priority, report)
    return [Question.ask(priority, one, sample, seed) for one in priority.requirements]


def decision(interval: Interval, threshold: float, *, at_most: bool) -> VerdictOutcome:
    """Decide: the conservative end clears the threshold, the other misses it, or neither."""
    low, high = interval.ends
    if at_most:
        low, high, threshold = -high, -low, -threshold
    return "pass" if low >= threshold else "fail" if high < threshold else "inconclusive"


@frozen
class Advice:
    """How many more cases would decide, with which probability; said in a note."""

    cases: int | None
    probability: float | None
    note: str


@frozen
class Answer:
    """What came of one demand at one confidence: the decision, and what it rests on."""

    outcome: VerdictOutcome
    interval: Interval | None
    ends: tuple[float, float] | None
    notes: tuple[str, ...]
    details: Mapping[str, Any]
    confidence: float
    advice: Advice | None = None

    def verdict(self, requirement: Requirement, priority: Priority) -> DemandVerdict:
        """Put the answer into words."""
        notes, threshold = list(self.notes), requirement.threshold
        at_most = priority.at_most(requirement)
        found = DemandVerdict(
            demand=requirement.name,
            outcome=self.outcome,
            threshold=threshold,
            at_most=at_most,
            confidence=self.confidence,
            details=self.details,
            note="; ".join(notes),
        )
        if self.interval is None:
            return found
        estimand = _estimand(requirement, priority)
        if self.interval.clusters < self.interval.cases:
            notes.append(f"{estimand}, {as_good_as(self.interval)}")
        advice = self.advice or Advice(None, None, "")
        if advice.note:
            notes.append(advice.note)
        return evolve(
            found,
            estimate=self.interval.estimate,
            interval=self.ends,
            cases_used=self.interval.cases,
            cases_needed=advice.cases,
            probability=advice.probability,
            note="; ".join(notes),
            details={
                **self.details,
                "method": self.interval.method,
                "clusters": self.interval.clusters,
                "effective_clusters": self.interval.effective_clusters,
                "estimand": estimand,
            },
        )


def _larger_than_stated(priority: Priority, sample: Sample) -> tuple[str, ...]:
    """Say that a cluster is larger than the largest that was to be expected, if so."""
    stated = priority.largest_cluster
    names, sizes = np.unique(sample.clusters.astype(str), return_counts=True)
    if stated is None or sizes.max() <= stated:
        return ()
    name, size = names[sizes.argmax()], int(sizes.max())
    return (f"cluster {name} has {size:,} cases, and largest_cluster says {stated:,}",)


def _estimand(requirement: Requirement, priority: Priority) -> str:
    """Say what counts alike in the figure."""
    mean = is_mean_over_cases(requirement, priority.right)
    return f"mean over {priority.weigh}" if mean else "every case counts alike"


def as_good_as(interval: Interval) -> str:
    """Say how many clusters there are, and how many equally large ones would tell as much."""
    clusters, worth = interval.clusters, interval.effective_clusters
    told = f"in {clusters:,} cluster{'s' if clusters > 1 else ''}"
    if worth > clusters - 0.5:
        return told
    return f"{told}, as good as {worth:,.3g} equal ones"


@frozen
class Question:
    """One demand of a priority, with the evidence that the report has on it.

    `evidence` is None where the metric has no value for a single case, as macro F1 has none.
    `changed` is the fraction of inputs that each perturbation changed (in each group, where the
    demand is about groups). `at` and `clusters` are the positions in the report and the clusters of
    every case that it is about, those too that were skipped.
    """

    priority: Priority
    requirement: Requirement
    sample: Sample
    seed: int
    evidence: Evidence | None
    at: Positions
    clusters: np.ndarray[Any, Any]
    notes: tuple[str, ...] = ()
    changed: Mapping[str, float] = FrozenMapping()
    _kept: dict[Levels, Answer] = field(factory=dict, init=False, repr=False, eq=False)
    _parts: dict[bytes, Question] = field(factory=dict, init=False, repr=False, eq=False)

    @classmethod
    def ask(
        cls, priority: Priority, requirement: Requirement, sample: Sample, seed: int
    ) -> Question:
        """Gather the evidence: the cases that count, and what is known of each."""
        sample = sample.at_severities(requirement.severities)
        changed = changed_fractions(sample, requirement)
        right, demand = priority.right, requirement.demand
        if demand.scored and right is not None and not right.per_case:
            at, clusters = sample.cases, sample.clusters
            return cls(priority, requirement, sample, seed, None, at, clusters, changed=changed)
        evidence: Evidence = demand.load("evidence")(sample, requirement)
        usable = evidence.usable(paired=demand.paired)
        if not usable.any():
            why = sample.why_skipped()
            told = "" if why is None else f", the first because {why}"
            msg = f"no case of the slice could be measured: each was skipped{told}"
            raise PlanError(msg)
        skipped = () if usable.all() else (f"{int((~usable).sum())} cases skipped",)
        notes = (*skipped, *_larger_than_stated(priority, sample))
        return cls(
            priority,
            requirement,
            sample,
            seed,
            evidence.of(usable),
            evidence.at,
            evidence.clusters,
            notes,
            changed,
        )

    def within(self, chosen: Mask) -> Question:
        """Ask about some cases alone, marked by their position in the report."""
        if (key := chosen.tobytes()) not in self._parts:
            self._parts[key] = (
                evolve(self, sample=self.sample.keep(chosen[self.sample.cases]))
                if self.evidence is None
                else evolve(self, evidence=self.evidence.of(chosen[self.evidence.at]))
            )
        return self._parts[key]

    @cached_property
    def score(self) -> SetScore:
        """What scores a metric of the whole set; it keeps what it scored for other bounds."""
        return score_of_set(self.priority, self.sample, drop=self.paired)

    @property
    def paired(self) -> bool:
        """Whether the clean answers are part of the figure."""
        return self.requirement.demand.paired

    @property
    def at_most(self) -> bool:
        """Whether the figure must not exceed the threshold."""
        return self.priority.at_most(self.requirement)

    def decision(self, interval: Interval) -> VerdictOutcome:
        """Decide by an interval."""
        return decision(interval, self.requirement.threshold, at_most=self.at_most)

    def supposed(self, evidence: Evidence) -> tuple[Evidence, ...]:
        """Fill in what was lost, in the way worst for the demand first."""
        found: tuple[Evidence, ...] = self.requirement.demand.load("missing")(
            self.requirement, evidence, at_most=self.at_most
        )
        return found

    def answer(self, levels: Levels) -> Answer:
        """Judge at a confidence; what was lost is supposed to be the worst, and the best."""
        if levels not in self._kept:
            self._kept[levels] = self._answer(levels)
        return self._kept[levels]

    def bound(self, evidence: Evidence | None, levels: Levels) -> Bound:
        """Bound the figure, each end at its own confidence."""
        found = self._bound_at(evidence, levels.passing)
        if levels.failing == levels.passing:
            return found
        other = self._bound_at(evidence, levels.failing).interval
        low, high = found.interval.ends
        ends = (other.low, high) if self.at_most else (low, other.high)
        return evolve(found, interval=evolve(found.interval, low=ends[0], high=ends[1]))

    def _bound_at(self, evidence: Evidence | None, confidence: float) -> Bound:
        if evidence is None:
            clusters, largest = self.sample.clusters, self.priority.largest_cluster
            return Bound(interval_of_set_metric(self.score, clusters, confidence, largest))
        return bound_of(self.requirement, evidence, confidence, self.seed)

    def _answer(self, levels: Levels) -> Answer:
        evidence, confidence = self.evidence, levels.passing
        if evidence is None:
            if unmeasured := self.sample.pending():
                note = (
                    f"{unmeasured:,} cases are not measured yet, and a metric of the set needs "
                    "every one"
                )
                return Answer("inconclusive", None, None, (note,), {}, confidence)
            bound = self.bound(None, levels)
            return self.said(self.decision(bound.interval), bound, confidence)
        errored, pending = evidence.lost(paired=self.paired)
        if not (errored | pending).any():
            bound = self.bound(evidence, levels)
            return self.said(self.decision(bound.interval), bound, confidence)
        bounds = []
        if evidence.bounds:
            bounds = [self.bound(one, levels) for one in self.supposed(evidence)]
        decisions = {self.decision(bound.interval) for bound in bounds}
        stands = len(decisions) == 1 and decisions <= set(self.requirement.demand.certain)
        outcome = decisions.pop() if stands else "error" if errored.any() else "inconclusive"
        could = "could not change the verdict" if stands else "could change the verdict"
        notes = []
        if errored.any():
            notes.append(f"{int(errored.sum())} cases errored, which {could}")
        if pending.any():
            notes.append(f"{int(pending.sum())} cases are not measured yet, which {could}")
            bounds = self._estimated(bounds, evidence.of(~pending), levels)
        first = bounds[0] if bounds else None
        return self.said(outcome, first, confidence, tuple(notes), bounds[1:])

    def _estimated(self, bounds: list[Bound], measured: Evidence, levels: Levels) -> list[Bound]:
        """Estimate from what was measured alone: no case is wrong because nobody asked yet."""
        if not bounds or not measured.cases:
            return bounds
        try:
            worst, *_ = self.supposed(measured)
            found = self.bound(worst, levels)
        except PlanError:
            return bounds
        first, *others = bounds
        interval = evolve(
            first.interval, estimate=found.interval.estimate, cases=found.interval.cases
        )
        return [evolve(first, interval=interval, details=found.details), *others]

    def _why_no_pass(self) -> str:
        """Say what keeps a figure that is good enough from proving anything, if something does."""
        return too_little_changed(self.changed, self.priority) or nothing_to_lose(
            self.requirement, self.sample, self.evidence
        )

    def said(
        self,
        outcome: VerdictOutcome,
        bound: Bound | None,
        confidence: float,
        notes: tuple[str, ...] = (),
        others: Sequence[Bound] = (),
    ) -> Answer:
        """Put a decision together with the interval that it rests on; its ends span the others."""
        notes = (*notes, *self.notes)
        if outcome == "pass" and (note := self._why_no_pass()):
            outcome, notes = "inconclusive", (note, *notes)
        if bound is None:
            return Answer(outcome, None, None, notes, {}, confidence)
        lows, highs = zip(*(one.interval.ends for one in (bound, *others)), strict=True)
        return Answer(
            outcome,
            bound.interval,
            (min(lows), max(highs)),
            (*notes, *((bound.note,) if bound.note else ())),
            bound.details,
            confidence,
        )
