"""The verb `judge`: hold a report against what its specification demands."""

from __future__ import annotations

from .._findings import Verdict
from .._plans import Priority, Specification
from ..errors import PlanError, SeatrialError
from ._intervals import Interval, mean_of_bounded, paired_drop, proportion
from ._judgement import Judgement
from ._report import Report
from ._sample import Evidence, Sample
from ._sample_size import cases_needed
from ._whole import whole_interval

__all__ = ["judge"]

JUDGED = ("invariant", "must-refuse")
"""The relations that this version judges."""

PAIRED = ("max_drop", "min_agreement")
CEILINGS = ("max_drop", "at_most")
GRAVEST_FIRST = ("error", "fail", "inconclusive", "pass")


def judge(specification: Specification, report: Report, /) -> Judgement:
    """Hold a report against a specification: pass, fail, inconclusive or error for each priority.

    A priority passes only when the conservative end of its interval clears the threshold, and fails
    only when the optimistic end misses it; each end is a one-sided bound at the priority's
    confidence. Cases that errored count as the worst and as the best possible: only if both lead to
    the same verdict does it stand, else the verdict is "error". Cases that an interrupted run has
    not reached are treated alike, and the verdict is then "inconclusive".

    Nothing is measured; a priority whose perturbations the report lacks gets the verdict "error".
    """
    return Judgement(
        specification.title,
        [_verdict(priority, report, specification.seed) for priority in specification.priorities],
    )


def _verdict(priority: Priority, report: Report, seed: int) -> Verdict:
    try:
        if priority.relation not in JUDGED:
            msg = f"the relation {priority.relation!r} cannot be judged by this version"
            raise PlanError(msg)
        sample = Sample.of(priority, report)
        found = [_answer(priority, demand, sample, seed) for demand in priority.demands]
    except SeatrialError as error:
        return Verdict(priority.name, "error", None, None, None, 0, None, str(error))
    return min(found, key=lambda verdict: GRAVEST_FIRST.index(verdict.outcome))


def _answer(priority: Priority, demand: str, sample: Sample, seed: int) -> Verdict:
    """Give the verdict on one demand of a priority."""
    metric = priority.metric
    if metric is not None and not metric.component.per_case and demand != "min_agreement":
        interval = whole_interval(priority, demand, sample, metric)
        return _said(priority, demand, _decision(priority, demand, interval), interval, [])
    evidence = sample.agreement() if demand == "min_agreement" else sample.evidence()
    usable = evidence.usable(paired=demand in PAIRED)
    if not usable.any():
        msg = "no case of the slice could be measured: each was skipped"
        raise PlanError(msg)
    notes = [f"{int((~usable).sum())} cases skipped"] if not usable.all() else []
    evidence = evidence.of(usable)
    errored = evidence.variants.errored.any(axis=1)
    pending = evidence.variants.pending.any(axis=1)
    if demand in PAIRED:
        errored |= evidence.clean.errored
        pending |= evidence.clean.pending
    if not (errored | pending).any():
        interval = _interval(evidence, priority, demand, seed)
        return _said(priority, demand, _decision(priority, demand, interval), interval, notes)
    worst, best = (
        _interval(evidence.supposing(good=good), priority, demand, seed)
        if evidence.bounds
        else None
        for good in (False, True)
    )
    outcome = "error" if errored.any() else "inconclusive"
    stands = "could change the verdict"
    if worst and best and _decision(priority, demand, worst) == _decision(priority, demand, best):
        outcome = _decision(priority, demand, worst)
        stands = "could not change the verdict"
    if pending.any():
        notes.insert(0, f"{int(pending.sum())} cases are not measured yet, which {stands}")
    if errored.any():
        notes.insert(0, f"{int(errored.sum())} cases errored, which {stands}")
    return _said(priority, demand, outcome, worst, notes, best)


def _interval(evidence: Evidence, priority: Priority, demand: str, seed: int) -> Interval:
    """Give the interval of one figure of a sample in which nothing is lost."""
    means, confidence = evidence.means(), priority.confidence
    if demand == "max_drop":
        pair = (evidence.clean.values, means)
        before, after = pair if evidence.better else pair[::-1]
        return paired_drop(
            before, after, evidence.clusters, confidence, seed=seed, bounds=evidence.bounds
        )
    if evidence.binary():
        return proportion(means, evidence.clusters, confidence)
    return mean_of_bounded(means, evidence.clusters, confidence, evidence.bounds, seed=seed)


def _decision(priority: Priority, demand: str, interval: Interval) -> str:
    """Decide: the conservative end clears the threshold, the optimistic misses it, or neither."""
    threshold = float(priority.require[demand])
    low, high = interval.ends
    if demand in CEILINGS:
        low, high, threshold = -high, -low, -threshold
    return "pass" if low >= threshold else "fail" if high < threshold else "inconclusive"


def _said(
    priority: Priority,
    demand: str,
    outcome: str,
    interval: Interval | None,
    notes: list[str],
    other: Interval | None = None,
) -> Verdict:
    """Put a verdict into words; with errors, its interval spans the worst and the best case."""
    threshold = float(priority.require[demand])
    if interval is None:
        details = {"demand": demand, "confidence": priority.confidence}
        return Verdict(
            priority.name, outcome, None, None, threshold, 0, note="; ".join(notes), details=details
        )
    ends = interval.ends
    if other is not None:
        ends = (min(interval.low, other.low), max(interval.high, other.high))
    needed = None
    if outcome == "inconclusive":
        needed = cases_needed(interval, threshold)
        if needed:
            notes = [*notes, f"about {needed:,} more cases like these would decide"]
        elif needed is None:
            notes = [*notes, "no number of cases like these would decide"]
    return Verdict(
        priority.name,
        outcome,
        interval.estimate,
        ends,
        threshold,
        interval.cases,
        needed,
        "; ".join(notes),
        {
            "demand": demand,
            "confidence": priority.confidence,
            "method": interval.method,
            "clusters": interval.clusters,
        },
    )
