"""Answer a question by the looks that were taken, each at the confidence set aside for it."""

from __future__ import annotations

from attrs import evolve

from ..errors import PlanError
from ._early_stopping import Measured, is_rate, judged_early
from ._looks import Levels, Looks, Order
from ._prospects import advice_of
from ._question import Answer, Question

__all__ = ["advised", "answer_of", "looks_of", "undecided"]


def looks_of(question: Question, order: Order) -> Looks:
    """Plan the looks at one demand."""
    sequential = order.sequential and judged_early(question)
    return Looks.of(order, question.at, question.clusters, sequential=sequential)


def answer_of(question: Question, order: Order, confidence: float) -> Answer:
    """Judge a demand: the first look that decides, unless the last one contradicts it.

    Where cases were added beyond what was planned, what all of them show is told with the
    confidence that remains true, and decides nothing at the one that is demanded. A slice may get
    more than its looks plan for although the run has not: that is no further look.
    """
    looks = looks_of(question, order)
    if looks.alone:
        return question.answer(Levels.both(confidence))
    if order.sequential and judged_early(question):
        found = _sequential(question, order, looks, confidence)
    else:
        found = _planned(question, order, looks, confidence)
    if not looks.unplanned:
        return found
    every = question.answer(Levels.both(confidence))
    if order.as_planned and not (
        _decides(found) and _decides(every) and found.outcome != every.outcome
    ):
        return _noted(found, _surplus(looks))
    return _unplanned(looks, found, every, confidence)


def advised(question: Question, order: Order, answer: Answer) -> Answer:
    """Say beside an undecided answer how many more cases would decide, and how likely that is."""
    interval = answer.interval
    if answer.outcome != "inconclusive" or interval is None:
        return answer
    if question.decision(interval) != "inconclusive":
        return answer
    advice = advice_of(question, interval, looks_of(question, order), answer.confidence)
    return evolve(answer, advice=advice)


def undecided(answer: Answer) -> Answer:
    """Take back what a limited run would decide."""
    if not _decides(answer):
        return answer
    return _noted(evolve(answer, outcome="inconclusive"), "a limited run decides nothing")


def _at(question: Question, order: Order, looks: Looks, clusters: int) -> Question:
    """Ask about the first so many clusters."""
    if clusters == looks.clusters:
        return question
    return question.within(looks.inside(order.rank, clusters))


def _planned(question: Question, order: Order, looks: Looks, confidence: float) -> Answer:
    """Look at the planned number, and at each point of the grid that was reached since."""
    sizes = looks.plan.sizes[: looks.reached].tolist()
    levels = looks.levels(
        question.requirement.threshold,
        confidence,
        at_most=question.at_most,
        rate=looks.single and is_rate(question),
    )
    answers = [
        evolve(_at(question, order, looks, size).answer(one), confidence=confidence)
        for size, one in zip(sizes, levels, strict=False)
    ]
    first, last = next((at for at, one in enumerate(answers) if _decides(one)), None), answers[-1]
    if first is not None and last.outcome == "inconclusive":
        note = f"decided at the look at {sizes[first]:,} of {_counted(looks, looks.clusters)}"
        return _noted(answers[first], note)
    waiting = looks.clusters - sizes[-1]
    if waiting and looks.reached < len(looks.plan.sizes):
        following = int(looks.plan.sizes[looks.reached])
        last = _noted(
            last,
            f"judged by the first {_counted(looks, sizes[-1])}; the next look is at {following:,}, "
            f"and {_counted(looks, waiting)} {'waits' if waiting == 1 else 'wait'} for it",
        )
    return last


def _surplus(looks: Looks) -> str:
    """Say that a slice got more than its last look has, though the run is as large as planned.

    They are left out: a boundary for a number that may depend on what was seen errs more often.
    """
    size = int(looks.plan.sizes[-1])
    more = looks.clusters - size
    return (
        f"{_counted(looks, more)} {'is' if more == 1 else 'are'} left out: the looks planned for "
        f"this slice go up to {size:,}"
    )


def _unplanned(looks: Looks, planned: Answer, every: Answer, confidence: float) -> Answer:
    """Tell what all cases show, with the confidence that remains true after so many looks."""
    more = looks.clusters - int(looks.plan.sizes[-1])
    were, do = ("was", "does") if more == 1 else ("were", "do")
    added = f"{_counted(looks, more)} {were} added after the last planned look"
    if _decides(planned) and every.outcome in (planned.outcome, "inconclusive"):
        return _noted(planned, f"{added}, and {do} not contradict the verdict")
    kept = looks.kept(confidence)
    would = {"pass": "pass", "fail": "fail"}.get(every.outcome, "decide nothing")
    note = (
        f"{added}; all cases together {would} at confidence {kept:.3f}, which is what remains "
        f"true, and not at {confidence:g} (state looks before measuring, or measure new cases in "
        "a new run)"
    )
    outcome = every.outcome if every.outcome == "error" else "inconclusive"
    return _noted(evolve(every, outcome=outcome, confidence=kept), note)


def _sequential(question: Question, order: Order, looks: Looks, confidence: float) -> Answer:
    """Walk through the looks that the run took; the first that decides is the answer."""
    evidence = question.evidence
    if evidence is None:
        return question.answer(Levels.both(confidence))
    try:
        measured = Measured.of(question, evidence, order.rank, looks)
    except PlanError:
        return question.answer(Levels.both(confidence))
    levels = measured.levels(looks, confidence)
    sizes = [int(one) for one in looks.plan.sizes if one <= measured.clusters]
    for size, level in zip(sizes, levels, strict=False):
        if measured.outcome(size, level):
            note = f"decided after {_cases(looks, size)}"
            answer = _at(question, order, looks, size).answer(level)
            if _decides(answer):  # what changed nothing does not pass, and is measured further
                return _noted(evolve(answer, confidence=confidence), note)
    if not sizes:
        return question.answer(Levels.both(confidence))
    last = len(sizes) - 1
    answer = _at(question, order, looks, sizes[last]).answer(levels[last])
    if measured.clusters == looks.clusters:
        note = "every case was measured"
    elif any(measured.hopeless(looks, at, levels, confidence) for at in range(len(sizes))):
        note = f"too close to tell after {_cases(looks, sizes[last])}"
    else:
        note = f"undecided after {_cases(looks, sizes[last])}"
    return _noted(evolve(answer, confidence=confidence), note)


def _counted(looks: Looks, clusters: int) -> str:
    return f"{clusters:,} {'case' if looks.single else 'cluster'}{'s' * (clusters != 1)}"


def _cases(looks: Looks, clusters: int) -> str:
    return f"{looks.cases[clusters - 1]:,} of {looks.cases[-1]:,} cases"


def _decides(answer: Answer) -> bool:
    return answer.outcome in ("pass", "fail")


def _noted(answer: Answer, note: str) -> Answer:
    return evolve(answer, notes=(note, *answer.notes))
