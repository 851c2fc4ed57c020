"""Summaries over severities that weight severity s by decay**s, as ROOD does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..._requirements import Requirement
from ...errors import PlanError
from .._evidence import Evidence, Floats
from .._figures import Figure
from .._simulation import (
    SEVERITIES,
    Setting,
    Simulated,
    cases_of,
    draw_patterns,
    mean_over_patterns,
)

__all__ = ["drop", "mean", "mean_missing", "simulate_drop", "simulate_mean"]

DECAY = 2 / 3


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


def mean(evidence: Evidence, settings: Mapping[str, Any], /) -> Figure:
    """Average over severities, clean counted 1."""
    return Figure.of_scores(evidence, _weighted(evidence, settings, 1.0))


def drop(evidence: Evidence, settings: Mapping[str, Any], /) -> Figure:
    """Average the drops over severities."""
    return Figure.of_drops(evidence, evidence.clean.values, _weighted(evidence, settings, 0.0))


def mean_missing(_: Requirement, evidence: Evidence, *, at_most: bool) -> tuple[Evidence, ...]:
    """Fill in what was lost, clean scores the same way as perturbed ones: both add to the mean."""
    worst = at_most == evidence.better
    return (
        evidence.supposing(good=worst, clean=worst),
        evidence.supposing(good=not worst, clean=not worst),
    )


def _weights() -> Floats:
    return np.asarray(DECAY ** np.arange(1.0, 1.0 + SEVERITIES))


def simulate_mean(rng: np.random.Generator, setting: Setting, /) -> Simulated:
    """Draw scores of 0 and 1 at three severities."""
    weights = np.concatenate([[1.0], _weights()])
    return Simulated(
        cases_of(setting),
        draw_patterns(rng, setting).tolist(),
        mean_over_patterns(setting, lambda scores: scores @ weights / weights.sum()),
    )


def simulate_drop(rng: np.random.Generator, setting: Setting, /) -> Simulated:
    """Draw the same scores."""
    weights = _weights()
    return Simulated(
        cases_of(setting),
        draw_patterns(rng, setting).tolist(),
        mean_over_patterns(
            setting, lambda scores: scores[0] - scores[1:] @ weights / weights.sum()
        ),
    )
