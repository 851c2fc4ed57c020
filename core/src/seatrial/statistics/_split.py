"""Splits cases into training and test, whole clusters at a time."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from .._seeds import derive
from ..errors import MetricError, PlanError
from ._checks import cluster_codes

__all__ = ["held_out"]

DRAWS: Final = 64


def held_out(
    labels: npt.ArrayLike, clusters: npt.ArrayLike | None, *, fraction: float, seed: int
) -> npt.NDArray[np.bool_]:
    """Choose a fraction of the cases for the test: True for each that is held out from training.

    Whole clusters go to one side or the other, so nothing that depends on a held-out case can be
    memorised in training. Clusters are dealt systematically along their sizes and labels, and of 64
    such deals the one is taken in which every label comes nearest to its fraction; where each case
    is its own cluster, every label is within one case of it. With cluster labels, the choice does
    not depend on the order of the cases.

    Raises `MetricError` for fewer than two clusters, which cannot be told apart, and `PlanError`
    for a fraction that is not between 0 and 1.
    """
    if not 0 < fraction < 1:
        msg = f"the fraction to hold out must be between 0 and 1, got {fraction!r}"
        raise PlanError(msg)
    kinds, label = np.unique(np.asarray(labels), return_inverse=True)
    codes, found = cluster_codes(clusters, len(label))
    if found < 2:  # noqa: PLR2004 - one for each side
        msg = f"{len(label)} cases of {found} clusters cannot be split: at least two are needed"
        raise MetricError(msg)
    counts = np.zeros((found, len(kinds)))
    np.add.at(counts, (codes, label), 1)
    generator = np.random.default_rng(derive(seed, "held out"))
    deals = [
        _dealt(counts, fraction, generator.random(found), generator.random()) for _ in range(DRAWS)
    ]
    totals = counts.sum(axis=0)
    off = [np.square(counts[deal].sum(axis=0) / totals - fraction).sum() for deal in deals]
    return deals[int(np.argmin(off))][codes]


def _dealt(
    counts: npt.NDArray[np.float64], fraction: float, lots: npt.NDArray[np.float64], start: float
) -> npt.NDArray[np.bool_]:
    """Walk along the clusters, like beside like, and hold out one at every 1 / fraction steps."""
    order = np.lexsort((lots, *counts.T))
    steps = np.floor(np.arange(len(order) + 1) * fraction + start)
    chosen = np.zeros(len(order), dtype=bool)
    chosen[order] = np.diff(steps) > 0
    if chosen.all() or not chosen.any():
        chosen[np.argmin(lots)] ^= True
    return chosen
