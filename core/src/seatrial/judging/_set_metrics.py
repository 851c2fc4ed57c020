"""The interval of a metric that is not defined case by case, such as macro F1 or AUROC."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from .._components import Metric, Use
from .._plans import Priority
from ..errors import MetricError, PlanError
from ..statistics import Interval, jackknife
from ._sample import Sample

__all__ = ["rarest_class", "whole_interval"]

Cell = Mapping[int, tuple[Any, Any]]
"""One variant: for each case its target and what the metric reads of the answer."""


def whole_interval(priority: Priority, demand: str, sample: Sample, confidence: float) -> Interval:
    """Bound the mean of a metric over the variants of a priority, or its drop from clean.

    Every case of the slice needs an answer in every variant: leaving one out would change what the
    metric is about without anybody noticing.
    """
    metric = priority.metric
    if metric is None:
        msg = f"{demand} needs a metric"
        raise PlanError(msg)
    labels = {one["label"]: at for at, one in enumerate(sample.report.perturbations)}
    clean, *_ = _cells(sample, metric, -1, 0)
    variants = [
        cell
        for use in priority.perturbations
        for severity in priority.severities_of(use)
        for cell in _cells(sample, metric, labels[use.label], severity)
    ] or [clean]
    needed = [clean, *variants] if demand == "max_drop" else variants
    cases = sample.cases.tolist()
    if missing := sum(any(case not in cell for cell in needed) for case in cases):
        msg = (
            f"{missing} of {len(cases)} cases have no answer somewhere, and {metric.label} needs "
            "every one; look at the errored records"
        )
        raise PlanError(msg)
    score = metric.build()
    sign = 1.0 if metric.component.higher_is_better else -1.0

    def of(cell: Cell, chosen: Any) -> float:
        pairs = [cell[cases[at]] for at in chosen]
        value = float(score([target for target, _ in pairs], [answer for _, answer in pairs]))
        if not np.isfinite(value):
            msg = f"{metric.label} gave {value}"
            raise MetricError(msg)
        return value

    def statistic(chosen: Any) -> float:
        mean = float(np.mean([of(cell, chosen) for cell in variants]))
        return sign * (of(clean, chosen) - mean) if demand == "max_drop" else mean

    bounds = metric.component.bounds
    if bounds and demand == "max_drop":
        bounds = (bounds[0] - bounds[1], bounds[1] - bounds[0])
    return jackknife(
        statistic,
        len(cases),
        sample.clusters,
        confidence,
        bounds,
        rarest=rarest_class([needed[0][case][0] for case in cases], sample.clusters),
    )


def rarest_class(targets: Iterable[Any], clusters: Iterable[str]) -> int:
    """Count the clusters that have a case of the rarest class."""
    classes: dict[str, set[str]] = {}
    for target, cluster in zip(targets, clusters, strict=True):
        classes.setdefault(str(target), set()).add(cluster)
    return min(map(len, classes.values()))


def _cells(sample: Sample, metric: Use[Metric], use: int, severity: int) -> list[Cell]:
    """Read one cell of the report, a mapping for each replicate."""
    reads = metric.component.reads == "prediction"
    wanted = set(sample.cases.tolist())
    found: dict[int, dict[int, tuple[Any, Any]]] = {0: {}}
    for case, replicate, target, answer in sample.report.answers(use, severity):
        if case in wanted:
            cell = found.setdefault(replicate, {})
            cell[case] = (target, answer if reads else answer.value)
    return list(found.values())
