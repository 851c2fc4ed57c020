"""The worst of several groups, and how far the best and the worst lie apart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..._requirements import Requirement
from ...errors import PlanError
from ...statistics._groups import Worst, gap_between_groups, worst_group
from .._evidence import Evidence, Floats
from .._figures import Bound
from .._simulation import Setting, Simulated, cases_of, mean_scale, scaled, uniforms

__all__ = [
    "bound_of_worst",
    "bounds_of",
    "estimate_gap",
    "estimate_worst",
    "gap",
    "gap_missing",
    "groups_of",
    "simulate_gap",
    "simulate_worst",
    "worst",
]

MIN_CLUSTERS = 20
"""How many clusters a group needs to be judged, unless `min_cases` says otherwise."""


def bounds_of(evidence: Evidence) -> tuple[float, float]:
    """Give the smallest and the largest score there can be."""
    if evidence.bounds is None:
        msg = "this demand needs a metric with a smallest and a largest score"
        raise PlanError(msg)
    return float(evidence.bounds[0]), float(evidence.bounds[1])


def bound_of_worst(worst: Worst) -> Bound:
    """Say which is the worst, and what each one shows."""
    each = {
        name: {"estimate": one.estimate, "interval": list(one.ends), "cases": one.cases}
        for name, one in worst.each.items()
    }
    small = ", ".join(worst.too_small)
    note = f"too few cases to say anything about {small}" if small else ""
    return Bound(worst.interval, {"worst": worst.worst, "each": each}, note)


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


def _means(evidence: Evidence, by: str) -> Floats:
    """Average the scores of each group."""
    _, codes = np.unique(groups_of(evidence, by), return_inverse=True)
    return np.asarray(np.bincount(codes, evidence.means()) / np.bincount(codes))


def estimate_worst(evidence: Evidence, settings: Mapping[str, Any], /) -> float:
    """Give the mean of the worst group."""
    means = _means(evidence, settings["by"])
    return float(means.min() if evidence.better else means.max())


def estimate_gap(evidence: Evidence, settings: Mapping[str, Any], /) -> float:
    """Give how far the best and the worst group lie apart."""
    return float(np.ptp(_means(evidence, settings["by"])))


def worst(
    evidence: Evidence, settings: Mapping[str, Any], confidence: float, seed: int, /
) -> Bound:
    """Bound the mean of the worst group, for all groups at once."""
    return bound_of_worst(
        worst_group(
            evidence.means(),
            groups_of(evidence, settings["by"]),
            evidence.clusters,
            confidence,
            bounds=bounds_of(evidence),
            seed=seed,
            largest=evidence.priority.largest_cluster,
            smallest=int(settings.get("min_cases", MIN_CLUSTERS)),
            higher_is_better=evidence.better,
        )
    )


def gap(evidence: Evidence, settings: Mapping[str, Any], confidence: float, seed: int, /) -> Bound:
    """Bound how far the best and the worst group lie apart."""
    return bound_of_worst(
        gap_between_groups(
            evidence.means(),
            groups_of(evidence, settings["by"]),
            evidence.clusters,
            confidence,
            bounds=bounds_of(evidence),
            seed=seed,
            largest=evidence.priority.largest_cluster,
            smallest=int(settings.get("min_cases", MIN_CLUSTERS)),
        )
    )


def gap_missing(
    requirement: Requirement, evidence: Evidence, *, at_most: bool
) -> tuple[Evidence, ...]:
    """Fill in what was lost: a gap is widest with one group at its best and all others at worst."""
    del at_most
    groups = np.array(groups_of(evidence, requirement.settings["by"]))
    apart = [evidence.supposing(good=groups == one) for one in sorted(set(groups.tolist()))]
    return *apart, evidence.supposing(good=True), evidence.supposing(good=False)


def _simulated(rng: np.random.Generator, setting: Setting, truth: float) -> Simulated:
    group = np.repeat(np.arange(len(setting.sizes)) % 2, setting.sizes)
    right = uniforms(rng, setting) >= setting.trouble * (1 + group) / 2
    answers = scaled(rng, setting, np.repeat(right[:, None] * 1.0, 4, axis=1)).tolist()
    cases = cases_of(setting, groups=lambda at: {"site": "ab"[group[at]]})
    truth *= mean_scale(setting)
    return Simulated(cases, answers, truth, {"by": "site", "min_cases": 2})


def simulate_worst(rng: np.random.Generator, setting: Setting, /) -> Simulated:
    """Draw two groups of clusters, one with twice the trouble of the other."""
    return _simulated(rng, setting, 1 - setting.trouble)


def simulate_gap(rng: np.random.Generator, setting: Setting, /) -> Simulated:
    """Draw the same two groups."""
    return _simulated(rng, setting, setting.trouble / 2)
