"""What was lost: the worst and the best that a demand could have met there."""

from __future__ import annotations

import numpy as np

from .._findings import VerdictOutcome
from .._requirements import Demand
from ._bounds import groups_of, times_of
from ._sample import Evidence

__all__ = ["settled", "suppositions"]

RATES = ("recall_of_abstention", "over_refusal", "brier")
"""Demands on a level that is no score of the metric."""


def suppositions(demand: Demand, evidence: Evidence, *, ceiling: bool) -> tuple[Evidence, ...]:
    """Fill in what was lost, in the way worst for the demand first.

    Whatever was lost in truth, the figure lies between these. A gap is widest with one group at its
    best and the others at their worst, and a fall is steepest from good early to poor late scores.
    """
    if demand.name == "max_gap":
        groups = np.array(groups_of(evidence, demand.settings["by"]))
        names = sorted(set(groups.tolist()))
        apart = [evidence.supposing(good=groups == one) for one in names]
        return *apart, evidence.supposing(good=True), evidence.supposing(good=False)
    if demand.name == "max_slope":
        when = times_of(evidence, demand.settings["by"])
        early = when < when.mean()
        return evidence.supposing(good=early), evidence.supposing(good=~early)
    level = demand.requirement.level or demand.name in RATES
    worst = level and ceiling == evidence.better

    def filled(*, good: bool) -> Evidence:
        clean = {"attack_success": True, "weighted_mean": good}.get(demand.name)
        return evidence.supposing(good=good, clean=clean)

    return filled(good=worst), filled(good=not worst)


def settled(demand: Demand, outcomes: set[VerdictOutcome]) -> bool:
    """Tell whether what came out under every supposition would come out whatever was lost.

    Scores in between could still close a gap. A calibration error is bounded for whatever was lost,
    so where that is inconclusive, knowing it could decide.
    """
    certain = {"max_gap": {"pass"}, "ece": {"pass", "fail"}}
    return len(outcomes) == 1 and outcomes <= certain.get(demand.name, outcomes)
