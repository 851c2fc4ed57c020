"""How many inputs a perturbation changed: one that changes nothing proves nothing."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from .._plans import Priority
from .._requirements import Requirement
from ._sample import Sample

__all__ = ["changed_fractions", "too_little_changed"]


def changed_fractions(sample: Sample, requirement: Requirement) -> dict[str, float]:
    """Give the fraction of inputs that each perturbation changed.

    A demand about groups is about every one of them, so there it is one for each group.
    """
    by = requirement.settings.get("by")
    if by is None:
        return sample.changed()
    groups = np.array([str(sample.report.cases[at].groups.get(by)) for at in sample.cases.tolist()])
    return {
        f"{label} where {by} = {group}": fraction
        for group in np.unique(groups).tolist()
        for label, fraction in sample.keep(groups == group).changed().items()
    }


def too_little_changed(changed: Mapping[str, float], priority: Priority) -> str:
    """Say which perturbation changed too few inputs for a pass, if one did."""
    floor = priority.min_changed
    low = {label: fraction for label, fraction in changed.items() if fraction < floor}
    if not low:
        return ""
    label = min(low, key=lambda one: low[one])
    return (
        f"{label} changed {low[label]:.1%} of the inputs, and a pass needs {floor:.0%} "
        "(min_changed)"
    )
