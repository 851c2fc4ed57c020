"""Figures that compare with an earlier run: a component of this pipeline, or this model before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from attrs import evolve

from ...errors import PlanError
from ...statistics import Interval, mean_of_ratios
from .._evidence import Evidence, Floats
from .._figures import Bound, Figure
from .._reference_runs import evidence_of_run, rows_in_both
from .._simulation import Setting, Simulated, cases_of, draw_patterns, mean_over_patterns
from .groups import bounds_of

__all__ = [
    "cascade",
    "change_of_cascade",
    "estimate_cascade",
    "retained",
    "simulate_cascade",
    "simulate_retained",
]


def _drops(evidence: Evidence, component: str) -> tuple[Floats, Floats, list[int], str]:
    """Give the drop of each case, of the pipeline and of its component, on cases that both have."""
    other = evidence_of_run(component, evidence.priority)
    here, there, note = rows_in_both(evidence, other, paired=True)
    sign = 1.0 if evidence.better else -1.0
    ours = sign * (evidence.clean.values - evidence.means())[here]
    theirs = sign * (other.clean.values - other.means())[there]
    if not theirs.mean() > 0:
        msg = "the component does not drop at all, so a ratio to its drop is undefined"
        raise PlanError(msg)
    return ours, theirs, here, note


def estimate_cascade(evidence: Evidence, settings: Mapping[str, Any], /) -> float:
    """Divide the pipeline's mean drop by its component's."""
    ours, theirs, *_ = _drops(evidence, str(settings["component"]))
    return float(ours.mean() / theirs.mean())


def cascade(
    evidence: Evidence, settings: Mapping[str, Any], confidence: float, seed: int, /
) -> Bound:
    """Divide the pipeline's drop by its component's, from a run of the component on these cases.

    Both drops are resampled together (`statistics.mean_of_ratios`).
    """
    ours, theirs, here, note = _drops(evidence, str(settings["component"]))
    lowest, highest = bounds_of(evidence)
    spread = highest - lowest
    found = mean_of_ratios(
        ours[:, None],
        theirs[:, None],
        evidence.clusters[here],
        confidence,
        bounds=(-spread, spread),
        seed=seed,
        largest=evidence.priority.largest_cluster,
    )
    details = {"pipeline_drop": float(ours.mean()), "component_drop": float(theirs.mean())}
    return Bound(found, details, note)


def change_of_cascade(
    before: Evidence, after: Evidence, settings: Mapping[str, Any], confidence: float, seed: int, /
) -> Interval:
    """Bound the change of the pipeline's drop, over that of its component."""
    old, theirs, here, _ = _drops(before, str(settings["component"]))
    new, *_ = _drops(after, str(settings["component"]))
    lowest, highest = bounds_of(before)
    spread = highest - lowest
    return mean_of_ratios(
        (new - old)[:, None],
        theirs[:, None],
        before.clusters[here],
        confidence,
        bounds=(-spread, spread),
        above_bounds=(-2 * spread, 2 * spread),
        seed=seed,
        largest=before.priority.largest_cluster,
    )


def retained(evidence: Evidence, settings: Mapping[str, Any], /) -> Figure:
    """Pair each case with its score in the earlier run, and name what was lost and won."""
    other = evidence_of_run(str(settings["reference"]), evidence.priority)
    here, there, note = rows_in_both(evidence, other, paired=False)
    some, before = evidence.of(np.array(here)), other.means()[there]
    was, is_ = some.right(before), some.right(some.means())
    ids = np.array(some.ids, dtype=object)
    details = {"forgotten": ids[was & ~is_].tolist(), "learned": ids[is_ & ~was].tolist()}
    return evolve(Figure.of_drops(some, before, some.means()), details=details, note=note)


def simulate_cascade(rng: np.random.Generator, setting: Setting, /) -> Simulated:
    """Draw a component that drops as much as its pipeline does, on other cases."""
    component = setting.earlier(1.0)
    ours, theirs = (
        mean_over_patterns(each, lambda scores: scores[0] - scores[1:].mean())
        for each in (setting, component)
    )
    return Simulated(
        cases_of(setting),
        draw_patterns(rng, setting).tolist(),
        ours / theirs,
        earlier=draw_patterns(rng, component).tolist(),
    )


def simulate_retained(rng: np.random.Generator, setting: Setting, /) -> Simulated:
    """Draw an earlier run with half the trouble."""
    half = setting.earlier(0.5)
    now, before = (
        mean_over_patterns(each, lambda scores: scores[1:].mean()) for each in (setting, half)
    )
    return Simulated(
        cases_of(setting),
        draw_patterns(rng, setting).tolist(),
        before - now,
        earlier=draw_patterns(rng, half).tolist(),
    )
