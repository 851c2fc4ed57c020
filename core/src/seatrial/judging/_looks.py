"""When a demand is looked at, and at which confidence: fixed before the first case.

Verdicts keep their error although they are read several times, because each look has a part of the
error that was set aside for it (`statistics.planned_looks`). What is independent is counted:
clusters, in an order that is random and in which those that were judged before come first.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from attrs import frozen

from .._cases import Case, cluster_of
from .._plans import Specification
from .._seeds import derive
from ..runs._looks import Looked
from ..runs._report import Report
from ..statistics import (
    LookPlan,
    binomial_boundaries,
    nominal_confidences,
    overall_confidence,
    planned_looks,
)
from ..statistics._group_sequential import Boundaries
from ._evidence import Mask, Positions

__all__ = ["Levels", "Looks", "Order", "boundaries_of", "is_limited", "looked_at"]

EXACT = 20_000
"""Up to so many cases the boundaries of a rate are found by recursion over its successes."""


def is_limited(specification: Specification, report: Report) -> bool:
    """Tell whether a run took only some of the cases that its specification names.

    It tries the pipeline on the first cases of a source, which are no random sample of it: verdicts
    on it decide nothing, and so it takes no look.
    """
    own = getattr(specification.cases, "limit", None)
    named = specification.cases is not None and report.limit not in (None, own)
    return named and len(report.case_digests) == report.limit


def looked_at(specification: Specification, report: Report) -> Looked:
    """Record that the cases of a report are looked at, and tell when each first was."""
    if is_limited(specification, report):
        return Looked.first(len(report.cases), specification.looks)
    return report.looked(specification.looks)


@frozen
class Levels:
    """The one-sided confidence of the bound by which a demand passes, and of the other one."""

    passing: float
    failing: float

    @classmethod
    def both(cls, confidence: float) -> Levels:
        """Take the same confidence on both sides."""
        return cls(confidence, confidence)


@frozen(eq=False)
class Order:
    """The place of each case in the order of measuring, and the look at which it was first judged.

    `planned` is how many looks the specification planned at the first of them, and `as_planned`
    says that the run has no more clusters than they allow. `sequential` says that the run looks
    while it measures.
    """

    rank: Positions
    looks: Positions
    planned: int
    as_planned: bool
    sequential: bool

    @classmethod
    def of(cls, cases: Sequence[Case], looked: Looked, seed: int, *, sequential: bool) -> Order:
        """Order cases by look, and then by a hash of seed and cluster.

        Clusters come whole, in an order that is random and does not depend on which others there
        are: adding cases keeps the order of those that were there. A cluster was judged when the
        first of its cases was, and within it cases keep their order.
        """
        clusters = [cluster_of(case) for case in cases]
        first: dict[str, int] = {}
        for cluster, look in zip(clusters, looked.looks, strict=True):
            first[cluster] = min(look, first.get(cluster, look))
        keys = {one: (look, derive(seed, "order of measuring", one)) for one, look in first.items()}
        order = sorted(range(len(clusters)), key=lambda at: (*keys[clusters[at]], clusters[at], at))
        rank = np.empty(len(order), dtype=np.int64)
        rank[order] = np.arange(len(order))
        looks = np.array([first[one] for one in clusters], dtype=np.int64)
        earliest = min(first.values())
        judged_first = sum(look == earliest for look in first.values())
        as_planned = len(first) <= planned_looks(judged_first, looked.planned).sizes[-1]
        return cls(rank, looks, looked.planned, bool(as_planned), sequential)

    @classmethod
    def of_report(cls, specification: Specification, report: Report) -> Order:
        """Order the cases of a report, and record that they are looked at."""
        looked, seed = looked_at(specification, report), specification.seed
        return cls.of(report.cases, looked, seed, sequential=report.sequential)


@frozen(eq=False)
class Looks:
    """The looks of one demand at its clusters.

    `last` is the rank of the last case of each cluster, in the order of measuring, and `cases` how
    many cases there are up to it. `stages` are the numbers of clusters that were there at each time
    the run was judged. `single` says that every cluster is one case.
    """

    last: Positions
    cases: Positions
    stages: tuple[int, ...]
    plan: LookPlan
    single: bool

    @classmethod
    def of(
        cls, order: Order, at: Positions, clusters: np.ndarray[Any, Any], *, sequential: bool
    ) -> Looks:
        """Plan the looks at some cases (positions in the report), by what was there first."""
        ordered = np.argsort(order.rank[at], kind="stable")
        names = clusters[ordered]
        ends = np.append(np.flatnonzero(names[1:] != names[:-1]) + 1, len(names))
        seen = order.looks[at[ordered[ends - 1]]]
        stages = np.append(np.flatnonzero(np.diff(seen)) + 1, len(seen))
        plan = planned_looks(int(stages[0]), order.planned, sequential=sequential)
        last = order.rank[at[ordered[ends - 1]]]
        single = len(ends) == len(names)
        return cls(last, ends, tuple(stages.tolist()), plan, single)

    @property
    def clusters(self) -> int:
        """How many clusters there are."""
        return len(self.last)

    @property
    def reached(self) -> int:
        """How many of the looks have all of their clusters."""
        return int(np.searchsorted(self.plan.sizes, self.clusters, side="right"))

    @property
    def alone(self) -> bool:
        """Whether there is one look only, at all that is there."""
        return len(self.plan.sizes) == 1 and self.clusters == self.plan.sizes[0]

    @property
    def unplanned(self) -> tuple[int, ...]:
        """The numbers of clusters at which the run was judged beyond what was planned."""
        return tuple(one for one in self.stages if one > self.plan.sizes[-1])

    def inside(self, rank: Positions, clusters: int) -> Mask:
        """Tell which cases, by their rank, belong to the first so many clusters."""
        return np.asarray(rank <= self.last[clusters - 1])

    def levels(
        self, threshold: float, confidence: float, *, at_most: bool, rate: bool
    ) -> tuple[Levels, ...]:
        """Give the confidences of each look, also of those for which clusters are still missing.

        Those of a rate of independent cases are exact, and reach as far as `EXACT`; others are
        those of a Gaussian process.
        """
        if len(self.plan.sizes) == 1:
            return (Levels.both(confidence),)
        found = boundaries_of(self, threshold, confidence) if rate else None
        if found is None:
            both = _nominal(confidence, *_key(self.plan))
            return tuple(map(Levels.both, both))
        above, below = (one.tolist() for one in found.nominal_confidences())
        pairs = zip(below, above, strict=True) if at_most else zip(above, below, strict=True)
        return tuple(Levels(*one) for one in pairs)

    def kept(self, confidence: float) -> float:
        """Give the confidence that remains true after looks that were not planned."""
        planned = _nominal(confidence, *_key(self.plan))
        more = self.unplanned
        return overall_confidence(
            [*planned, *(confidence for _ in more)], [*self.plan.sizes.tolist(), *more]
        )


def boundaries_of(looks: Looks, threshold: float, confidence: float) -> Boundaries | None:
    """Give the exact boundaries of a rate of independent cases; None where there are none.

    They reach as far as the plan does, but not beyond `EXACT` cases.
    """
    near = int(np.searchsorted(looks.plan.sizes, EXACT, side="right"))
    if not looks.single or not 0 < threshold < 1 or looks.reached > near:
        return None
    sizes, spent = _key(looks.plan)
    return _boundaries(threshold, confidence, sizes[:near], spent[:near])


def _key(plan: LookPlan) -> tuple[tuple[int, ...], tuple[float, ...]]:
    return tuple(plan.sizes.tolist()), tuple(plan.spent.tolist())


@lru_cache(maxsize=1024)
def _boundaries(
    threshold: float, confidence: float, sizes: tuple[int, ...], spent: tuple[float, ...]
) -> Boundaries:
    return binomial_boundaries(threshold, confidence, sizes, spent)


@lru_cache(maxsize=1024)
def _nominal(
    confidence: float, sizes: tuple[int, ...], spent: tuple[float, ...]
) -> tuple[float, ...]:
    if len(sizes) == 1:
        return (confidence,)
    return tuple(nominal_confidences(confidence, sizes, spent).tolist())
