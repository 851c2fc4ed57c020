"""Bounds of demands that are no plain mean over cases: the worst of many, slopes, ratios."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from attrs import evolve, frozen

from .._requirements import Demand
from ..errors import PlanError
from ._calibration import expected_calibration_error
from ._intervals import Interval, jackknife, proportion
from ._references import report_of
from ._sample import Evidence, Floats, Sample
from ._simultaneous import Worst, gap_between_groups, worst_cell, worst_group

__all__ = ["BOUNDS", "Bound", "bound_of"]

FEWEST = 20
"""How many clusters a group needs to be judged, unless `min_cases` says otherwise."""


@frozen
class Bound:
    """An interval, and what stands beside it in the verdict."""

    interval: Interval
    details: Mapping[str, Any] = {}
    note: str = ""


def bound_of(
    demand: Demand, sample: Sample, evidence: Evidence, confidence: float, seed: int
) -> Bound:
    """Bound the figure of a demand from a sample in which nothing is lost."""
    return BOUNDS[demand.name](sample, evidence, demand.settings, confidence, seed)


def _bounded(evidence: Evidence) -> tuple[float, float]:
    if evidence.bounds is None:
        msg = "this demand needs a metric with a smallest and a largest score"
        raise PlanError(msg)
    return float(evidence.bounds[0]), float(evidence.bounds[1])


def _told(worst: Worst) -> Bound:
    each = {
        name: {"estimate": one.estimate, "interval": list(one.ends), "cases": one.cases}
        for name, one in worst.each.items()
    }
    small = ", ".join(worst.too_small)
    note = f"too few cases to say anything about {small}" if small else ""
    return Bound(worst.interval, {"worst": worst.worst, "each": each}, note)


def _worst_severity(
    _: Sample, evidence: Evidence, __: Mapping[str, Any], confidence: float, seed: int
) -> Bound:
    return _told(
        worst_cell(
            evidence.variants.values,
            [f"{label}:{severity}" for label, severity in evidence.cells],
            evidence.clusters,
            confidence,
            bounds=_bounded(evidence),
            seed=seed,
            higher_is_better=evidence.better,
        )
    )


def _groups(evidence: Evidence, by: str) -> list[str]:
    found = [evidence.groups[at].get(by) for at in range(len(evidence.ids))]
    if missing := sum(one is None for one in found):
        msg = f"{missing} of {len(found)} cases do not say their {by!r}"
        raise PlanError(msg)
    if len(set(found)) == 1:
        msg = f"every case has the {by} {found[0]!r}: one group has no worst, and no gap"
        raise PlanError(msg)
    return [str(one) for one in found]


def _worst_group(
    _: Sample, evidence: Evidence, settings: Mapping[str, Any], confidence: float, seed: int
) -> Bound:
    return _told(
        worst_group(
            evidence.means(),
            _groups(evidence, settings["by"]),
            evidence.clusters,
            confidence,
            bounds=_bounded(evidence),
            seed=seed,
            smallest=int(settings.get("min_cases", FEWEST)),
            higher_is_better=evidence.better,
        )
    )


def _gap(
    _: Sample, evidence: Evidence, settings: Mapping[str, Any], confidence: float, seed: int
) -> Bound:
    return _told(
        gap_between_groups(
            evidence.means(),
            _groups(evidence, settings["by"]),
            evidence.clusters,
            confidence,
            bounds=_bounded(evidence),
            seed=seed,
            smallest=int(settings.get("min_cases", FEWEST)),
        )
    )


def _slope(
    _: Sample, evidence: Evidence, settings: Mapping[str, Any], confidence: float, __: int
) -> Bound:
    """Fit a line of the score over the time window, and count its fall as positive."""
    by = settings["by"]
    try:
        when = np.array([float(one) for one in _groups(evidence, by)])
    except ValueError:
        msg = f"the group {by!r} is no number, so nothing falls per unit of it"
        raise PlanError(msg) from None
    scores = evidence.means() * (1.0 if evidence.better else -1.0)

    def fall(chosen: Any) -> float:
        spread = when[chosen] - when[chosen].mean()
        total = float(spread @ spread)
        return -float(spread @ scores[chosen]) / total if total else float("nan")

    found = jackknife(fall, len(scores), evidence.clusters, confidence, None)
    windows = {
        f"{at:g}": float(evidence.means()[when == at].mean()) for at in sorted(set(when.tolist()))
    }
    return Bound(found, {"windows": windows})


def _ppv(
    sample: Sample, evidence: Evidence, settings: Mapping[str, Any], confidence: float, _: int
) -> Bound:
    """Bound the predictive value by Bayes' rule from bounds of sensitivity and specificity.

    Each of the two gets half of the error, and is estimated on its own class, so the prevalence of
    the cases does not matter.
    """
    positive = settings["positive"]
    flagged, truth = _flagged(sample, positive)
    sick = truth == 1
    if not sick.any() or sick.all():
        msg = f"the positive predictive value needs cases that are {positive!r} and others"
        raise PlanError(msg)
    half = 1 - (1 - confidence) / 2
    hit = proportion(flagged[sick], evidence.clusters[sick], half)
    alarm = proportion(flagged[~sick], evidence.clusters[~sick], half)

    def value(sensitivity: float, false_alarms: float, prevalence: float) -> float:
        told = sensitivity * prevalence + false_alarms * (1 - prevalence)
        return sensitivity * prevalence / told if told else float("nan")

    grid = settings["prevalence"]
    rates = [float(one) for one in (grid if isinstance(grid, tuple | list) else (grid,))]
    curve = {
        f"{rate:g}": [
            value(hit.low, alarm.high, rate),
            value(hit.estimate, alarm.estimate, rate),
            value(hit.high, alarm.low, rate),
        ]
        for rate in rates
    }
    low, estimate, high = curve[f"{min(rates):g}"]
    if np.isnan([low, estimate]).any():
        msg = "nothing was flagged, so the positive predictive value is undefined"
        raise PlanError(msg)
    found = evolve(
        hit,
        estimate=estimate,
        low=low,
        high=1.0 if np.isnan(high) else high,
        confidence=confidence,
        cases=len(flagged),
        clusters=hit.clusters + alarm.clusters,
    )
    details = {
        "sensitivity": hit.estimate,
        "specificity": 1 - alarm.estimate,
        "by_prevalence": curve,
    }
    return Bound(found, details)


def _flagged(sample: Sample, positive: Any) -> tuple[Floats, Floats]:
    """Give, for each case, the share of its variants called positive, and whether it is."""
    called = np.full(sample.variants.shape, np.nan)
    truth = np.full(len(sample.cases), np.nan)
    for row, column, target, prediction in sample.answered():
        called[row, column] = float(prediction.value == positive)
        truth[row] = float(target == positive)
    if missing := int(np.isnan(truth).sum()):
        msg = f"{missing} of {len(truth)} cases have no answer, and the predictive value needs all"
        raise PlanError(msg)
    return np.nanmean(called, axis=1), truth


def _calibration(
    sample: Sample, evidence: Evidence, _: Mapping[str, Any], confidence: float, seed: int
) -> Bound:
    stated, right = sample.stated()
    chosen = np.repeat(evidence.clusters, evidence.variants.values.shape[1])
    known = ~np.isnan(stated)
    if not known.any():
        msg = (
            "the model states no probabilities (Prediction.probabilities), so it has no calibration"
        )
        raise PlanError(msg)
    return Bound(
        expected_calibration_error(
            stated[known], right[known], chosen[known], confidence, seed=seed
        )
    )


def _cascade(
    sample: Sample, evidence: Evidence, settings: Mapping[str, Any], confidence: float, _: int
) -> Bound:
    """Divide the pipeline's drop by its component's, from a run of the component on these cases."""
    other = Sample.of(sample.priority, report_of(settings["component"])).evidence()
    at = {name: row for row, name in enumerate(other.ids)}
    both = [row for row, name in enumerate(evidence.ids) if name in at]
    if not both:
        msg = f"{settings['component']} has none of these cases"
        raise PlanError(msg)
    sign = 1.0 if evidence.better else -1.0
    ours = sign * (evidence.clean.values - evidence.means())[both]
    rows = [at[evidence.ids[row]] for row in both]
    theirs = sign * (other.clean.values - other.means())[rows]
    if not np.nanmean(theirs) > 0:
        msg = "the component does not drop at all, so a ratio to its drop is undefined"
        raise PlanError(msg)

    def ratio(chosen: Any) -> float:
        below = float(theirs[chosen].mean())
        return float(ours[chosen].mean()) / below if below > 0 else float("nan")

    found = jackknife(ratio, len(both), evidence.clusters[both], confidence, None)
    details = {"pipeline_drop": float(ours.mean()), "component_drop": float(theirs.mean())}
    return Bound(found, details)


BOUNDS: Mapping[str, Callable[..., Bound]] = {
    "worst_severity": _worst_severity,
    "worst_group": _worst_group,
    "max_gap": _gap,
    "max_slope": _slope,
    "ppv_at": _ppv,
    "ece": _calibration,
    "cascade": _cascade,
}
"""Demands that need every case at once; a run that stops early measures them to the end."""
