"""The smallest AUROC that so many cases could have shown to be better than chance."""

from __future__ import annotations

from math import sqrt

from ..errors import PlanError
from ._checks import check_confidence, t_quantile

__all__ = ["detectable_auroc"]


def detectable_auroc(
    positive: float, negative: float, confidence: float, *, power: float = 0.8
) -> float:
    """Give the true AUROC that is found to be above .5 with probability `power`.

    `positive` and `negative` are how many independent cases (clusters) there are of each kind, at
    least two. The test is one-sided: the lower end of `statistics.auroc` at `confidence` is above
    .5. With a power of .5 this is the AUROC that must be *observed*. 500 of each can show .545 at
    a confidence of .95, and not less.
    Source: the standard error of Hanley and McNeil, Radiology 143 (1982) 29-36.
    """
    from scipy.optimize import brentq
    from scipy.special import ndtri

    check_confidence(confidence)
    if not (0 < power < 1 and min(positive, negative) >= 2):  # noqa: PLR2004 - for a spread
        msg = (
            "a detectable AUROC needs at least two cases of each kind and a power between 0 and 1, "
            f"got {positive:g}, {negative:g} and {power:g}"
        )
        raise PlanError(msg)
    reach = t_quantile(min(positive, negative) - 1, confidence) + float(ndtri(power))

    def short_of(area: float) -> float:
        return area - 0.5 - reach * _hanley_mcneil(area, positive, negative)

    return float(brentq(short_of, 0.5, 1.0)) if short_of(0.5) < 0 else 0.5


def _hanley_mcneil(area: float, positive: float, negative: float) -> float:
    """Give the standard error of an AUROC, if scores are about exponential."""
    both = area / (2 - area) - area**2, 2 * area**2 / (1 + area) - area**2
    spread = area * (1 - area) + (positive - 1) * both[0] + (negative - 1) * both[1]
    return sqrt(max(spread, 0.0) / (positive * negative))
