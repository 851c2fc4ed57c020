"""What a demand is judged by: one number for each case, or an interval."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from attrs import evolve, frozen

from .._requirements import Requirement
from ..statistics import Interval, mean_of_bounded, proportion
from ._evidence import Evidence, Floats

__all__ = ["Bound", "Figure", "bound_of", "estimate_of", "figure_of"]

Range = tuple[float, float]


@frozen(eq=False)
class Figure:
    """One value for each case; its mean is what a demand is about.

    `rate` says that the values are 0 or 1, or fractions of variants that are, so that their mean is
    a rate. `cases` is how many were averaged, where each value is the mean of a cluster. `details`
    and `note` are what stands beside the figure in a verdict.
    """

    values: Floats
    clusters: np.ndarray[Any, Any]
    bounds: Range | None
    rate: bool = False
    details: Mapping[str, Any] = {}
    note: str = ""
    cases: int | None = None

    def interval(self, confidence: float, largest: float | None = None) -> Interval:
        """Bound the mean, exactly where it is a rate; `largest` is the largest cluster to expect.

        `cases` of the interval are those that were averaged, also where each value is a cluster's.
        """
        if self.rate:
            found = proportion(self.values, self.clusters, confidence, largest=largest)
        else:
            found = mean_of_bounded(
                self.values, self.clusters, confidence, self.bounds, largest=largest
            )
        return found if self.cases is None else evolve(found, cases=self.cases)

    def by_cluster(self) -> Figure:
        """Give each cluster one value, the mean of its cases, in the order of the cases."""
        names = dict.fromkeys(self.clusters.tolist())
        place = {name: at for at, name in enumerate(names)}
        codes = np.array([place[name] for name in self.clusters.tolist()], dtype=np.intp)
        means = np.bincount(codes, self.values) / np.bincount(codes)
        labels = np.array(list(names), dtype=object)
        return evolve(self, values=means, clusters=labels, cases=len(self.values))

    @classmethod
    def of_scores(cls, evidence: Evidence, values: Floats, **more: Any) -> Figure:
        """Give a figure whose values are scores."""
        bounds = evidence.bounds
        return cls(
            values, evidence.clusters, bounds and (float(bounds[0]), float(bounds[1])), **more
        )

    @classmethod
    def of_drops(cls, evidence: Evidence, before: Floats, after: Floats, **more: Any) -> Figure:
        """Pair scores before and after; above zero is worse, whatever the metric's direction."""
        sign = 1.0 if evidence.better else -1.0
        bounds = evidence.bounds
        spread = None if bounds is None else float(bounds[1] - bounds[0])
        wide = None if spread is None else (-spread, spread)
        return cls(sign * (before - after), evidence.clusters, wide, **more)


@frozen
class Bound:
    """An interval, and what stands beside it in the verdict."""

    interval: Interval
    details: Mapping[str, Any] = {}
    note: str = ""


def figure_of(requirement: Requirement, evidence: Evidence) -> Figure:
    """Give the figure of a demand that is a mean over cases, from evidence that lacks nothing.

    Where the priority lets clusters count alike, it has one value for each cluster.
    """
    found: Figure = requirement.demand.load("figure")(evidence, requirement.settings)
    return found.by_cluster() if evidence.priority.weigh == "clusters" else found


def estimate_of(requirement: Requirement, evidence: Evidence) -> float:
    """Estimate the figure of any demand, from evidence that lacks nothing."""
    if requirement.demand.figure is not None:
        return float(figure_of(requirement, evidence).values.mean())
    return float(requirement.demand.load("estimate")(evidence, requirement.settings))


def _worst_case(requirement: Requirement, evidence: Evidence, figure: Figure) -> Mapping[str, str]:
    """Name the case (or cluster) that tells most against the demand, where they differ."""
    values, of_clusters = figure.values, figure.cases is not None
    if np.ptp(values) == 0 or (len(values) != len(evidence.cases) and not of_clusters):
        return {}
    at_most = evidence.priority.at_most(requirement)
    worst = int(np.argmax(values) if at_most else np.argmin(values))
    if of_clusters:
        return {"worst_cluster": str(figure.clusters[worst])}
    return {"worst_case": evidence.cases[worst].id}


def bound_of(requirement: Requirement, evidence: Evidence, confidence: float, seed: int) -> Bound:
    """Bound the figure of any demand, from evidence that lacks nothing."""
    demand = requirement.demand
    if demand.bound is not None:
        bound: Bound = demand.load("bound")(evidence, requirement.settings, confidence, seed)
        return bound
    figure = figure_of(requirement, evidence)
    details = {**figure.details, **_worst_case(requirement, evidence, figure)}
    return Bound(
        figure.interval(confidence, evidence.priority.largest_cluster), details, figure.note
    )
