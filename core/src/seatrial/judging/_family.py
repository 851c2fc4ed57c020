"""Which failures survive correction over every demand of a specification."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from attrs import frozen

from ..statistics._multiplicity import holm

__all__ = ["CLEAR", "Claim", "adjusted", "clear_pass", "failing_confidence"]

CLEAR = 10
"""A demand leaves the family by passing at a tenth of its part of the error."""


@frozen
class Claim:
    """One demand: the smallest errors at which it fails (1 if it does not), and its own error."""

    p_value: float
    error: float
    cleared: bool


def clear_pass(confidence: float, demands: int) -> float:
    """Give the confidence at which a demand passes so clearly that it leaves the family."""
    return 1 - (1 - confidence) / (CLEAR * demands)


def failing_confidence(confidence: float, demands: int) -> float:
    """Give the confidence at which a failure survives the correction, whatever the others do."""
    if demands == 1:
        return confidence
    return 1 - (1 - confidence) * (CLEAR - 1) / CLEAR / demands


def adjusted(family: Sequence[Claim]) -> list[float]:
    """Adjust the p-values of failures for the number of demands, by Holm's method.

    Demands that pass at (1 - confidence) / (10 k), for k demands, leave the family; the others
    share the nine tenths of the error that this leaves. What is at most the demand's own error
    afterwards may be claimed: that some demand is wrongly listed as failed happens with at most
    that probability. One demand alone needs no correction.
    """
    if len(family) == 1:
        return [family[0].p_value]
    inside = [one for one in family if not one.cleared]
    found = iter(_weighted(inside))
    return [1.0 if one.cleared else next(found) for one in family]


def _weighted(family: Sequence[Claim]) -> list[float]:
    """Hold each p-value against its own error: Holm's steps of their ratios."""
    if not family:
        return []
    errors = np.array([one.error for one in family])
    ratios = np.array([one.p_value for one in family]) / errors * errors.max()
    left = (CLEAR - 1) / CLEAR
    steps = holm(np.minimum(ratios / left, 1.0).tolist())
    return [min(float(one), 1.0) for one in np.array(steps) * errors / errors.max()]
