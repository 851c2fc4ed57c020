"""Judge every priority of a specification by what a report knows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from attrs import evolve, frozen

from .._cases import cluster_of
from .._plans import Priority, Specification, matches
from .._verdicts import DemandVerdict, Verdict, VerdictOutcome
from ..errors import SeatrialError
from ..inputs._models import named
from ..inputs._slices import unknown_group
from ..runs._report import Report
from ..runs._report_table import SHOWN
from ..statistics._multiplicity import p_value
from ._answering import advised, answer_of, undecided
from ._baseline import majority_baseline, no_better_than
from ._family import Claim, adjusted, clear_pass
from ._judgement import Judgement
from ._looks import Order, is_limited, looked_at
from ._power import Units, first_confidence, power_of
from ._question import Answer, Question
from ._safety_case import arguments_of
from ._sample import Sample

__all__ = ["judgement_of", "verdicts_of"]

GRAVEST_FIRST = ("fail", "error", "inconclusive", "pass")


def judgement_of(specification: Specification, report: Report) -> Judgement:
    """Judge a report, of whatever model it is, and say if the run is not finished."""
    pending, planned = int((~report.columns.measured).sum()), len(report.columns.measured)
    note = f"the run is not finished: {pending:,} of {planned:,} records are not measured yet"
    notes = [note] if pending and not report.sequential else []
    if is_limited(specification, report):
        notes.append(
            f"the run was limited to {report.limit:,} case{'s' * (report.limit != 1)}: it decides "
            "nothing and is no look; run without a limit, or state one in the specification"
        )
    if learned := set(report.learned_from):
        left = sum(cluster_of(case) in learned for case in report.cases)
        model = "model" if report.provenance.repairs is None else "repaired model"
        notes.append(f"{left:,} cases that the {model} learned from are left out")
    notes += _model_notes(specification, report)
    looked = looked_at(specification, report)
    if not looked.recorded:
        notes.append(
            f"{report.path} cannot be written, so this look is not recorded: a later one will not "
            "count it, and keeps its error rate only if no cases were added since"
        )
    if looked.planned != specification.looks:
        notes.append(
            f"the first look at this run planned looks = {looked.planned}, which stands; the "
            f"specification now says {specification.looks}"
        )
    if looked.gone:
        notes.append(f"{looked.gone:,} cases that were judged before are no longer in the run")
    verdicts = verdicts_of(specification, report)
    errors = report.errors[:SHOWN]
    return Judgement(
        specification.title,
        verdicts,
        report.identity,
        tuple(notes),
        errors,
        specification.scope,
        arguments_of(specification),
    )


def _model_notes(specification: Specification, report: Report) -> Iterator[str]:
    """Say where the model that was measured is not that of the specification, and of what it is."""
    known, measured = report.provenance, report.identity or "a model without identity"
    wanted = None if specification.on_trial is None else named(specification.on_trial)
    if known.in_place_of is not None and wanted not in (None, known.model):
        yield f"the model is not the specification's: {measured}, in place of {wanted}"
    if known.repairs is not None:
        yield f"the model is a repair of {known.repairs}"


def verdicts_of(specification: Specification, report: Report) -> tuple[Verdict, ...]:
    """Give the verdict of each priority, its failures corrected over every demand of all."""
    order = Order.of_report(specification, report)
    limited = is_limited(specification, report)
    judged = [
        _Judged.of(priority, report, specification.seed, order, limited=limited)
        for priority in specification.priorities
    ]
    total = sum(len(one.demands) for one in judged)
    families = [one.tested(total) for one in judged]
    corrected = iter(adjusted([tested for family in families for tested in family]))
    found = []
    for one, family in zip(judged, families, strict=True):
        demands = [
            _corrected(demand, tested, next(corrected), total)
            for demand, tested in zip(one.demands, family, strict=True)
        ]
        found.append(one.verdict(demands, family))
    return tuple(found)


def _corrected(demand: DemandVerdict, tested: Claim, p_holm: float, total: int) -> DemandVerdict:
    """Add to a failure its p-values, and whether it survives the correction."""
    if demand.outcome != "fail":
        return demand
    found = evolve(demand, p_value=tested.p_value, p_value_holm=p_holm)
    if found.survives:
        return found
    note = f"{demand.demand} fails alone, not after correction for {total} demands"
    return evolve(found, note=f"{demand.note}; {note}" if demand.note else note)


@frozen(eq=False)
class _Judged:
    """One priority with the answers to its demands, before they are corrected."""

    priority: Priority
    demands: tuple[DemandVerdict, ...]
    questions: tuple[Question | None, ...]
    order: Order
    problem: str = ""
    unreached: bool = False
    baseline: float | None = None

    @classmethod
    def of(
        cls, priority: Priority, report: Report, seed: int, order: Order, *, limited: bool
    ) -> _Judged:
        try:
            sample = Sample.of(priority, report)
        except SeatrialError as error:
            where, cases = priority.where, report.cases
            unreached = limited and not any(matches(case, where) for case in cases)
            unreached = unreached and unknown_group(where, cases) is None
            return cls(priority, (), (), order, str(error), unreached)
        baseline = majority_baseline(sample)
        questions: list[Question | None] = []
        demands = []
        for requirement in priority.requirements:
            try:
                question = Question.ask(priority, requirement, sample, seed)
                answer = answer_of(question, order, priority.confidence)
                answer = undecided(answer) if limited else advised(question, order, answer)
            except SeatrialError as error:
                question = None
                answer = Answer("error", None, None, (str(error),), {}, priority.confidence)
            questions.append(question)
            demands.append(_noted(answer, question, baseline).verdict(requirement, priority))
        return cls(priority, tuple(demands), tuple(questions), order, baseline=baseline)

    def tested(self, total: int) -> list[Claim]:
        """Give what the correction needs of each demand; one that broke is no failure."""
        return [
            self._test(demand, question, total)
            for demand, question in zip(self.demands, self.questions, strict=True)
        ]

    def _test(self, demand: DemandVerdict, question: Question | None, total: int) -> Claim:
        confidence = self.priority.confidence
        p, cleared = 1.0, False
        if question is not None and demand.outcome == "fail":
            p = p_value(lambda strict: self._outcome(question, strict) == "fail")
        elif question is not None and demand.outcome == "pass" and total > 1:
            cleared = self._outcome(question, clear_pass(confidence, total)) == "pass"
        return Claim(p, 1 - confidence, cleared)

    def _outcome(self, question: Question, confidence: float) -> str:
        return answer_of(question, self.order, confidence).outcome

    def verdict(self, demands: Sequence[DemandVerdict], family: Sequence[Claim]) -> Verdict:
        """Put the gravest demand first; a failure must survive correction over the priority's."""
        name = self.priority.name
        if not demands:
            # The first cases of a source need not reach into every slice.
            outcome: VerdictOutcome = "inconclusive" if self.unreached else "error"
            return Verdict(name, outcome, None, None, None, 0, None, self.problem)
        inside = adjusted(family)
        allowed = 1 - self.priority.confidence
        read = [
            evolve(
                one,
                outcome="inconclusive",
                note=f"{one.demand} fails by itself, but not as one of {len(demands)}",
            )
            if one.outcome == "fail" and p > allowed
            else one
            for one, p in zip(demands, inside, strict=True)
        ]
        gravest = min(read, key=lambda one: GRAVEST_FIRST.index(one.outcome))
        more = {"demand": gravest.demand, "confidence": gravest.confidence}
        if gravest.p_value is not None:
            more |= {"p_value": gravest.p_value, "p_value_holm": gravest.p_value_holm}
        changed = [
            fraction
            for question in self.questions
            if question is not None
            for fraction in question.changed.values()
        ]
        return Verdict(
            name,
            gravest.outcome,
            gravest.estimate,
            gravest.interval,
            gravest.threshold,
            gravest.cases_used,
            gravest.cases_needed,
            gravest.note,
            {**more, **gravest.details},
            demands=demands,
            changed=min(changed, default=None),
            baseline=self.baseline,
            power=self._power(),
        )

    def _power(self) -> float | None:
        """Give the probability of passing the first demand if the model is as good as expected.

        Clusters count as one case each, as if the cases of one all came out alike.
        """
        first = self.questions[0]
        if first is None or first.evidence is None:
            return None
        sizes = np.unique(first.evidence.clusters.astype(str), return_counts=True)[1]
        units = Units(int(sizes.sum()), float(np.square(sizes).sum() / sizes.sum()), 1.0)
        confidence = first_confidence(self.priority.confidence, self.order.planned)
        power = power_of(self.priority, first.requirement, units, confidence)
        return None if power is None else power.passing


def _noted(answer: Answer, question: Question | None, baseline: float | None) -> Answer:
    """Say beside a paired demand that the model is no better than the baseline, if so."""
    if question is None or question.evidence is None or not question.requirement.demand.scored:
        return answer
    clean = question.evidence.clean.values
    known = clean[~np.isnan(clean)]
    details = {**answer.details, "clean": float(known.mean())} if len(known) else answer.details
    note = ""
    if question.paired:
        note = no_better_than(baseline, known, higher=question.evidence.better)
    return evolve(answer, details=details, notes=(*answer.notes, note) if note else answer.notes)
