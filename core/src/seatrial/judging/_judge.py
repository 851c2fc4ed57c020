"""The verb `judge`: hold a report against what its specification demands."""

from __future__ import annotations

from collections.abc import Callable

from attrs import evolve

from .._findings import Verdict
from .._plans import Priority, Specification
from ..errors import SeatrialError
from ..runs._report import Report
from ..statistics._multiplicity import holm, p_value
from ._early_stopping import early_answer, ranks
from ._judgement import Judgement
from ._question import Answer, Question, strict_confidence
from ._sample import Sample

__all__ = ["judge"]

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
    strict = strict_confidence(priority.confidence, len(priority.demands))
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
        strict = strict_confidence(confidence, len(answers))
        return any(answered(question, strict).outcome == "fail" for question in questions)

    return verdict, failing


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
