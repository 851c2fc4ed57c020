"""What an interval says: where the true figure may lie, and how many cases say so.

**Confidence is one-sided at each end.** A verdict looks at one end only: "pass" needs the
conservative end to clear the threshold, "fail" needs the optimistic end to miss it. So at
`confidence=0.95` the truth lies below `low` in at most 5 % of experiments and above `high` in at
most 5 %; both ends together make a two-sided 90 % interval.
"""

from __future__ import annotations

from typing import Literal

from attrs import Factory, field, frozen

from ._checks import Bounds

__all__ = ["Interval", "Method", "Weigh"]

Weigh = Literal["cases", "clusters"]
Method = Literal[
    "Clopper-Pearson",
    "Korn-Graubard",
    "Gaffke",
    "paired Gaffke",
    "ratio bootstrap",
    "cluster t",
    "jackknife Gaffke",
    "jackknife t",
    "Wilson",
    "DeLong",
    "betting",
    "Bayes",
    "every group",
    "every pair of groups",
    "bootstrap of bins",
    "undefined",
]


@frozen(kw_only=True)
class Interval:
    """Says where the truth may lie; each end is a one-sided bound at `confidence`.

    `cases` and `clusters` are what was measured; `n_effective` is the number of independent cases
    and `effective_clusters` that of equally large clusters that would give the same precision: 100
    clusters of which one holds half the cases are worth 4. `bounds` are the smallest and largest
    possible figure.
    """

    estimate: float
    low: float
    high: float
    confidence: float
    method: Method
    cases: int
    clusters: int
    n_effective: float
    bounds: Bounds
    effective_clusters: float = field(
        default=Factory(lambda self: float(self.clusters), takes_self=True)
    )

    @property
    def ends(self) -> tuple[float, float]:
        """The pair `(low, high)`."""
        return self.low, self.high
