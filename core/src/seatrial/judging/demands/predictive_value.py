"""The positive predictive value at prevalences other than that of the cases."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from attrs import evolve

from ..._requirements import Requirement
from ...errors import PlanError
from ...statistics import proportion
from .._evidence import Evidence, Floats, Mask
from .._figures import Bound
from .._sample import Sample
from .._simulation import Setting, Simulated, cases_of, uniforms

__all__ = [
    "estimate_predictive_value",
    "evidence",
    "predictive_value",
    "simulate_predictive_value",
]


def evidence(sample: Sample, requirement: Requirement, /) -> Evidence:
    """Read 1 where a case is called positive just when it is, else 0."""
    positive = requirement.settings["positive"]
    found = np.full(len(sample.report.columns.status), np.nan)
    for row, column, target, prediction in sample.answered():
        truth = sample.report.cases[int(sample.cases[row])].target
        if (target == positive) != (truth == positive):
            msg = f"a perturbation changes whether a case is {positive!r}, so its class is open"
            raise PlanError(msg)
        right = (prediction.value == positive) == (truth == positive)
        found[sample.variants[row, column]] = float(right)
    return sample.evidence_of(found)


def _parts(evidence: Evidence, positive: Any) -> tuple[Floats, Mask]:
    """Give how often each case is called rightly, and which cases are positive."""
    ill = np.array([case.target == positive for case in evidence.cases])
    if not ill.any() or ill.all():
        msg = f"the positive predictive value needs cases that are {positive!r} and others"
        raise PlanError(msg)
    return evidence.means(), ill


def _value(sensitivity: float, false_alarms: float, prevalence: float) -> float:
    """Give the predictive value by Bayes' rule; NaN where nothing is flagged."""
    flagged = sensitivity * prevalence + false_alarms * (1 - prevalence)
    return sensitivity * prevalence / flagged if flagged else float("nan")


def _prevalences(given: Any) -> list[float]:
    return sorted(float(one) for one in (given if isinstance(given, tuple | list) else (given,)))


def _defined(value: float) -> float:
    if np.isnan(value):
        msg = "nothing was flagged, so the positive predictive value is undefined"
        raise PlanError(msg)
    return value


def estimate_predictive_value(evidence: Evidence, settings: Mapping[str, Any], /) -> float:
    """Give the predictive value at the lowest prevalence, where it is lowest."""
    right, ill = _parts(evidence, settings["positive"])
    lowest, *_ = _prevalences(settings["prevalence"])
    return _defined(_value(float(right[ill].mean()), 1 - float(right[~ill].mean()), lowest))


def predictive_value(
    evidence: Evidence, settings: Mapping[str, Any], confidence: float, _: int, /
) -> Bound:
    """Bound the predictive value by Bayes' rule from bounds of sensitivity and specificity.

    Each of the two gets half of the error, and is estimated on its own class, so the prevalence of
    the cases does not matter.
    """
    right, ill = _parts(evidence, settings["positive"])
    half = 1 - (1 - confidence) / 2
    largest = evidence.priority.largest_cluster
    hit = proportion(right[ill], evidence.clusters[ill], half, largest=largest)
    alarm = proportion(1.0 - right[~ill], evidence.clusters[~ill], half, largest=largest)
    curve = {
        f"{rate:g}": [
            _value(hit.low, alarm.high, rate),
            _value(hit.estimate, alarm.estimate, rate),
            _value(hit.high, alarm.low, rate),
        ]
        for rate in _prevalences(settings["prevalence"])
    }
    low, estimate, high = next(iter(curve.values()))
    found = evolve(
        hit,
        estimate=_defined(estimate),
        low=low,
        high=high,
        confidence=confidence,
        method="Bayes",
        cases=len(right),
        clusters=len(set(evidence.clusters.tolist())),
        effective_clusters=min(hit.effective_clusters, alarm.effective_clusters),
    )
    details = {
        "sensitivity": hit.estimate,
        "specificity": 1 - alarm.estimate,
        "by_prevalence": curve,
    }
    return Bound(found, details)


def simulate_predictive_value(rng: np.random.Generator, setting: Setting, /) -> Simulated:
    """Draw a test whose sensitivity and specificity are both 1 - `trouble` / 2."""
    wrong = setting.trouble / 2
    right = uniforms(rng, setting) >= wrong
    ill = np.arange(len(right)) % 2 == 0
    said = np.where(right == ill, "ill", "well").tolist()
    truth = 0.3 * (1 - wrong) / (0.3 * (1 - wrong) + 0.7 * wrong)
    return Simulated(
        cases_of(setting, target=lambda at: "ill" if ill[at] else "well"),
        [[one] * 4 for one in said],
        truth,
        {"positive": "ill", "prevalence": 0.3},
    )
