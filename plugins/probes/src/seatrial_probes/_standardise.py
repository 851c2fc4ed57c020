"""Features brought to mean 0 and deviation 1, and the way back for what was fitted on them."""

from __future__ import annotations

from typing import Any, Final

from attrs import frozen

from ._backend import Backend

__all__ = ["Standardised", "standardised"]

ROUNDING: Final = 8.0


@frozen(eq=False)
class Standardised:
    """Tables [..., rows, width] and the means and deviations that were taken out of them.

    A constant column is all zeros here and has deviation infinity, so that nothing fitted on it
    has a weight outside.
    """

    table: Any
    mean: Any
    deviation: Any

    def raw(self, weights: Any, intercept: Any) -> tuple[Any, Any]:
        """Say weights [..., width] and an intercept in terms of the features as they were."""
        outside = weights / self.deviation
        return outside, intercept - (outside * self.mean).sum(axis=-1)


def standardised(table: Any, on: Backend, emphasis: Any = None) -> Standardised:
    """Standardise each column by the rows given, which are the training rows.

    Columns with an `emphasis` [width] get that deviation instead of 1, so that a penalty weighs
    them less. The mean is taken out twice: where it is large, its first estimate is off by more
    than the rounding of what is left.
    """
    xp = on.namespace
    size = float(xp.finfo(table.dtype).eps) * ROUNDING
    first = table.mean(axis=-2)
    centred = table - first[..., None, :]
    second = centred.mean(axis=-2)
    centred -= second[..., None, :]
    mean = first + second
    deviation = xp.sqrt((centred * centred).mean(axis=-2))
    deviation[deviation <= size * abs(mean)] = float("inf")
    deviation[deviation == 0] = float("inf")
    if emphasis is not None:
        deviation = deviation / on.array(emphasis)
    centred /= deviation[..., None, :]
    return Standardised(centred, mean, deviation)
