"""The worst of several variants: of each case, and of all perturbations and severities."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
from attrs import evolve

from ...statistics._groups import worst_cell
from ...statistics._worst_of_k import worst_by_chance, worst_of_each
from .._evidence import Evidence, Floats
from .._figures import Bound, Figure
from .._simulation import (
    SEVERITIES,
    Setting,
    Simulated,
    cases_of,
    draw_patterns,
    mean_over_patterns,
)
from .groups import bound_of_worst, bounds_of

__all__ = [
    "complete",
    "estimate_worst_severity",
    "simulate_stable",
    "simulate_worst_of",
    "simulate_worst_severity",
    "stable",
    "worst_of",
    "worst_severity",
]

LISTED = 10


def complete(evidence: Evidence) -> Floats:
    """Give the variants of every case; one that was skipped counts as the case's mean."""
    scores = evidence.variants.values
    return np.asarray(np.where(np.isnan(scores), evidence.means()[:, None], scores))


def worst_of(evidence: Evidence, _: Mapping[str, Any], /) -> Figure:
    """Give each case the worst of its variants, beside what chance alone makes of clean scores."""
    scores = complete(evidence)
    worst = worst_of_each(scores, higher_is_better=evidence.better)
    known = evidence.clean.values[~np.isnan(evidence.clean.values)]
    variants = scores.shape[1]
    chance = (
        worst_by_chance(known, variants, higher_is_better=evidence.better) if len(known) else None
    )
    details = {"variants": variants, "clean_worst_by_chance": chance}
    return Figure.of_scores(evidence, worst, rate=evidence.binary(), details=details)


def stable(evidence: Evidence, _: Mapping[str, Any], /) -> Figure:
    """Tell of each case whether every variant is right, and name the least stable ones."""
    right = evidence.right(complete(evidence))
    fraction = np.asarray(right.mean(axis=1))
    least = np.argsort(fraction, kind="stable")[:LISTED]
    names = [evidence.cases[at].id for at in least.tolist() if fraction[at] < 1]
    return Figure(
        np.asarray(right.all(axis=1), dtype=np.float64),
        evidence.clusters,
        (0.0, 1.0),
        rate=True,
        details={"least_stable": names},
    )


def _by_cell(evidence: Evidence) -> tuple[list[str], Floats]:
    """Give each perturbation and severity a column; replicates are one cell."""
    cells = list(dict.fromkeys(evidence.cells))
    names = [f"{label}:{severity}" for label, severity in cells]
    if len(cells) == len(evidence.cells):
        return names, evidence.variants.values
    columns = [[at for at, one in enumerate(evidence.cells) if one == cell] for cell in cells]
    return names, np.stack([evidence.means_of(some) for some in columns], axis=1)


def estimate_worst_severity(evidence: Evidence, _: Mapping[str, Any], /) -> float:
    """Give the mean of the worst perturbation and severity."""
    means = np.nanmean(_by_cell(evidence)[1], axis=0)
    return float(means.min() if evidence.better else means.max())


def worst_severity(
    evidence: Evidence, _: Mapping[str, Any], confidence: float, seed: int, /
) -> Bound:
    """Bound the mean of the worst perturbation and severity, for all of them at once."""
    names, scores = _by_cell(evidence)
    return bound_of_worst(
        worst_cell(
            scores,
            names,
            evidence.clusters,
            confidence,
            bounds=bounds_of(evidence),
            seed=seed,
            largest=evidence.priority.largest_cluster,
            higher_is_better=evidence.better,
        )
    )


def simulate_worst_of(rng: np.random.Generator, setting: Setting, /) -> Simulated:
    """Draw scores of 0 and 1 at three severities."""
    return Simulated(
        cases_of(setting),
        draw_patterns(rng, setting).tolist(),
        mean_over_patterns(setting, lambda scores: scores[1:].min()),
    )


def simulate_stable(rng: np.random.Generator, setting: Setting, /) -> Simulated:
    """Draw the same: a case is stable if its worst variant is right."""
    found = simulate_worst_of(rng, setting)
    return evolve(found, truth=mean_over_patterns(setting, lambda scores: scores[1:].min() > 0))


def simulate_worst_severity(rng: np.random.Generator, setting: Setting, /) -> Simulated:
    """Draw scores of 0 and 1; the third severity is the worst."""
    means = [
        mean_over_patterns(setting, partial(_score_at, at=at)) for at in range(1, 1 + SEVERITIES)
    ]
    answers = draw_patterns(rng, setting).tolist()
    return Simulated(cases_of(setting), answers, min(means))


def _score_at(scores: Floats, at: int) -> float:
    return float(scores[at])
