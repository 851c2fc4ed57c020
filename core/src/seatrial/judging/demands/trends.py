"""How fast the score falls over time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..._requirements import Requirement
from ...errors import PlanError
from ...statistics import mean_of_bounded
from .._evidence import Evidence, Floats
from .._figures import Bound
from .._simulation import Setting, Simulated, cases_of, mean_scale, scaled, uniforms
from .groups import bounds_of, groups_of

__all__ = ["estimate_slope", "falls_of", "simulate_slope", "slope", "slope_missing"]

YEARS = 5


def _times(evidence: Evidence, by: str) -> Floats:
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


def estimate_slope(evidence: Evidence, settings: Mapping[str, Any], /) -> float:
    """Give the fall of the fitted line per unit of time."""
    falls, _ = falls_of(evidence.means(), _times(evidence, settings["by"]), 1.0)
    return float(falls.mean() if evidence.better else -falls.mean())


def slope(
    evidence: Evidence, settings: Mapping[str, Any], confidence: float, seed: int, /
) -> Bound:
    """Fit a line of the score over time by least squares, and count its fall as positive."""
    when = _times(evidence, settings["by"])
    scores = evidence.means()
    low, high = bounds_of(evidence)
    falls, steepest = falls_of(scores, when, high - low)
    found = mean_of_bounded(
        falls if evidence.better else -falls,
        evidence.clusters,
        confidence,
        (-steepest, steepest),
        seed=seed,
        largest=evidence.priority.largest_cluster,
    )
    windows = {f"{at:g}": float(scores[when == at].mean()) for at in sorted(set(when.tolist()))}
    return Bound(found, {"windows": windows})


def slope_missing(
    requirement: Requirement, evidence: Evidence, *, at_most: bool
) -> tuple[Evidence, ...]:
    """Fill in what was lost: a fall is steepest from good early to poor late scores."""
    del at_most
    when = _times(evidence, requirement.settings["by"])
    early = when < when.mean()
    return evidence.supposing(good=early), evidence.supposing(good=~early)


def simulate_slope(rng: np.random.Generator, setting: Setting, /) -> Simulated:
    """Draw five years of clusters in which a rate falls from .95 by an eighth of the trouble."""
    fall = setting.trouble / 8
    year = np.repeat(np.arange(len(setting.sizes)) % YEARS, setting.sizes)
    right = uniforms(rng, setting) < 0.95 - fall * year
    answers = scaled(rng, setting, np.repeat(right[:, None] * 1.0, 4, axis=1)).tolist()
    cases = cases_of(setting, groups=lambda at: {"year": 2000 + int(year[at])})
    return Simulated(cases, answers, fall * mean_scale(setting), {"by": "year"})
