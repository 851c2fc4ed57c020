"""The interval of a metric of the whole set, such as macro F1 or AUROC."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
from typing import Any

import numpy as np
from attrs import field, frozen

from .._components import Metric, Use
from .._plans import Priority
from ..errors import MetricError, PlanError
from ..inputs._binding import built
from ..inputs._boundary import call
from ..statistics import Interval, jackknife
from ._evidence import Positions
from ._sample import Sample

__all__ = ["SetScore", "interval_of_set_metric", "rarest_class", "score_of_set"]

Cell = Mapping[int, tuple[Any, Any]]
"""One variant: for each case what the metric takes as its target, and what of the answer."""


@frozen(eq=False)
class SetScore:
    """A metric of the whole set, ready to be scored on some rows of a sample.

    `targets` are those of the rows; `bounds` those of the figure. What some rows scored is kept: a
    bound at another confidence asks for the same rows again.
    """

    metric: Use[Metric]
    clean: Cell
    variants: tuple[Cell, ...]
    cases: tuple[int, ...]
    bounds: tuple[float, float] | None
    drop: bool
    _score: Any
    _kept: dict[bytes, float] = field(factory=dict, init=False, repr=False)

    @property
    def targets(self) -> list[Any]:
        """The target of each row."""
        cell = self.clean if self.drop else self.variants[0]
        found = [cell[case][0] for case in self.cases]
        return [one.target for one in found] if self.metric.component.reads == "case" else found

    def of(self, chosen: Positions) -> float:
        """Score some rows: the mean over variants, or the drop from clean to it."""
        rows = blake2b(chosen.tobytes(), digest_size=16).digest()
        if rows not in self._kept:
            self._kept[rows] = self._figure(chosen)
        return self._kept[rows]

    def _figure(self, chosen: Positions) -> float:
        mean = float(np.mean([self._of(cell, chosen) for cell in self.variants]))
        if not self.drop:
            return mean
        sign = 1.0 if self.metric.component.higher_is_better else -1.0
        return sign * (self._of(self.clean, chosen) - mean)

    def clean_score(self) -> float:
        """Score the clean answers to every case."""
        return self._of(self.clean, np.arange(len(self.cases)))

    def _of(self, cell: Cell, chosen: Positions) -> float:
        pairs = [cell[self.cases[at]] for at in chosen.tolist()]
        return call(self.metric.label, self._scored, pairs)

    def _scored(self, pairs: Sequence[tuple[Any, Any]]) -> float:
        value = float(self._score([target for target, _ in pairs], [one for _, one in pairs]))
        if not np.isfinite(value):
            msg = f"{self.metric.label} gave {value}"
            raise MetricError(msg)
        return value


def score_of_set(priority: Priority, sample: Sample, *, drop: bool) -> SetScore:
    """Read what a metric of the whole set needs.

    Every case of the slice needs an answer in every variant: leaving one out would change what the
    metric is about without anybody noticing.
    """
    metric = priority.metric
    if metric is None:
        msg = f"priority {priority.name!r} needs a metric"
        raise PlanError(msg)
    labels = {one["label"]: at for at, one in enumerate(sample.report.perturbations)}
    clean, *_ = _cells(sample, metric, -1, 0)
    variants = [
        cell
        for use in priority.perturbations
        for severity in priority.severities_of(use)
        for cell in _cells(sample, metric, labels[use.label], severity)
    ] or [clean]
    needed = [clean, *variants] if drop else variants
    cases = sample.cases.tolist()
    if missing := sum(any(case not in cell for cell in needed) for case in cases):
        msg = (
            f"{missing} of {len(cases)} cases have no answer somewhere, and {metric.label} needs "
            "every one; look at the errored records"
        )
        raise PlanError(msg)
    bounds = metric.component.bounds
    if bounds and drop:
        bounds = (bounds[0] - bounds[1], bounds[1] - bounds[0])
    return SetScore(metric, clean, tuple(variants), tuple(cases), bounds, drop, built(metric))


def interval_of_set_metric(
    scored: SetScore, clusters: np.ndarray[Any, Any], confidence: float, largest: int | None
) -> Interval:
    """Bound the mean of a metric over the variants of a priority, or its drop from clean."""
    return jackknife(
        scored.of,
        len(scored.cases),
        clusters,
        confidence,
        scored.bounds,
        rarest=rarest_class(scored.targets, clusters),
        largest=largest,
    )


def rarest_class(targets: Iterable[Any], clusters: Iterable[str]) -> int:
    """Count the clusters that have a case of the rarest class."""
    classes: dict[str, set[str]] = {}
    for target, cluster in zip(targets, clusters, strict=True):
        classes.setdefault(str(target), set()).add(cluster)
    return min(map(len, classes.values()))


def _cells(sample: Sample, metric: Use[Metric], use: int, severity: int) -> list[Cell]:
    """Read one cell of the report, a mapping for each replicate."""
    reads = metric.component.reads
    wanted = set(sample.cases.tolist())
    between = min(wanted), max(wanted)
    found: dict[int, dict[int, tuple[Any, Any]]] = {0: {}}
    answers = sample.report.answers(use, severity, between, whole=reads == "case")
    for case, replicate, target, answer in answers:
        if case in wanted:
            cell = found.setdefault(replicate, {})
            cell[case] = (target, answer.value if reads == "value" else answer)
    return list(found.values())
