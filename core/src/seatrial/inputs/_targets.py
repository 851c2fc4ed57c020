"""Whether a metric can score the targets that there are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .._cases import Case
from .._components import Metric, Use
from .._plans import Plan
from ._modalities import Modalities

__all__ = ["misfit_of"]


def misfit_of(
    use: Use[Metric], plan: Plan, cases: Sequence[Case], modalities: Modalities
) -> str | None:
    """Say which case that is asked for has no target that a metric can score; None where all do."""
    wanted = use.component.modality
    if wanted is None:
        return None
    known = modalities.with_names([wanted])
    clean = [arm for arm in plan.arms if arm.use is None]
    for case in cases:
        if any(arm.takes(case) for arm in clean) and not _fits(case.target, wanted, known):
            return (
                f"{use.label}: the target of case {case.id!r}: {known.misfit(wanted, case.target)}"
            )
    return None


def _fits(target: Any, wanted: str, modalities: Modalities) -> bool:
    """Tell whether a target has a modality, or is rows of numbers, which the metric reads."""
    rows = isinstance(target, list | tuple) and modalities.recognise(target) is None
    return rows or modalities.holds(wanted, target)
