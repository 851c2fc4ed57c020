"""One demand, the evidence on it, and the answer at a confidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from attrs import evolve, field, frozen

from .._plans import Priority
from .._requirements import Requirement
from .._values import FrozenMapping
from .._verdicts import DemandVerdict, VerdictOutcome
from ..errors import PlanError
from ..runs._report import Report
from ..statistics import Interval
from ..statistics._sample_size import cases_needed
from ._changed import changed_fractions, too_little_changed
from ._evidence import Evidence
from ._figures import Bound, bound_of
from ._sample import Sample
from ._set_metrics import interval_of_set_metric

__all__ = ["Answer", "Question", "decision", "questions_of"]


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
class Answer:
    """What came of one demand at one confidence: the decision, and what it rests on."""

    outcome: VerdictOutcome
    interval: Interval | None
    ends: tuple[float, float] | None
    notes: tuple[str, ...]
    details: Mapping[str, Any]
    confidence: float

    def verdict(self, requirement: Requirement, *, at_most: bool) -> DemandVerdict:
        """Put the answer into words."""
        notes, threshold = list(self.notes), requirement.threshold
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
        needed = None
        if decision(self.interval, threshold, at_most=at_most) == self.outcome == "inconclusive":
            needed = cases_needed(self.interval, threshold)
            if needed:
                notes.append(f"about {needed:,} more cases like these would decide")
            elif needed is None:
                notes.append("no number of cases like these would decide")
        return evolve(
            found,
            estimate=self.interval.estimate,
            interval=self.ends,
            cases_used=self.interval.cases,
            cases_needed=needed,
            note="; ".join(notes),
            details={
                **self.details,
                "method": self.interval.method,
                "clusters": self.interval.clusters,
            },
        )


@frozen
class Question:
    """One demand of a priority, with the evidence that the report has on it.

    `evidence` is None where the metric has no value for a single case, as macro F1 has none.
    `changed` is the fraction of inputs that each perturbation changed (in each group, where the
    demand is about groups).
    """

    priority: Priority
    requirement: Requirement
    sample: Sample
    seed: int
    evidence: Evidence | None
    notes: tuple[str, ...] = ()
    changed: Mapping[str, float] = FrozenMapping()
    _kept: dict[float, Answer] = field(factory=dict, init=False, repr=False, eq=False)

    @classmethod
    def ask(
        cls, priority: Priority, requirement: Requirement, sample: Sample, seed: int
    ) -> Question:
        """Gather the evidence: the cases that count, and what is known of each."""
        changed = changed_fractions(sample, requirement)
        right, demand = priority.right, requirement.demand
        if demand.scored and right is not None and not right.per_case:
            return cls(priority, requirement, sample, seed, None, changed=changed)
        evidence: Evidence = demand.load("evidence")(sample, requirement)
        usable = evidence.usable(paired=demand.paired)
        if not usable.any():
            msg = "no case of the slice could be measured: each was skipped"
            raise PlanError(msg)
        notes = () if usable.all() else (f"{int((~usable).sum())} cases skipped",)
        return cls(priority, requirement, sample, seed, evidence.of(usable), notes, changed)

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

    def answer(self, confidence: float) -> Answer:
        """Judge at a confidence; what was lost is supposed to be the worst, and the best."""
        if confidence not in self._kept:
            self._kept[confidence] = self._answer(confidence)
        return self._kept[confidence]

    def _answer(self, confidence: float) -> Answer:
        evidence = self.evidence
        if evidence is None:
            interval = interval_of_set_metric(
                self.priority, self.sample, confidence, drop=self.paired
            )
            return self.said(self.decision(interval), Bound(interval), confidence)
        errored, pending = evidence.lost(paired=self.paired)
        if not (errored | pending).any():
            bound = bound_of(self.requirement, evidence, confidence, self.seed)
            return self.said(self.decision(bound.interval), bound, confidence)
        bounds = []
        if evidence.bounds:
            bounds = [
                bound_of(self.requirement, one, confidence, self.seed)
                for one in self.supposed(evidence)
            ]
        decisions = {self.decision(bound.interval) for bound in bounds}
        stands = len(decisions) == 1 and decisions <= set(self.requirement.demand.certain)
        outcome = decisions.pop() if stands else "error" if errored.any() else "inconclusive"
        could = "could not change the verdict" if stands else "could change the verdict"
        notes = []
        if errored.any():
            notes.append(f"{int(errored.sum())} cases errored, which {could}")
        if pending.any():
            notes.append(f"{int(pending.sum())} cases are not measured yet, which {could}")
            bounds = self._estimated(bounds, evidence.of(~pending), confidence)
        first = bounds[0] if bounds else None
        return self.said(outcome, first, confidence, tuple(notes), bounds[1:])

    def _estimated(self, bounds: list[Bound], measured: Evidence, confidence: float) -> list[Bound]:
        """Estimate from what was measured alone: no case is wrong because nobody asked yet."""
        if not bounds or not measured.cases:
            return bounds
        try:
            worst, *_ = self.supposed(measured)
            found = bound_of(self.requirement, worst, confidence, self.seed)
        except PlanError:
            return bounds
        first, *others = bounds
        interval = evolve(
            first.interval, estimate=found.interval.estimate, cases=found.interval.cases
        )
        return [evolve(first, interval=interval, details=found.details), *others]

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
        if outcome == "pass" and (note := too_little_changed(self.changed, self.priority)):
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
