"""The verb `judge`: hold a report against what its specification demands."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from attrs import evolve, field, frozen

from .._findings import Verdict
from .._plans import REFUSALS, Priority, Specification
from .._requirements import Demand
from ..errors import PlanError, SeatrialError
from ._bounding import Bound, bound_of
from ._early import early_answer, ranks
from ._figures import FIGURES, figure_of
from ._intervals import Interval
from ._judgement import Judgement
from ._multiplicity import holm, p_value
from ._report import Report
from ._sample import Evidence, Sample
from ._sample_size import cases_needed
from ._supposing import settled, suppositions
from ._whole import whole_interval

__all__ = ["Question", "ceiling_of", "decision", "judge", "questions_of"]

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
GRAVEST_FIRST = ("fail", "error", "inconclusive", "pass")


def judge(specification: Specification, report: Report, /) -> Judgement:
    """Hold a report against a specification: pass, fail, inconclusive or error for each priority.

    A priority passes only when the conservative end of its interval clears the threshold, and fails
    only when the optimistic end misses it; each end is a one-sided bound at the priority's
    confidence. Cases that errored count as the worst and as the best possible: only if both lead to
    the same verdict does it stand, else the verdict is "error". Cases that an interrupted run has
    not reached are treated alike, and the verdict is then "inconclusive".

    "All pass" needs no correction for their number (intersection-union). The list of what failed
    does: a failure that would not be listed after Holm's correction says so in its note. Of several
    demands of one priority each fails at a confidence that makes up for their number.

    Nothing is measured; a priority whose perturbations the report lacks gets the verdict "error".
    """
    found = [
        _verdict(priority, report, specification.seed) for priority in specification.priorities
    ]
    return Judgement(specification.title, _corrected([verdict for verdict, _ in found], found))


Failing = Callable[[float], bool]
"""Whether a priority would still fail at another confidence."""


def questions_of(priority: Priority, report: Report, seed: int) -> list[Question]:
    """Gather what a report knows about each demand of a priority."""
    sample = Sample.of(priority, report)
    return [Question.ask(priority, demand, sample, seed) for demand in priority.demands]


def _verdict(priority: Priority, report: Report, seed: int) -> tuple[Verdict, Failing | None]:
    rank = ranks(report, seed) if report.sequential else None

    def answered(question: Question, confidence: float) -> Answer:
        early = None if rank is None else early_answer(question, confidence, rank)
        return early or question.answer(confidence)

    try:
        sample = Sample.of(priority, report)
    except SeatrialError as error:
        return Verdict(priority.name, "error", None, None, None, 0, None, str(error)), None
    questions: list[Question] = []
    answers: list[Answer] = []
    strict = _strict(priority.confidence, len(priority.demands))
    for demand in priority.demands:
        try:
            question = Question.ask(priority, demand, sample, seed)
            answer = answered(question, priority.confidence)
            if answer.outcome == "fail" and answered(question, strict).outcome != "fail":
                alone = f"{demand.name} fails by itself, but not as one of {len(priority.demands)}"
                answer = evolve(answer, outcome="inconclusive", notes=(*answer.notes, alone))
            answers.append(answer)
            questions.append(question)
        except SeatrialError as error:
            broken = Answer(demand, "error", None, None, (str(error),), {}, priority.confidence)
            answers.append(broken)
    gravest = min(answers, key=lambda answer: GRAVEST_FIRST.index(answer.outcome))
    verdict = gravest.verdict(priority)
    if len(answers) > 1:
        others = [answer.summary(priority) for answer in answers]
        verdict = evolve(verdict, details={**verdict.details, "demands": others})
    if verdict.outcome != "fail":
        return verdict, None

    def failing(confidence: float) -> bool:
        strict = _strict(confidence, len(answers))
        return any(answered(question, strict).outcome == "fail" for question in questions)

    return verdict, failing


def _strict(confidence: float, demands: int) -> float:
    """Give the confidence at which one of several demands may be said to fail."""
    return 1 - (1 - confidence) / demands


def _corrected(
    verdicts: list[Verdict], found: list[tuple[Verdict, Failing | None]]
) -> list[Verdict]:
    """Add to each failure its p-value, and whether it stands among that many priorities."""
    chances = [1.0 if failing is None else p_value(failing) for _, failing in found]
    for at, adjusted in enumerate(holm(chances)):
        verdict = verdicts[at]
        if verdict.outcome != "fail":
            continue
        allowed = 1 - float(verdict.details["confidence"])
        details = {**verdict.details, "p_value": chances[at], "p_value_holm": adjusted}
        note = verdict.note
        if adjusted > allowed:
            told = f"would not be listed as failed after correcting for {len(found)} priorities"
            note = f"{note}; {told}" if note else told
        verdicts[at] = evolve(verdict, details=details, note=note)
    return verdicts


def ceiling_of(priority: Priority, demand: Demand) -> bool:
    """Tell whether the figure of a demand must stay below the threshold."""
    stated = demand.requirement.ceiling
    if stated is not None:
        return stated
    return priority.metric is not None and not priority.metric.component.higher_is_better


def decision(priority: Priority, demand: Demand, interval: Interval) -> str:
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
    outcome: str
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

    def decision(self, interval: Interval) -> str:
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
        outcome: str,
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
