"""Rates of independent cases: Wilson's interval for display, McNemar's exact test for pairs.

Verdicts stand on `proportion` and `paired_drop`, whose error rates hold for clusters too. These two
are what readers know from papers: Wilson's interval is the usual one in plots and tables, and
McNemar's test says whether a change between two runs of the same cases is more than chance.
"""

from __future__ import annotations

from math import sqrt
from typing import Literal

from ..errors import MetricError
from ._checks import check_confidence
from ._interval import Interval

__all__ = ["Alternative", "mcnemar", "wilson"]

Alternative = Literal["two-sided", "worse", "better"]


def wilson(successes: float, n: float, confidence: float) -> Interval:
    """Bound a rate by the score test, for plots; each end is one-sided at `confidence`.

    It misses about as often as it says on average over rates, and far more often for some: `high`
    lies below a rate of .989 in 20 % of samples of 20 at a nominal 5 %. So no verdict uses it.
    Source: Wilson, Journal of the American Statistical Association 22 (1927) 209-212.
    """
    from scipy.special import ndtri

    check_confidence(confidence)
    if not (n > 0 and 0 <= successes <= n):
        msg = f"a rate needs at least one case and 0 to n successes, got {successes} of {n}"
        raise MetricError(msg)
    rate, z = successes / n, float(ndtri(confidence))
    middle = (rate + z * z / (2 * n)) / (1 + z * z / n)
    reach = z / (1 + z * z / n) * sqrt(rate * (1 - rate) / n + z * z / (4 * n * n))
    return Interval(
        estimate=rate,
        low=max(middle - reach, 0.0) if successes > 0 else 0.0,
        high=min(middle + reach, 1.0) if successes < n else 1.0,
        confidence=confidence,
        method="Wilson",
        cases=int(n),
        clusters=int(n),
        n_effective=float(n),
        bounds=(0.0, 1.0),
    )


def mcnemar(lost: int, gained: int, alternative: Alternative = "two-sided") -> float:
    """Give the exact p-value of no change, from the pairs that changed; the others say nothing.

    `lost` pairs went from right to wrong and `gained` from wrong to right, of independent cases
    (one for each cluster). "worse" asks only whether more were lost. 14 against 4 gives .031; the
    unpaired test on the same 200 cases gives .187. Without any change the p-value is 1.
    Source: McNemar, Psychometrika 12 (1947) 153-157; the exact form is the sign test.
    """
    from scipy.special import bdtr, bdtrc

    if lost < 0 or gained < 0 or int(lost) != lost or int(gained) != gained:
        msg = f"counts of changed pairs are whole numbers from 0 up, got {lost} and {gained}"
        raise MetricError(msg)
    changed = lost + gained
    if not changed:
        return 1.0
    worse = float(bdtrc(lost - 1, changed, 0.5)) if lost else 1.0
    better = float(bdtr(lost, changed, 0.5))
    if alternative == "worse":
        return worse
    return better if alternative == "better" else min(1.0, 2 * min(worse, better))
