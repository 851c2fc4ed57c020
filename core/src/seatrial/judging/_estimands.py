"""The figures of demands that are means over cases: one number for each case, with its range.

A figure is all that an interval or a wager needs to know. Everything here is a linear or a
case-by-case function of the scores, so that errors and early stopping are treated alike for all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from attrs import evolve, frozen

from .._requirements import Demand
from ..errors import PlanError
from ..statistics import Interval, mean_of_bounded, proportion
from ..statistics._worst_of_k import worst_by_chance, worst_of_each
from ._reference_runs import errors_of, evidence_of_run, rows_in_both
from ._sample import Evidence, Floats

__all__ = ["FIGURES", "Figure", "figure_of"]

DECAY = 2 / 3
LEAST_STABLE = 10
STEPS = 6
Range = tuple[float, float]


@frozen(eq=False)
class Figure:
    """One value for each case; its mean is what a demand is about.

    `shares` says that the values are shares of variants that each are 0 or 1, so that their mean is
    a rate. `details` and `note` are what stands beside the figure in a verdict.
    """

    values: Floats
    clusters: np.ndarray[Any, Any]
    bounds: Range | None
    shares: bool = False
    details: Mapping[str, Any] = {}
    note: str = ""

    def interval(self, confidence: float, seed: int) -> Interval:
        """Bound the mean, exactly where it is a rate."""
        if self.shares:
            return proportion(self.values, self.clusters, confidence)
        return mean_of_bounded(self.values, self.clusters, confidence, self.bounds, seed=seed)


def figure_of(demand: Demand, evidence: Evidence) -> Figure:
    """Give the figure of a demand from a sample in which nothing is lost."""
    return FIGURES[demand.name](evidence, demand.settings)


def _figure(evidence: Evidence, values: Floats, **more: Any) -> Figure:
    bounds = evidence.bounds
    return Figure(values, evidence.clusters, None if bounds is None else _range(*bounds), **more)


def _range(low: float, high: float) -> Range:
    return float(low), float(high)


def _level(evidence: Evidence, _: Mapping[str, Any]) -> Figure:
    return _figure(evidence, evidence.means(), shares=evidence.binary())


def _opposite(evidence: Evidence, _: Mapping[str, Any]) -> Figure:
    return _figure(evidence, 1.0 - evidence.means(), shares=evidence.binary())


def _difference(evidence: Evidence, before: Floats, after: Floats) -> Figure:
    """Pair what was with what is; above zero is worse, whatever the metric's direction."""
    sign = 1.0 if evidence.better else -1.0
    bounds = evidence.bounds
    spread = None if bounds is None else float(bounds[1] - bounds[0])
    return Figure(
        sign * (before - after),
        evidence.clusters,
        None if spread is None else (-spread, spread),
    )


def _drop(evidence: Evidence, _: Mapping[str, Any]) -> Figure:
    return _difference(evidence, evidence.clean.values, evidence.means())


def _worst_of(evidence: Evidence, _: Mapping[str, Any]) -> Figure:
    scores = _complete(evidence)
    worst = worst_of_each(scores, higher_is_better=evidence.better)
    known = evidence.clean.values[~np.isnan(evidence.clean.values)]
    variants = scores.shape[1]
    chance = (
        worst_by_chance(known, variants, higher_is_better=evidence.better) if len(known) else None
    )
    details = {"variants": variants, "clean_worst_by_chance": chance}
    return _figure(evidence, worst, shares=evidence.binary(), details=details)


def _complete(evidence: Evidence) -> Floats:
    """Give the variants of every case; one that was skipped counts as the case's mean."""
    scores = evidence.variants.values
    return np.asarray(np.where(np.isnan(scores), evidence.means()[:, None], scores))


def _stable(evidence: Evidence, _: Mapping[str, Any]) -> Figure:
    right = evidence.right(_complete(evidence))
    share = np.asarray(right.mean(axis=1))
    least = np.argsort(share, kind="stable")[:LEAST_STABLE]
    names = [evidence.cases[at].id for at in least.tolist() if share[at] < 1]
    return Figure(
        np.asarray(right.all(axis=1), dtype=np.float64),
        evidence.clusters,
        (0.0, 1.0),
        shares=True,
        details={"least_stable": names},
    )


def _weighted(evidence: Evidence, settings: Mapping[str, Any], clean: float) -> Floats:
    """Weight each perturbation's severities by decay**severity; the perturbations count alike."""
    decay = float(settings.get("decay", DECAY))
    total: Any = 0.0
    labels = list(dict.fromkeys(label for label, _ in evidence.cells))
    for label in labels:
        weights, summed = clean, clean * evidence.clean.values if clean else 0.0
        for severity in sorted({rung for name, rung in evidence.cells if name == label}):
            columns = [at for at, cell in enumerate(evidence.cells) if cell == (label, severity)]
            scores = evidence.variants.values[:, columns]
            if np.isnan(scores).all(axis=1).any():
                msg = (
                    f"some case has no score under {label} at severity {severity}, so its weight "
                    "cannot be given"
                )
                raise PlanError(msg)
            weights += decay**severity
            summed = summed + decay**severity * np.nanmean(scores, axis=1)
        total = total + summed / weights
    return np.asarray(total / len(labels), dtype=np.float64)


def _weighted_mean(evidence: Evidence, settings: Mapping[str, Any]) -> Figure:
    return _figure(evidence, _weighted(evidence, settings, 1.0))


def _weighted_drop(evidence: Evidence, settings: Mapping[str, Any]) -> Figure:
    return _difference(evidence, evidence.clean.values, _weighted(evidence, settings, 0.0))


def _attack(evidence: Evidence, settings: Mapping[str, Any]) -> Figure:
    """Of the cases that are right when clean, count those that some variant in the bound breaks."""
    right = evidence.right(evidence.clean.values)
    if not right.any():
        msg = "no case is right on its clean input, so the share of broken ones is undefined"
        raise PlanError(msg)
    inside = np.nan_to_num(evidence.distance, nan=0.0) <= float(settings["distance"]) + 1e-12
    if "queries" in settings and evidence.queries is not None:
        inside &= np.nan_to_num(evidence.queries, nan=0.0) <= float(settings["queries"])
    broken = ~evidence.right(_complete(evidence)) & inside
    nearest = np.where(broken, np.nan_to_num(evidence.distance, nan=0.0), np.inf).min(axis=1)[right]
    reached = nearest < np.inf
    details = {
        "attacked": int(right.sum()),
        "outside_the_bound": int((~inside & ~np.isnan(evidence.variants.values)).sum()),
        "success_within": {
            f"{bound:.3g}": float((nearest <= bound + 1e-12).mean())
            for bound in np.linspace(0, float(settings["distance"]), STEPS)
        },
    }
    return Figure(
        reached.astype(np.float64),
        evidence.clusters[right],
        (0.0, 1.0),
        shares=True,
        details=details,
    )


def _corruption(evidence: Evidence, settings: Mapping[str, Any], *, relative: bool) -> Figure:
    """Divide each perturbation's errors, summed over severities, by the reference model's sum.

    The reference's errors count as constants, as AlexNet's do in ImageNet-C; the mean over
    perturbations is then linear in this model's errors.
    """
    clean, errors = errors_of(evidence)
    known = ~np.isnan(errors)
    mean = np.where(known, errors, 0.0).sum(axis=1) / known.sum(axis=1)
    errors = np.where(known, errors, mean[:, None])
    labels = list(dict.fromkeys(label for label, _ in evidence.cells))
    total: Any = 0.0
    most, each = 0.0, {}
    for label in labels:
        columns = [at for at, cell in enumerate(evidence.cells) if cell[0] == label]
        base, theirs = _reference_errors(settings["reference"], evidence, label)
        scale = theirs - base if relative else theirs
        if scale <= 0:
            msg = (
                f"the reference model's error under {label}, {theirs:g}, is no larger than "
                f"{base if relative else 0:g}, so a ratio to it is undefined"
            )
            raise PlanError(msg)
        part = (errors[:, columns].mean(axis=1) - (clean if relative else 0.0)) / scale
        each[label] = float(part.mean())
        total = total + part / len(labels)
        most += 1 / scale / len(labels)
    least = -most if relative else 0.0
    return Figure(total, evidence.clusters, (least, most), details={"each": each})


def _reference_errors(reference: Any, evidence: Evidence, label: str) -> tuple[float, float]:
    """Give the reference model's clean error, and its mean error over the severities measured."""
    severities = [severity for name, severity in evidence.cells if name == label]
    if not isinstance(reference, Mapping):
        other = evidence_of_run(str(reference), evidence.priority)
        if np.concatenate(other.lost(paired=True)).any():
            msg = f"{reference} lacks scores of some cases, so its errors are unknown"
            raise PlanError(msg)
        clean, errors = errors_of(other)
        columns = [at for at, cell in enumerate(other.cells) if cell[0] == label]
        return float(np.nanmean(clean)), float(np.nanmean(errors[:, columns]))
    name = label if label in reference else label.partition("(")[0]
    if name not in reference:
        msg = f"the reference has no errors for {label}; it has {', '.join(reference)}"
        raise PlanError(msg)
    given, base = reference[name], float(reference.get("clean", 0.0))
    if not isinstance(given, tuple | list):
        return base, float(given)
    if max(severities) > len(given):
        msg = f"the reference has {len(given)} errors for {label}, one for each severity from 1 up"
        raise PlanError(msg)
    return base, float(np.mean([given[severity - 1] for severity in severities]))


def _ce(evidence: Evidence, settings: Mapping[str, Any]) -> Figure:
    return _corruption(evidence, settings, relative=False)


def _relative_ce(evidence: Evidence, settings: Mapping[str, Any]) -> Figure:
    return _corruption(evidence, settings, relative=True)


def _retained(evidence: Evidence, settings: Mapping[str, Any]) -> Figure:
    other = evidence_of_run(str(settings["reference"]), evidence.priority)
    here, there, note = rows_in_both(evidence, other, paired=False)
    some, before = evidence.of(np.array(here)), other.means()[there]
    was, is_ = some.right(before), some.right(some.means())
    ids = np.array(some.ids, dtype=object)
    details = {"forgotten": ids[was & ~is_].tolist(), "learned": ids[is_ & ~was].tolist()}
    return evolve(_difference(some, before, some.means()), details=details, note=note)


FIGURES: Mapping[str, Callable[[Evidence, Mapping[str, Any]], Figure]] = {
    "at_least": _level,
    "at_most": _level,
    "max_drop": _drop,
    "min_agreement": _level,
    "flip_rate": _opposite,
    "worst_of": _worst_of,
    "stable_instances": _stable,
    "weighted_mean": _weighted_mean,
    "weighted_drop": _weighted_drop,
    "recall_of_abstention": _level,
    "over_refusal": _level,
    "attack_success": _attack,
    "corruption_error": _ce,
    "relative_corruption_error": _relative_ce,
    "retained": _retained,
    "brier": _level,
}
"""Demands whose figure is a mean over cases; these can be decided while a run goes on."""
