"""Whether the probabilities that a model states are those with which it is right."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from attrs import evolve

from ..._cases import Prediction
from ..._requirements import Requirement
from ...errors import PlanError
from ...statistics import expected_calibration_error
from ...statistics._calibration import error_of_bins
from .._evidence import Evidence, Floats, Mask
from .._figures import Bound, Figure
from .._sample import Sample
from .._simulation import Setting, Simulated, cases_of, uniforms

__all__ = [
    "brier",
    "brier_scores",
    "calibration_error",
    "estimate_calibration_error",
    "simulate_brier",
    "simulate_calibration_error",
    "stated",
]


def stated(sample: Sample, _: Requirement, /) -> Evidence:
    """Read whether each answer is right, and the probability that it was given.

    Right is what the metric says, where the priority has one that scores case by case; else the
    answer must equal the target.
    """
    probability, silent = np.full(sample.variants.shape, np.nan), np.zeros(sample.variants.shape)
    equal = np.full(len(sample.report.columns.status), np.nan)
    for row, column, target, prediction in sample.answered():
        odds: Mapping[str, float] = prediction.probabilities or {}
        equal[sample.variants[row, column]] = float(prediction.value == target)
        probability[row, column] = odds.get(str(prediction.value), np.nan)
        silent[row, column] = float(np.isnan(probability[row, column]))
    more = {"probability": probability, "silent": silent}
    right = sample.priority.right
    if right is None or right.source != "metric" or not (right.per_case and right.bounds):
        return sample.evidence_of(equal, more=more)
    scored = sample.scored()
    values = scored.variants.values
    known = np.where(np.isnan(values), np.nan, scored.right(values))
    return evolve(
        scored,
        variants=evolve(scored.variants, values=known),
        bounds=(0.0, 1.0),
        better=True,
        more=more,
    )


def estimate_calibration_error(evidence: Evidence, _: Mapping[str, Any], /) -> float:
    """Give the calibration error of the answers that state a probability."""
    right, probability = _known(evidence)[:2]
    return error_of_bins(probability, right)


def calibration_error(
    evidence: Evidence, _: Mapping[str, Any], confidence: float, seed: int, /
) -> Bound:
    """Bound the calibration error; an answer without a probability could be off by anything."""
    right, probability, clusters = _known(evidence)
    variants, largest = evidence.variants.values.shape[1], evidence.priority.largest_cluster
    found = expected_calibration_error(
        probability,
        right,
        clusters,
        confidence,
        seed=seed,
        largest=None if largest is None else largest * variants,
    )
    silent = int(evidence.more["silent"].sum())
    asked = int((~np.isnan(evidence.variants.values)).sum())  # what was lost is supposed, not NaN
    stating = ~np.isnan(evidence.more["probability"]) & ~np.isnan(evidence.variants.values)
    fraction = 1 - int(stating.sum()) / asked
    interval = evolve(
        found,
        low=max(0.0, found.low * (1 - fraction) - fraction),
        high=found.high * (1 - fraction) + fraction,
        cases=len(evidence.cases),
        clusters=len(set(evidence.clusters.tolist())),
    )
    return Bound(interval, note=f"{silent} answers state no probability" if silent else "")


def _known(evidence: Evidence) -> tuple[Floats, Floats, np.ndarray[Any, Any] | None]:
    """Give the answers that state a probability: whether right, the probability, the cluster.

    Where every answer was lost, they are one that is as badly calibrated as can be.
    """
    right = evidence.variants.values
    probability = evidence.more["probability"]
    known = ~np.isnan(right) & ~np.isnan(probability)
    if known.any():
        clusters = np.broadcast_to(evidence.clusters[:, None], right.shape)
        return right[known], probability[known], clusters[known]
    if evidence.more["silent"].any():
        msg = (
            "the model states no probabilities (Prediction.probabilities), so it has no calibration"
        )
        raise PlanError(msg)
    return np.zeros(1), np.ones(1), None


def brier_scores(sample: Sample, _: Requirement, /) -> Evidence:
    """Read half the squared distance of the probabilities from the truth."""
    found = np.full(len(sample.report.columns.status), np.nan)
    for row, column, target, prediction in sample.answered():
        if prediction.probabilities is not None:
            odds = prediction.probabilities
            away = sum((p - (name == str(target))) ** 2 for name, p in odds.items())
            found[sample.variants[row, column]] = (away + (str(target) not in odds)) / 2
    return sample.evidence_of(found, better=False)


def brier(evidence: Evidence, _: Mapping[str, Any], /) -> Figure:
    """Give each case the mean score of its variants."""
    return Figure.of_scores(evidence, evidence.means(), rate=evidence.binary())


def _answers(right: Mask, stated: Floats) -> list[list[Prediction]]:
    found = []
    for one, probability in zip(right.tolist(), stated.tolist(), strict=True):
        value, other = ("yes", "no") if one else ("no", "yes")
        odds = {value: probability, other: 1 - probability}
        found.append([Prediction(value, probabilities=odds)] * 4)
    return found


def _stated(rng: np.random.Generator, setting: Setting, mean: float) -> Floats:
    """Draw what a model states: always the same, or a number within .05 of it."""
    off = 0.0 if setting.ties else 0.05
    return mean + off * (2 * rng.random(sum(setting.sizes)) - 1)


def simulate_calibration_error(rng: np.random.Generator, setting: Setting, /) -> Simulated:
    """Draw a model that states about .95 and is right less often, by half the trouble."""
    stated = _stated(rng, setting, 0.95)
    right = uniforms(rng, setting) < stated - setting.trouble / 2
    return Simulated(cases_of(setting), _answers(right, stated), setting.trouble / 2)


def simulate_brier(rng: np.random.Generator, setting: Setting, /) -> Simulated:
    """Draw a model that states about .8."""
    wrong = setting.trouble / 2
    stated = _stated(rng, setting, 0.8)
    right = uniforms(rng, setting) >= wrong
    spread = 0.0 if setting.ties else 0.05**2 / 3
    truth = 0.04 * (1 - wrong) + 0.64 * wrong + spread
    return Simulated(cases_of(setting), _answers(right, stated), truth)
