"""Preferences from the failures that a run found."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Any

from seatrial import Case, Outcome, Preference
from seatrial.kit import cluster_of, plain

from ._made import Made, Making

if TYPE_CHECKING:
    from seatrial import Report

__all__ = ["failures"]

CLEAN = "clean"


def failures(
    report: Report,
    *,
    metric: str | None = None,
    held_out: float = 0.25,
    seed: int = 0,
    refusal: str | None = None,
    must_refuse: Callable[[Case], bool] | None = None,
) -> Made:
    """Turn the wrong answers of a run into preferences, from one part of its clusters.

    The rejected side is what the model answered. The chosen side is the model's own answer to the
    same case left clean, if that was right and has the same target; else the target, where it is a
    text; else `refusal`, the text of a refusal, for a case of which `must_refuse` is true. Nothing
    else is made up. `counts` of what comes out tells four kinds apart: refused what must be
    answered, answered what must be refused, changed a right answer under a perturbation, and
    other wrong answers.

    `metric` names what tells right from wrong, by default the first metric that scores case by
    case. The fraction `held_out` of the clusters makes no pair, so that the repaired model can be
    judged on them; the same `seed` leaves out the same ones.
    """
    outcomes = list(report.outcomes(metric))
    training = _training(outcomes, held_out, seed)
    clean = {
        one.case.id: one for one in outcomes if one.perturbation == CLEAN and one.replicate == 0
    }
    making = Making()
    for one in outcomes:
        if cluster_of(one.case) not in training or one.right or one.prediction is None:
            continue
        refuses = must_refuse is not None and must_refuse(one.case)
        chosen = _chosen(one, clean.get(one.case.id), refusal if refuses else None)
        if chosen is None:
            making.leave_out("no right answer is known")
            continue
        kind = _kind(one, clean.get(one.case.id), refuses=refuses or _refusal(one, chosen))
        where = "" if one.perturbation == CLEAN else f", severity {one.severity}"
        pair = Preference(
            one.input,
            chosen,
            one.prediction.value,
            case_id=one.case.id,
            cluster=cluster_of(one.case),
            reason=f"{kind} ({one.perturbation}{where})",
        )
        making.add(kind, pair)
    return making.made(training)


def _training(outcomes: Collection[Outcome], held_out: float, seed: int) -> frozenset[str]:
    from seatrial.statistics import held_out as hold_out

    clusters = [cluster_of(one.case) for one in outcomes]
    if not held_out:
        return frozenset(clusters)
    tests = hold_out([one.right for one in outcomes], clusters, fraction=held_out, seed=seed)
    return frozenset(name for name, test in zip(clusters, tests, strict=True) if not test)


def _chosen(one: Outcome, clean: Outcome | None, refusal: str | None) -> str | None:
    target = one.case.target
    own = None if clean is None or clean.prediction is None else clean.prediction.value
    same = clean is not None and plain(clean.case.target) == plain(target)
    if clean is not None and clean.right and same and isinstance(own, str):
        return own
    return target if isinstance(target, str) else refusal


def _refusal(one: Outcome, answer: str) -> bool:
    refusals = one.input.get("refusals", ()) if isinstance(one.input, Mapping) else ()
    return answer in refusals


def _kind(one: Outcome, clean: Outcome | None, *, refuses: bool) -> str:
    answer: Any = one.prediction
    if refuses and answer.refused is not True:
        return "answered what must be refused"
    if not refuses and answer.refused is True:
        return "refused what must be answered"
    if one.perturbation != CLEAN and clean is not None and clean.right:
        return "changed a right answer"
    return "answered wrong"
