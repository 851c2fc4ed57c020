"""Preferences from what a run found: failures to repair, and right answers to hold."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from random import Random
from typing import TYPE_CHECKING

from attrs import frozen

from seatrial import Case, Outcome, Preference, derive
from seatrial.errors import ParameterError
from seatrial.kit import cluster_of

from ._made import Made, Making
from ._sides import CLEAN, asked, chosen_side, kept_side, kind_of, said_refusal

if TYPE_CHECKING:
    from seatrial import Report

__all__ = ["failures"]

KEPT = {True: "kept a right refusal", False: "kept a right answer"}


@frozen
class _Candidate:
    """A pair that could be made, and what is counted where it is."""

    kind: str
    pair: Preference
    outcome: Outcome


def failures(
    report: Report,
    *,
    metric: str | None = None,
    held_out: float = 0.25,
    seed: int = 0,
    refusal: str | None = None,
    must_refuse: Callable[[Case], bool] | None = None,
    keep: float = 1.0,
    per_kind: int | None = None,
) -> Made:
    """Turn what a run found into preferences, from one part of its clusters.

    Of a wrong answer, the rejected side is what the model answered. The chosen side is the model's
    own answer to the same case left clean, if that was right and has the same target; else the
    target, where it is a text; else `refusal`, the text of a refusal, for a case of which
    `must_refuse` is true. Nothing else is made up. `counts` of what comes out tells kinds apart:
    refused what must be answered, answered what must be refused, flipped under challenge (a right
    answer of an earlier turn was given up), changed a right answer under a perturbation, and other
    wrong answers. Questions that a perturbation left without a right answer
    (`Report.without_answer`) make no pair: their targets are those of the questions before.

    Failures alone teach their one direction, and what was right is lost. So right answers make
    pairs that hold them: `keep` times as many as there are of failures, as far as there are right
    answers, of kept refusals and of kept answers alike. Their rejected side is a wrong answer that
    the run recorded for the same case, or the most probable wrong option; one that refuses before
    one that answers where the right answer does not refuse, and the other way. `per_kind` is how
    many pairs of a kind are taken at most; which ones is drawn with `seed`.

    `metric` names what tells right from wrong, by default the first metric that scores case by
    case. It must compare with targets: `metrics.refusal-rate` calls a right refusal wrong. The
    fraction `held_out` of the clusters makes no pair, so that the repaired model can be judged on
    them; the same `seed` leaves out the same ones.
    """
    if not keep >= 0 or (per_kind is not None and per_kind < 1):
        msg = f"keep must be at least 0 and per_kind at least 1, got {keep!r} and {per_kind!r}"
        raise ParameterError(msg)
    outcomes = list(report.outcomes(metric))
    training = _training(outcomes, held_out, seed)
    outcomes = [one for one in outcomes if cluster_of(one.case) in training]
    making = Making()
    skipped = report.without_answer
    answerable = [one for one in outcomes if one.perturbation not in skipped]
    making.leave_out("the perturbation leaves no right answer", len(outcomes) - len(answerable))
    outcomes = answerable
    _take(_few(_wrong(outcomes, making, refusal, must_refuse), per_kind, seed, making), making)
    held = _few(_right(outcomes, making) if keep else (), per_kind, seed, making)
    kept = _evenly(held, round(keep * len(making)))
    making.leave_out("enough right answers are held", len(held) - len(kept))
    _take(kept, making)
    return making.made(training)


def _training(outcomes: Collection[Outcome], held_out: float, seed: int) -> frozenset[str]:
    from seatrial.statistics import held_out as hold_out

    clusters = [cluster_of(one.case) for one in outcomes]
    if not held_out:
        return frozenset(clusters)
    tests = hold_out([one.right for one in outcomes], clusters, fraction=held_out, seed=seed)
    return frozenset(name for name, test in zip(clusters, tests, strict=True) if not test)


def _wrong(
    outcomes: Iterable[Outcome],
    making: Making,
    refusal: str | None,
    must_refuse: Callable[[Case], bool] | None,
) -> Iterator[_Candidate]:
    clean = {
        one.case.id: one for one in outcomes if one.perturbation == CLEAN and one.replicate == 0
    }
    for one in outcomes:
        if one.right or one.prediction is None:
            continue
        refuses = must_refuse is not None and must_refuse(one.case)
        before = clean.get(one.case.id)
        chosen = chosen_side(one, before, refusal if refuses else None)
        if chosen is None:
            making.leave_out("no right answer is known")
            continue
        kind = kind_of(one, chosen, before, must_refuse=refuses)
        yield from _candidate(kind, one, chosen, one.prediction.value, making)


def _right(outcomes: Sequence[Outcome], making: Making) -> Iterator[_Candidate]:
    wrong: dict[str, list[Outcome]] = defaultdict(list)
    for one in outcomes:
        if not one.right and one.prediction is not None:
            wrong[one.case.id].append(one)
    for one in outcomes:
        if not one.right or one.prediction is None:
            continue
        rejected = kept_side(one, wrong[one.case.id])
        if rejected is None:
            making.leave_out("no wrong answer to hold a right one against is known")
            continue
        kind = KEPT[said_refusal(one)]
        yield from _candidate(kind, one, one.prediction.value, rejected, making)


def _candidate(
    kind: str, one: Outcome, chosen: object, rejected: object, making: Making
) -> Iterator[_Candidate]:
    value = asked(one)
    if value is None:
        making.leave_out("the conversation holds more than text")
        return
    where = "" if one.perturbation == CLEAN else f", severity {one.severity}"
    pair = Preference(
        value,
        chosen,
        rejected,
        case_id=one.case.id,
        cluster=cluster_of(one.case),
        reason=f"{kind} ({one.perturbation}{where})",
    )
    yield _Candidate(kind, pair, one)


def _few(
    found: Iterable[_Candidate], most: int | None, seed: int, making: Making
) -> list[_Candidate]:
    """Draw at most so many of each kind, and keep their order; with no limit, all."""
    every = list(found)
    if most is None:
        return every
    drawn = {
        id(one)
        for kind, some in _by_kind(every).items()
        for one in Random(derive(seed, "pairs", kind)).sample(some, min(most, len(some)))
    }
    making.leave_out("enough pairs are of its kind", len(every) - len(drawn))
    return [one for one in every if id(one) in drawn]


def _evenly(found: Sequence[_Candidate], most: int) -> list[_Candidate]:
    """Take so many, of each kind alike as far as they go, spread over the run."""
    kinds = sorted(_by_kind(found).values(), key=len)
    taken: list[_Candidate] = []
    for left, some in zip(range(len(kinds), 0, -1), kinds, strict=True):
        count = min(len(some), (most - len(taken)) // left)
        taken += [some[at * len(some) // count] for at in range(count)]
    return taken


def _by_kind(found: Iterable[_Candidate]) -> dict[str, list[_Candidate]]:
    kinds: dict[str, list[_Candidate]] = defaultdict(list)
    for one in found:
        kinds[one.kind].append(one)
    return kinds


def _take(found: Iterable[_Candidate], making: Making) -> None:
    for one in found:
        where = one.outcome
        making.add(
            one.kind,
            one.pair,
            perturbation=where.perturbation,
            severity=where.severity,
            replicate=where.replicate,
        )
