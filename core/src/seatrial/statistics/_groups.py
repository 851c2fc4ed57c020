"""Bounds for the worst of many: the worst group, the gap between groups, the worst cell.

The observed minimum of many figures is lower than the true one: of 10 equal groups of 30 cases, the
worst looks 10 points worse than it is. The bounds here hold for the true worst, at one-sided
`confidence` at each end. They are not symmetric, because the two claims are not:

- "every group is at least this good" holds if it holds for the group that is truly worst, whichever
  that is. So its bound is the lowest of the groups' own bounds, with *no* correction for their
  number (an intersection-union test; Berger, Technometrics 24, 1982, 295-300).
- "some group is worse than this" could be said of any, so each gets `1 / number` of the error
  (Bonferroni: valid however the groups or cells depend on each other).

A group with fewer clusters than `smallest` is never dropped: it could be anything, so its interval
spans the bounds, and nothing passes while it does. It is named in `too_small`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import hypot

import numpy as np
import numpy.typing as npt
from attrs import evolve, frozen

from ..errors import MetricError
from ._checks import Floats, check_confidence, checked_scores
from ._interval import Interval
from ._means import mean_of_bounded
from ._proportion import proportion

__all__ = ["Worst", "gap_between_groups", "worst_cell", "worst_group"]

Ends = tuple[float, float]


@frozen(kw_only=True)
class Worst:
    """Says how bad the worst may be, which looks worst, and what is known of each.

    `interval` is that of the worst (or of the gap). `each` has an interval for each group or cell;
    those hold all at once, so that any of them may be pointed at. `too_small` names groups with too
    few clusters to say anything.
    """

    interval: Interval
    worst: str
    each: Mapping[str, Interval]
    too_small: tuple[str, ...] = ()


def worst_group(
    values: npt.ArrayLike,
    groups: Sequence[str],
    clusters: npt.ArrayLike | None,
    confidence: float,
    *,
    bounds: Ends,
    seed: int = 0,  # noqa: ARG001 - every bound can be called with one; this one draws nothing
    smallest: int = 1,
    largest: float | None = None,
    expected: Sequence[str] = (),
    higher_is_better: bool = True,
) -> Worst:
    """Bound the mean of the worst group; `groups` has one label for each case.

    `smallest` counts clusters, `largest` is the largest cluster to expect. `expected` are labels
    that must occur: one that does not is a group of no cases, too small like any other.
    """
    own, shared, small = _by_group(
        values, groups, clusters, confidence, bounds, smallest, largest, expected, pairs=False
    )
    return _worst(own, shared, small, higher_is_better=higher_is_better)


def worst_cell(
    values: npt.ArrayLike,
    names: Sequence[str],
    clusters: npt.ArrayLike | None,
    confidence: float,
    *,
    bounds: Ends,
    seed: int = 0,  # noqa: ARG001 - every bound can be called with one; this one draws nothing
    largest: float | None = None,
    higher_is_better: bool = True,
) -> Worst:
    """Bound the mean of the worst column of a matrix, cases by cells: the worst severity.

    NaN marks a case that a cell lacks. Scores of 0 and 1 get the exact bounds of a rate, others
    those of `mean_of_bounded`.
    """
    check_confidence(confidence)
    array = _cells(values, names)
    known = ~np.isnan(array)
    units = np.arange(len(array)) if clusters is None else np.asarray(clusters)
    rates = _are_rates(array[known], bounds)
    each = 1 - (1 - confidence) / len(names)
    own: dict[str, Interval] = {}
    shared: dict[str, Interval] = {}
    for at, name in enumerate(names):
        column, labels = array[known[:, at], at], units[known[:, at]]
        for found, level in ((own, confidence), (shared, each)):
            found[name] = _bounded(column, labels, level, bounds, rates=rates, largest=largest)
    return _worst(own, shared, (), higher_is_better=higher_is_better)


def gap_between_groups(
    values: npt.ArrayLike,
    groups: Sequence[str],
    clusters: npt.ArrayLike | None,
    confidence: float,
    *,
    bounds: Ends,
    seed: int = 0,  # noqa: ARG001 - every bound can be called with one; this one draws nothing
    smallest: int = 1,
    largest: float | None = None,
    expected: Sequence[str] = (),
) -> Worst:
    """Bound the gap between the means of the best and the worst group.

    "No gap is larger than `high`" holds if it holds for the truly best and worst, so every pair is
    bounded on its own; "some gap is larger than `low`" pays for the number of pairs. A pair's bound
    squares and adds the distances of the two groups' ends (Newcombe, Statistics in Medicine 17,
    1998, 873-890). Where a cluster has cases in several groups the distances are added instead.
    """
    own, shared, small = _by_group(
        values, groups, clusters, confidence, bounds, smallest, largest, expected, pairs=True
    )
    names = list(own)
    if len(names) == 1:
        msg = f"a gap needs two groups, but every case is of the group {names[0]!r}"
        raise MetricError(msg)
    apart = _apart(groups, clusters)
    pairs = [(a, b) for a in names for b in names if a != b]
    known = [one for one in names if one not in small] or names
    best = max(known, key=lambda one: own[one].estimate)
    worst = min(known, key=lambda one: own[one].estimate)
    high = max(_difference(own[a], own[b], apart)[1] for a, b in pairs)
    low = max(_difference(shared[a], shared[b], apart)[0] for a, b in pairs)
    width = bounds[1] - bounds[0]
    interval = evolve(
        own[worst],
        estimate=own[best].estimate - own[worst].estimate,
        low=min(max(low, 0.0), width),
        high=min(high, width),
        confidence=confidence,
        method="every pair of groups",
        cases=sum(one.cases for one in own.values()),
        clusters=sum(one.clusters for one in own.values()),
        n_effective=min(own[best].n_effective, own[worst].n_effective),
        effective_clusters=sum(one.effective_clusters for one in own.values()),
        bounds=(0.0, width),
    )
    return Worst(interval=interval, worst=worst, each=shared, too_small=small)


def _worst(
    own: Mapping[str, Interval],
    shared: Mapping[str, Interval],
    small: tuple[str, ...],
    *,
    higher_is_better: bool,
) -> Worst:
    pick = min if higher_is_better else max
    known = [one for one in own if one not in small] or list(own)
    worst = pick(known, key=lambda one: own[one].estimate)
    low = pick((own if higher_is_better else shared)[one].low for one in own)
    high = pick((shared if higher_is_better else own)[one].high for one in own)
    interval = evolve(
        own[worst],
        low=low,
        high=high,
        method="every group" if len(own) > 1 else own[worst].method,
    )
    return Worst(interval=interval, worst=worst, each=shared, too_small=small)


def _by_group(
    values: npt.ArrayLike,
    groups: Sequence[str],
    clusters: npt.ArrayLike | None,
    confidence: float,
    bounds: Ends,
    smallest: int,
    largest: float | None,
    expected: Sequence[str],
    *,
    pairs: bool,
) -> tuple[dict[str, Interval], dict[str, Interval], tuple[str, ...]]:
    """Bound each group on its own, and again at the confidence that all of them need together."""
    check_confidence(confidence)
    array = checked_scores(values, bounds)
    labels = np.asarray(groups, dtype=np.str_)
    if labels.shape != array.shape:
        msg = f"{len(array)} scores but {len(labels)} group labels: give one for each case"
        raise MetricError(msg)
    units = np.arange(len(array)) if clusters is None else np.asarray(clusters)
    names = sorted({*labels.tolist(), *expected})
    ways = len(names) * (len(names) - 1) if pairs else len(names)
    each = 1 - (1 - confidence) / max(ways, 1)
    rates = _are_rates(array, bounds)
    own, shared, small = {}, {}, []
    for name in names:
        inside = labels == name
        if len(np.unique(units[inside])) < max(smallest, 1):
            small.append(name)
            own[name] = shared[name] = _unknown(array[inside], units[inside], bounds, confidence)
            continue
        for found, level in ((own, confidence), (shared, each)):
            found[name] = _bounded(
                array[inside], units[inside], level, bounds, rates=rates, largest=largest
            )
    return own, shared, tuple(small)


def _unknown(
    values: Floats, units: npt.NDArray[np.generic], bounds: Ends, confidence: float
) -> Interval:
    return Interval(
        estimate=float(values.mean()) if len(values) else float("nan"),
        low=bounds[0],
        high=bounds[1],
        confidence=confidence,
        method="undefined",
        cases=len(values),
        clusters=len(np.unique(units)),
        n_effective=float(len(np.unique(units))),
        bounds=bounds,
    )


def _cells(values: npt.ArrayLike, names: Sequence[str]) -> Floats:
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 2 or not array.size:  # noqa: PLR2004 - cases by cells
        msg = f"expected scores of cases by cells, got an array of shape {array.shape}"
        raise MetricError(msg)
    if len(names) != array.shape[1]:
        msg = f"{len(names)} names but {array.shape[1]} cells: give one name for each column"
        raise MetricError(msg)
    empty = np.flatnonzero(np.isnan(array).all(axis=0))
    if len(empty):
        msg = f"cell {empty[0]} has no measured case"
        raise MetricError(msg)
    return array


def _are_rates(array: Floats, bounds: Ends) -> bool:
    return tuple(bounds) == (0.0, 1.0) and bool(np.isin(array, (0.0, 1.0)).all())


def _bounded(
    values: Floats,
    units: npt.NDArray[np.generic],
    confidence: float,
    bounds: Ends,
    *,
    rates: bool,
    largest: float | None,
) -> Interval:
    if rates:
        return proportion(values, units, confidence, largest=largest)
    return mean_of_bounded(values, units, confidence, bounds, largest=largest)


def _difference(first: Interval, second: Interval, apart: bool) -> Ends:
    """Bound one mean minus another of other cases (or, if not `apart`, of dependent ones)."""
    if first.method == "undefined" or second.method == "undefined":
        return first.low - second.high, first.high - second.low
    add = hypot if apart else (lambda one, other: one + other)
    between = first.estimate - second.estimate
    down = add(first.estimate - first.low, second.high - second.estimate)
    up = add(first.high - first.estimate, second.estimate - second.low)
    return between - down, between + up


def _apart(groups: Sequence[str], clusters: npt.ArrayLike | None) -> bool:
    """Say whether no cluster has cases in two groups."""
    if clusters is None:
        return True
    pairs = {*zip(np.asarray(clusters).tolist(), groups, strict=True)}
    return len(pairs) == len({cluster for cluster, _ in pairs})
