"""Bounds of demands that are no plain mean over cases: the worst of many, slopes, ratios."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from attrs import evolve, frozen

from .._requirements import Demand
from ..errors import PlanError
from ..statistics import (
    Interval,
    Worst,
    expected_calibration_error,
    gap_between_groups,
    mean_of_bounded,
    mean_of_ratios,
    proportion,
    worst_cell,
    worst_group,
)
from ._reference_runs import evidence_of_run, rows_in_both
from ._sample import Evidence, Floats, Sample

__all__ = ["BOUNDS", "Bound", "bound_of", "falls_of", "groups_of", "times_of"]

FEWEST = 20
"""How many clusters a group needs to be judged, unless `min_cases` says otherwise."""


@frozen
class Bound:
    """An interval, and what stands beside it in the verdict."""

    interval: Interval
    details: Mapping[str, Any] = {}
    note: str = ""


def bound_of(
    demand: Demand, sample: Sample | None, evidence: Evidence, confidence: float, seed: int
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
    _: Sample | None, evidence: Evidence, __: Mapping[str, Any], confidence: float, seed: int
) -> Bound:
    cells = list(dict.fromkeys(evidence.cells))
    columns = [[at for at, one in enumerate(evidence.cells) if one == cell] for cell in cells]
    if len(cells) == len(evidence.cells):
        scores = evidence.variants.values
    else:
        scores = np.stack([evidence.means_of(some) for some in columns], axis=1)
    return _told(
        worst_cell(
            scores,
            [f"{label}:{severity}" for label, severity in cells],
            evidence.clusters,
            confidence,
            bounds=_bounded(evidence),
            seed=seed,
            higher_is_better=evidence.better,
        )
    )


def groups_of(evidence: Evidence, by: str) -> list[str]:
    """Give the group of each case; there must be two at least."""
    found = [case.groups.get(by) for case in evidence.cases]
    if missing := sum(one is None for one in found):
        msg = f"{missing} of {len(found)} cases do not say their {by!r}"
        raise PlanError(msg)
    if len(set(found)) == 1:
        msg = f"every case has the {by} {found[0]!r}: one group has no worst, and no gap"
        raise PlanError(msg)
    return [str(one) for one in found]


def _worst_group(
    _: Sample | None, evidence: Evidence, settings: Mapping[str, Any], confidence: float, seed: int
) -> Bound:
    return _told(
        worst_group(
            evidence.means(),
            groups_of(evidence, settings["by"]),
            evidence.clusters,
            confidence,
            bounds=_bounded(evidence),
            seed=seed,
            smallest=int(settings.get("min_cases", FEWEST)),
            higher_is_better=evidence.better,
        )
    )


def _gap(
    _: Sample | None, evidence: Evidence, settings: Mapping[str, Any], confidence: float, seed: int
) -> Bound:
    return _told(
        gap_between_groups(
            evidence.means(),
            groups_of(evidence, settings["by"]),
            evidence.clusters,
            confidence,
            bounds=_bounded(evidence),
            seed=seed,
            smallest=int(settings.get("min_cases", FEWEST)),
        )
    )


def times_of(evidence: Evidence, by: str) -> Floats:
    """Give the number that a group says for each case, such as its year."""
    groups = groups_of(evidence, by)
    try:
        return np.array([float(one) for one in groups])
    except ValueError:
        msg = f"the group {by!r} is no number, so nothing falls per unit of it"
        raise PlanError(msg) from None


def falls_of(scores: Floats, when: Floats, spread: float) -> tuple[Floats, float]:
    """Give what each case adds to the fall of the scores over time, and the most it could add.

    The slope of least squares is a mean over cases of how far the score lies from the mean score,
    times how far its time lies from the mean time.
    """
    away = (when - when.mean()) / np.square(when - when.mean()).mean()
    return away * (scores.mean() - scores), float(np.abs(away).max()) * spread


def _slope(
    _: Sample | None, evidence: Evidence, settings: Mapping[str, Any], confidence: float, seed: int
) -> Bound:
    """Fit a line of the score over the time window, and count its fall as positive."""
    when = times_of(evidence, settings["by"])
    scores = evidence.means()
    low, high = _bounded(evidence)
    falls, steepest = falls_of(scores, when, high - low)
    found = mean_of_bounded(
        falls if evidence.better else -falls,
        evidence.clusters,
        confidence,
        (-steepest, steepest),
        seed=seed,
    )
    windows = {f"{at:g}": float(scores[when == at].mean()) for at in sorted(set(when.tolist()))}
    return Bound(found, {"windows": windows})


def _ppv(
    _: Sample | None, evidence: Evidence, settings: Mapping[str, Any], confidence: float, __: int
) -> Bound:
    """Bound the predictive value by Bayes' rule from bounds of sensitivity and specificity.

    Each of the two gets half of the error, and is estimated on its own class, so the prevalence of
    the cases does not matter. It is lowest at the lowest prevalence.
    """
    positive = settings["positive"]
    right = evidence.means()
    sick = np.array([case.target == positive for case in evidence.cases])
    if not sick.any() or sick.all():
        msg = f"the positive predictive value needs cases that are {positive!r} and others"
        raise PlanError(msg)
    half = 1 - (1 - confidence) / 2
    hit = proportion(right[sick], evidence.clusters[sick], half)
    alarm = proportion(1.0 - right[~sick], evidence.clusters[~sick], half)

    def value(sensitivity: float, false_alarms: float, prevalence: float) -> float:
        told = sensitivity * prevalence + false_alarms * (1 - prevalence)
        return sensitivity * prevalence / told if told else float("nan")

    grid = settings["prevalence"]
    rates = sorted(float(one) for one in (grid if isinstance(grid, tuple | list) else (grid,)))
    curve = {
        f"{rate:g}": [
            value(hit.low, alarm.high, rate),
            value(hit.estimate, alarm.estimate, rate),
            value(hit.high, alarm.low, rate),
        ]
        for rate in rates
    }
    low, estimate, high = curve[f"{rates[0]:g}"]
    if np.isnan(estimate):
        msg = "nothing was flagged, so the positive predictive value is undefined"
        raise PlanError(msg)
    found = evolve(
        hit,
        estimate=estimate,
        low=low,
        high=high,
        confidence=confidence,
        method="Bayes",
        cases=len(right),
        clusters=len(set(evidence.clusters.tolist())),
    )
    details = {
        "sensitivity": hit.estimate,
        "specificity": 1 - alarm.estimate,
        "by_prevalence": curve,
    }
    return Bound(found, details)


def _calibration(
    sample: Sample, evidence: Evidence, _: Mapping[str, Any], confidence: float, seed: int
) -> Bound:
    """Bound the calibration error; an answer without a probability could be off by anything."""
    stated, right = sample.stated()
    asked = ~np.isnan(evidence.variants.values).ravel()
    answered = sample.report.columns.answer[sample.variants.ravel()] >= 0
    known, silent = asked & ~np.isnan(stated), int((asked & answered & np.isnan(stated)).sum())
    if silent and not known.any():
        msg = (
            "the model states no probabilities (Prediction.probabilities), so it has no calibration"
        )
        raise PlanError(msg)
    clusters = np.repeat(evidence.clusters, evidence.variants.values.shape[1])
    found = expected_calibration_error(
        stated[known] if known.any() else np.ones(1),
        right[known] if known.any() else np.zeros(1),
        clusters[known] if known.any() else None,
        confidence,
        seed=seed,
    )
    share = 1 - int(known.sum()) / int(asked.sum())
    low = max(0.0, found.low * (1 - share) - share)
    found = evolve(
        found,
        low=low,
        high=found.high * (1 - share) + share,
        cases=len(evidence.cases),
        clusters=len(set(evidence.clusters.tolist())),
    )
    return Bound(found, note=f"{silent} answers state no probability" if silent else "")


def _cascade(
    sample: Sample, evidence: Evidence, settings: Mapping[str, Any], confidence: float, seed: int
) -> Bound:
    """Divide the pipeline's drop by its component's, from a run of the component on these cases.

    Both drops are resampled together (`statistics.mean_of_ratios`).
    """
    other = evidence_of_run(str(settings["component"]), sample.priority)
    here, there, note = rows_in_both(evidence, other, paired=True)
    sign = 1.0 if evidence.better else -1.0
    ours = sign * (evidence.clean.values - evidence.means())[here]
    theirs = sign * (other.clean.values - other.means())[there]
    if not theirs.mean() > 0:
        msg = "the component does not drop at all, so a ratio to its drop is undefined"
        raise PlanError(msg)
    lowest, highest = _bounded(evidence)
    spread = highest - lowest
    found = mean_of_ratios(
        ours[:, None],
        theirs[:, None],
        evidence.clusters[here],
        confidence,
        bounds=(-spread, spread),
        seed=seed,
    )
    details = {"pipeline_drop": float(ours.mean()), "component_drop": float(theirs.mean())}
    return Bound(found, details, note)


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
