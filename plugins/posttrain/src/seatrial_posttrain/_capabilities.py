"""What a model gained and what it forgot, task by task."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from attrs import evolve, field, frozen

from seatrial.errors import PlanError
from seatrial.kit import Table

from ._evaluating import Measured
from ._tasks import CAPABILITIES, KINDS, Task, tasks_of

__all__ = ["Capabilities", "Change", "capabilities"]


@frozen(kw_only=True)
class Change:
    """The figure of a task before and after, and what became of it, with an interval.

    `change` is after minus before, or after over before for a perplexity, and `low` to `high` its
    interval; each end is a one-sided bound. `p_worse` and `p_better` are corrected for the number
    of tasks (Holm). `parsed` is the fraction of answers in which one was found, before and after.
    """

    task: str
    capability: str
    kind: str
    metric: str
    cases: int
    before: float
    after: float
    change: float
    low: float
    high: float
    p_worse: float
    p_better: float
    parsed: tuple[float | None, float | None]


def _tuple(values: Any) -> tuple[Any, ...]:
    return tuple(values)


@frozen
class Capabilities:
    """The changes of all tasks, in the order of capabilities; `str` of it is a table."""

    changes: tuple[Change, ...] = field(converter=_tuple)
    confidence: float = 0.95

    @property
    def forgotten(self) -> tuple[str, ...]:
        """The tasks that got worse beyond what chance explains, corrected for their number."""
        return tuple(one.task for one in self.changes if one.p_worse <= 1 - self.confidence)

    @property
    def gained(self) -> tuple[str, ...]:
        """The tasks that got better beyond what chance explains, corrected for their number."""
        return tuple(one.task for one in self.changes if one.p_better <= 1 - self.confidence)

    def table(self) -> Table:
        """Lay it out: capability by capability, and what was forgotten below."""
        names = (
            "capability",
            "kind",
            "task",
            "metric",
            "cases",
            "before",
            "after",
            "change",
            "parsed",
        )
        rows = [self._row(one) for one in self.changes]
        how = (
            "change: after minus before, of a perplexity after over before, paired by case; each "
            f"end of an interval is at {self.confidence:g}, and the lists are corrected for "
            f"the number of tasks, {len(rows)} (Holm)"
        )
        gone = ", ".join(self.forgotten) or "nothing beyond chance"
        return Table(
            names,
            rows,
            notes=(
                f"forgotten: {gone}",
                f"gained: {', '.join(self.gained) or 'nothing beyond chance'}",
                how,
            ),
        )

    def _row(self, one: Change) -> Sequence[str]:
        sign = "" if one.metric == "perplexity" else "+"
        found = [f"{part:.0%}" for part in one.parsed if part is not None]
        note = " → ".join(found) if found and set(found) != {"100%"} else ""
        figures = (f"{one.before:.3f}", f"{one.after:.3f}")
        change = f"{one.change:{sign}.3f} ({one.low:{sign}.3f} to {one.high:{sign}.3f})"
        what = (one.capability, one.kind, one.task, one.metric, str(one.cases))
        return (*what, *figures, change, note)

    def __str__(self) -> str:
        return str(self.table())


def capabilities(
    tasks: Sequence[Any],
    before: Mapping[str, Measured],
    after: Mapping[str, Measured],
    *,
    confidence: float = 0.95,
) -> Capabilities:
    """Compare two evaluations of the same tasks, paired by case.

    A metric that scores each case is bounded by `paired_drop`, others and perplexities by the
    jackknife over clusters. Raises `PlanError` where the two are not of the same tasks and cases.
    """
    from seatrial.statistics import holm

    given = tasks_of(tasks)
    if lacking := [one.name for one in given if one.name not in before or one.name not in after]:
        msg = f"task {lacking[0]!r} was not measured both before and after"
        raise PlanError(msg)
    changes = [_change(task, before[task.name], after[task.name], confidence) for task in given]
    worse, better = (
        holm([getattr(one, name) for one in changes]) for name in ("p_worse", "p_better")
    )
    corrected = [
        evolve(one, p_worse=float(w), p_better=float(b))
        for one, w, b in zip(changes, worse, better, strict=True)
    ]
    order = {one: place for place, one in enumerate((a, b) for a in CAPABILITIES for b in KINDS)}
    return Capabilities(
        sorted(corrected, key=lambda one: order[one.capability, one.kind]), confidence
    )


def _change(task: Task, before: Measured, after: Measured, confidence: float) -> Change:
    from seatrial.statistics import p_value

    if before.cases != after.cases:
        msg = f"task {task.name!r} was measured on other cases before than after"
        raise PlanError(msg)
    figure, bounded, higher = _bounded(task, before, after)
    neutral = 1.0 if task.metric is None else 0.0
    low, high = bounded(confidence)

    def below(at: float) -> bool:
        return bounded(at)[1] < neutral

    def above(at: float) -> bool:
        return bounded(at)[0] > neutral

    worse, better = (below, above) if higher else (above, below)
    old, new = figure(before), figure(after)
    return Change(
        task=task.name,
        capability=task.capability,
        kind=task.kind,
        metric="perplexity" if task.metric is None else task.metric.label,
        cases=len(before.cases),
        before=old,
        after=new,
        change=new / old if task.metric is None else new - old,
        low=low,
        high=high,
        p_worse=p_value(worse),
        p_better=p_value(better),
        parsed=(before.parsed, after.parsed),
    )


Figure = Callable[[Measured], float]
Bounded = Callable[[float], tuple[float, float]]


def _bounded(task: Task, before: Measured, after: Measured) -> tuple[Figure, Bounded, bool]:
    """Give what the figure of a task is, the interval of its change, and whether more is better."""
    if task.metric is None:
        return _perplexity, lambda at: _ratio(before, after, at), False
    metric = task.metric.component
    if metric.per_case:
        return _mean, lambda at: _difference(metric, before, after, at), metric.higher_is_better
    score = task.metric.build()
    known: dict[bytes, float] = {}  # a p-value asks for the same parts many times

    def figure(one: Measured) -> float:
        return float(score(list(one.targets), list(one.answers)))

    def change(places: Any) -> float:
        key = places.tobytes()
        if key not in known:
            old, new = (
                float(score([one.targets[at] for at in places], [one.answers[at] for at in places]))
                for one in (before, after)
            )
            known[key] = new - old
        return known[key]

    def difference(at: float) -> tuple[float, float]:
        return _jackknifed(change, metric.bounds, before, at)

    return figure, difference, metric.higher_is_better


def _perplexity(one: Measured) -> float:
    return math.exp(sum(one.scores or ()) / sum(one.tokens or ()))


def _mean(one: Measured) -> float:
    scores = one.scores or ()
    return sum(scores) / len(scores)


def _ratio(before: Measured, after: Measured, confidence: float) -> tuple[float, float]:
    import numpy as np

    from seatrial.statistics import jackknife

    gain = np.subtract(after.scores or (), before.scores or ())
    tokens = np.asarray(before.tokens)
    found = jackknife(
        lambda places: float(gain[places].sum() / tokens[places].sum()),
        len(gain),
        before.clusters,
        confidence,
        None,
    )
    with np.errstate(over="ignore"):  # of a few cases nothing is known
        return float(np.exp(found.low)), float(np.exp(found.high))


def _difference(
    metric: Any, before: Measured, after: Measured, confidence: float
) -> tuple[float, float]:
    from seatrial.statistics import paired_drop

    found = paired_drop(
        before.scores or (), after.scores or (), before.clusters, confidence, bounds=metric.bounds
    )
    return -found.high, -found.low


def _jackknifed(
    change: Callable[[Any], float],
    bounds: tuple[float, float] | None,
    before: Measured,
    confidence: float,
) -> tuple[float, float]:
    from seatrial.statistics import jackknife

    spread = None if bounds is None else (bounds[0] - bounds[1], bounds[1] - bounds[0])
    found = jackknife(change, len(before.cases), before.clusters, confidence, spread)
    return found.low, found.high
