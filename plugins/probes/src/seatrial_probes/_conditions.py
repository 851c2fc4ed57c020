"""Conditions under which failures are more or less frequent, as findings with intervals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from attrs import frozen

from seatrial import Finding

from ._validation import Learning

__all__ = [
    "FAILURE",
    "MOST",
    "SUCCESS",
    "Condition",
    "Contrasts",
    "contrasts",
    "findings_of",
    "said_without_ids",
]

FAILURE: Final = "comes-with-failure"
SUCCESS: Final = "comes-with-success"
MOST: Final = 10
"""Findings of one explanation: nobody reads more."""

LEAST: Final = 20
"""Clusters with and without a condition before an interval about it can be believed: three cases
that all went wrong give a large effect and a small standard error."""

EXAMPLES: Final = 2
LEVEL: Final = 0.95

Floats = npt.NDArray[np.float64]


@frozen(eq=False)
class Condition:
    """Something that holds of some outcomes: how it is said, and of which it holds.

    `fix` says what to do where failures come with it.
    """

    said: str
    holds: npt.NDArray[np.bool_]
    fix: str = "read the failed ones of these cases, and add such cases to the training data"


@frozen(eq=False)
class Contrasts:
    """For each of many conditions: clusters with it, and the difference of failure rates.

    `low` and `high` are simultaneous over the conditions that occur in enough clusters; the others
    have a difference of NaN.
    """

    difference: Floats
    low: Floats
    high: Floats

    @property
    def shown(self) -> npt.NDArray[np.bool_]:
        """Tell for each condition whether its interval leaves out 0."""
        return (self.low > 0) | (self.high < 0)

    def only(self, places: Any) -> Contrasts:
        """Give those of some conditions, examined among all."""
        some = np.atleast_1d(np.asarray(places, dtype=np.intp))
        return Contrasts(self.difference[some], self.low[some], self.high[some])


def contrasts(holds: Any, learning: Learning) -> Contrasts:
    """Bound the failure rate with each condition minus that without it.

    `holds` has a row for each outcome and a column for each condition, sparse or not. The standard
    error sums the influence of whole clusters (the sandwich of a difference of two ratios), and is
    at least that of independent cases with one failure and one success added to either side
    (Agresti and Caffo, The American Statistician 54, 2000, 280-288), which is never 0, and that of
    independent cases that all fail at one rate, as in a score test of no difference. The quantile
    is Student's t, Bonferroni over all conditions that hold in at least 20 clusters and fail to
    hold in as many.
    """
    from scipy.sparse import csc_matrix, csr_matrix
    from scipy.stats import t

    table = csc_matrix(holds, dtype=np.float64, copy=True)
    table.data[:] = 1.0
    total = len(learning.failed)
    codes = np.unique(np.asarray(learning.clusters), return_inverse=True)[1]
    deal = csr_matrix((np.ones(total), (codes, np.arange(total))))
    groups = deal.shape[0]
    failed = learning.failed.astype(np.float64)
    counts = np.asarray(table.sum(axis=0)).ravel()
    wrong = np.asarray(table.T @ failed).ravel()
    with_it = np.asarray((deal @ table > 0).sum(axis=0)).ravel()
    without = np.asarray((deal @ table < deal.sum(axis=1)).sum(axis=0)).ravel()
    usable = (with_it >= LEAST) & (without >= LEAST) & (counts > 0) & (counts < total)
    nothing = np.full(table.shape[1], np.nan)
    if not usable.any():
        return Contrasts(nothing, nothing, nothing)
    inside, outside = nothing.copy(), nothing.copy()
    inside[usable] = wrong[usable] / counts[usable]
    outside[usable] = (failed.sum() - wrong[usable]) / (total - counts[usable])
    errors = nothing.copy()
    for place in np.flatnonzero(usable):
        there = np.zeros(total, dtype=bool)
        there[table.indices[table.indptr[place] : table.indptr[place + 1]]] = True
        influence = np.where(
            there,
            (failed - inside[place]) / counts[place],
            -(failed - outside[place]) / (total - counts[place]),
        )
        sums = np.bincount(codes, influence, minlength=groups)
        errors[place] = np.sqrt((sums**2).sum() * groups / (groups - 1))
    independent = _variance(wrong, counts) + _variance(failed.sum() - wrong, total - counts)
    # Without the pooled one, no failure among a few dozen cases would seem surer than it is.
    alike = (
        failed.mean()
        * (1 - failed.mean())
        * (1 / np.maximum(counts, 1) + 1 / np.maximum(total - counts, 1))
    )
    errors = np.maximum(errors, np.sqrt(np.maximum(independent, alike)))
    fewer = np.minimum(with_it, without)
    tail = (1 - LEVEL) / 2 / usable.sum()
    reach = np.where(usable, t.isf(tail, np.maximum(fewer - 1, 1)) * errors, np.nan)
    difference = inside - outside
    return Contrasts(difference, difference - reach, difference + reach)


def _variance(wrong: Floats, counts: Floats) -> Floats:
    """Give the variance of a failure rate of independent cases, one of either kind added."""
    rate = (wrong + 1) / (counts + 2)
    return np.asarray(rate * (1 - rate) / (counts + 2), dtype=np.float64)


def findings_of(
    conditions: Sequence[Condition], learning: Learning, *, known: Contrasts | None = None
) -> list[Finding]:
    """Give a finding for each condition whose interval leaves out 0, failure first, at most ten.

    `known` are the contrasts of these conditions where they were examined among others.
    """
    if not conditions:
        return []
    if known is None:
        known = contrasts(np.column_stack([one.holds for one in conditions]), learning)
    found = [
        _finding(condition, place, known, learning)
        for place, condition in enumerate(conditions)
        if known.shown[place]
    ]
    return sorted(found, key=lambda one: one.name != FAILURE)[:MOST]


def _finding(condition: Condition, place: int, known: Contrasts, learning: Learning) -> Finding:
    there, failed = condition.holds, learning.failed
    inside, outside = float(failed[there].mean()), float(failed[~there].mean())
    difference, low, high = (float(one[place]) for one in (known.difference, known.low, known.high))
    fails = difference > 0
    ids = dict.fromkeys(
        learning.outcomes[row].case.id for row in np.flatnonzero(there & (failed == fails))
    )
    examples, name = tuple(ids)[:EXAMPLES], FAILURE if fails else SUCCESS
    low, high = max(low, -1.0), min(high, 1.0)  # a normal interval knows no end
    return Finding(
        name,
        f"of the {there.sum():,} cases {condition.said}, {inside:.0%} failed; of the other "
        f"{(~there).sum():,}, {outside:.0%} (difference {100 * difference:+.0f} points, "
        f"{100 * low:+.0f} to {100 * high:+.0f}){_examples(name, examples)}",
        condition=condition.said,
        count=int(there.sum()),
        rate=inside,
        difference=difference,
        interval=(low, high),
        effect=difference,
        cases=examples,
        examples=examples,
        fix=condition.fix if fails else "",
    )


def said_without_ids(finding: Finding) -> str:
    """Give what a finding says, without the ids of its examples: they may tell the targets."""
    return finding.summary.removesuffix(_examples(finding.name, finding.examples))


def _examples(name: str, ids: Sequence[str]) -> str:
    return f"; {'failed' if name == FAILURE else 'right'}, for example: {', '.join(ids)}"
