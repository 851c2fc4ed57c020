"""The worst of K variants of each case, and how bad that looks by chance alone.

A model that is right 9 times in 10, whatever the variant, is right under all of 5 variants only 59
times in 100. So the worst of K is shown beside what K clean answers would have given.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..errors import MetricError
from ._checks import Floats, checked_scores

__all__ = ["worst_by_chance", "worst_of_each"]


def worst_of_each(variants: npt.ArrayLike, *, higher_is_better: bool = True) -> Floats:
    """Give each case's worst score over its variants (rows are cases); bound it as any score.

    For scores of 0 and 1 this says which cases are stable: right under all K variants. A case with
    an unknown variant (NaN) has no known worst, so it is NaN: it could only be worse.
    """
    array = _variants(variants)
    found: Floats = array.min(axis=1) if higher_is_better else array.max(axis=1)
    return found


def worst_by_chance(clean: npt.ArrayLike, k: int, *, higher_is_better: bool = True) -> float:
    """Give the mean worst of `k` clean scores if luck alone tells them apart.

    With one clean score for each case (a list), luck is the whole spread: the expected worst of `k`
    scores drawn from all of them, which for a rate is `rate ** k`. This is the harshest baseline: a
    model that always fails the same cases does better. With `k` or more clean runs of each case (a
    matrix, one row for each), it is what `k` of the case's own runs give on average, without bias.
    """
    array = np.asarray(clean, dtype=np.float64)
    if k < 1:
        msg = f"the worst of {k} variants means nothing: k must be 1 or more"
        raise MetricError(msg)
    if array.ndim == 1:
        ranked = np.sort(checked_scores(array, None))
        ranked = ranked if higher_is_better else ranked[::-1]
        left = np.arange(len(ranked), -1, -1) / len(ranked)
        return float(ranked @ (left[:-1] ** k - left[1:] ** k))
    ranked = np.sort(_variants(array), axis=1)
    ranked = ranked if higher_is_better else ranked[:, ::-1]
    runs = ranked.shape[1]
    if runs < k:
        msg = f"the worst of {k} needs {k} clean runs of each case, got {runs}"
        raise MetricError(msg)
    # The probability that the i-th of the ranked runs is the worst of k drawn without putting back.
    none_before = np.cumprod([1.0, *(1 - k / (runs - np.arange(runs - k + 1)))])
    weights = -np.diff(none_before)
    return float((ranked[:, : len(weights)] @ weights).mean())


def _variants(values: npt.ArrayLike) -> Floats:
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 2 or not array.size:  # noqa: PLR2004 - cases by variants
        msg = f"expected scores of cases by variants, got an array of shape {array.shape}"
        raise MetricError(msg)
    return array
