"""What changed between two runs in each demand: its own figure, paired by case."""

from __future__ import annotations

import numpy as np
from attrs import evolve, frozen

from .._plans import Priority
from .._requirements import Requirement
from .._verdicts import DemandVerdict, VerdictOutcome
from ..errors import MetricError, PlanError
from ..runs._report import Report
from ..statistics import Interval, jackknife
from ._evidence import Evidence, Positions
from ._figures import bound_of, estimate_of, figure_of
from ._question import Question
from ._sample import Sample
from ._set_metrics import rarest_class

__all__ = ["DemandChange", "changed_demand"]


@frozen(kw_only=True)
class DemandChange:
    """How the figure of one demand changed, on the cases that both runs have.

    `before` and `after` are the figure of the demand, in the direction of `at_most`; `change` is
    turned so that above zero is better, and `interval` has a one-sided bound at each end. `lost`
    and `won` name the cases that went from right to wrong and the other way, for demands on a score
    of each case.
    """

    priority: str
    demand: str
    outcomes: tuple[VerdictOutcome, VerdictOutcome]
    threshold: float
    at_most: bool
    before: float
    after: float
    change: float
    interval: tuple[float, float]
    cases: int
    lost: tuple[str, ...] = ()
    won: tuple[str, ...] = ()

    @property
    def worse(self) -> bool:
        """Whether the figure got worse beyond doubt, at the confidence of the interval."""
        return self.interval[1] < 0


def changed_demand(
    requirement: Requirement,
    priority: Priority,
    reports: tuple[Report, Report],
    verdicts: tuple[DemandVerdict, DemandVerdict],
    confidence: float,
    seed: int,
) -> DemandChange:
    """Compare the figure of a demand before and after; raises `PlanError` where one has none."""
    samples = [Sample.of(priority, report) for report in reports]
    asked = [Question.ask(priority, requirement, sample, seed) for sample in samples]
    at_most = priority.at_most(requirement)
    first, second = (one.evidence for one in asked)
    if first is None or second is None:
        figures, interval, cases = _of_set_metric(asked, confidence)
        lost: tuple[str, ...] = ()
        won: tuple[str, ...] = ()
    else:
        pair = _shared(first, second, paired=requirement.demand.paired)
        figures = estimate_of(requirement, pair[0]), estimate_of(requirement, pair[1])
        interval = _paired(requirement, pair, confidence, seed)
        cases = len(pair[0].cases)
        lost, won = _lost_and_won(pair) if requirement.demand.scored else ((), ())
    sign = -1.0 if at_most else 1.0
    ends = (interval.low, interval.high) if sign > 0 else (-interval.high, -interval.low)
    before, after = figures
    return DemandChange(
        priority=priority.name,
        demand=requirement.name,
        outcomes=(verdicts[0].outcome, verdicts[1].outcome),
        threshold=requirement.threshold,
        at_most=at_most,
        before=before,
        after=after,
        change=sign * (after - before) + 0.0,
        interval=ends,
        cases=cases,
        lost=lost,
        won=won,
    )


def _shared(before: Evidence, after: Evidence, *, paired: bool) -> tuple[Evidence, Evidence]:
    """Keep the cases that both know, in the same order; what one of them lost has no pair."""

    def known(evidence: Evidence) -> dict[str, int]:
        errored, pending = evidence.lost(paired=paired)
        rows = np.flatnonzero(~(errored | pending)).tolist()
        return {evidence.cases[row].id: row for row in rows}

    here, there = known(before), known(after)
    names = sorted(here.keys() & there.keys())
    if not names:
        msg = "the two runs have a figure for no case in common"
        raise PlanError(msg)
    return (
        before.of(np.array([here[name] for name in names])),
        after.of(np.array([there[name] for name in names])),
    )


def _paired(
    requirement: Requirement, pair: tuple[Evidence, Evidence], confidence: float, seed: int
) -> Interval:
    """Bound after minus before: the mean of differences, or by leaving clusters out of both.

    A ratio to an earlier run changes by the ratio of the differences to it.
    """
    before, after = pair
    if requirement.demand.change is not None and requirement.earlier_run:
        found: Interval = requirement.demand.load("change")(
            before, after, requirement.settings, confidence, seed
        )
        return found
    if requirement.demand.figure is not None:
        old, new = (figure_of(requirement, one) for one in pair)
        if np.array_equal(old.clusters, new.clusters) and len(old.values) == len(new.values):
            changes = evolve(old, values=new.values - old.values, bounds=_wide(old.bounds))
            return evolve(changes, rate=False).interval(confidence, before.priority.largest_cluster)

    def difference(chosen: Positions) -> float:
        try:
            return estimate_of(requirement, after.of(chosen)) - estimate_of(
                requirement, before.of(chosen)
            )
        except PlanError as error:
            raise MetricError(str(error)) from error

    return jackknife(
        difference,
        len(before.cases),
        before.clusters,
        confidence,
        _wide(_bounds_of(requirement, before, confidence, seed)),
        largest=before.priority.largest_cluster,
    )


def _bounds_of(
    requirement: Requirement, evidence: Evidence, confidence: float, seed: int
) -> tuple[float, float] | None:
    """Give the smallest and the largest figure that there can be, if there are such."""
    if requirement.demand.figure is not None:
        return figure_of(requirement, evidence).bounds
    return bound_of(requirement, evidence, confidence, seed).interval.bounds


def _wide(bounds: tuple[float, float] | None) -> tuple[float, float] | None:
    if bounds is None:
        return None
    return bounds[0] - bounds[1], bounds[1] - bounds[0]


def _of_set_metric(
    asked: list[Question], confidence: float
) -> tuple[tuple[float, float], Interval, int]:
    """Compare a metric of the whole set, on the cases that both runs answered."""
    before, after = asked
    scored = [one.score for one in asked]
    ids = [[one.sample.report.cases[at].id for at in one.sample.cases.tolist()] for one in asked]
    here, there = ({name: at for at, name in enumerate(each)} for each in ids)
    names = sorted(here.keys() & there.keys())
    if not names:
        msg = "the two runs have no case in common"
        raise PlanError(msg)
    old, new = (np.array([each[name] for name in names]) for each in (here, there))

    def difference(chosen: Positions) -> float:
        return scored[1].of(new[chosen]) - scored[0].of(old[chosen])

    every = np.arange(len(names))
    clusters = before.sample.clusters[old]
    interval = jackknife(
        difference,
        len(names),
        clusters,
        confidence,
        _wide(scored[0].bounds),
        rarest=rarest_class([scored[0].targets[at] for at in old.tolist()], clusters),
        largest=before.priority.largest_cluster,
    )
    del after
    return (scored[0].of(old[every]), scored[1].of(new[every])), interval, len(names)


def _lost_and_won(pair: tuple[Evidence, Evidence]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    before, after = pair
    was, is_ = before.right(before.means()), after.right(after.means())
    ids = np.array(before.ids, dtype=object)
    return tuple(ids[was & ~is_].tolist()), tuple(ids[is_ & ~was].tolist())
