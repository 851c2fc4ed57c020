"""What simulations of error rates share: drawing clusters, bounding them, counting errors."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from seatrial.statistics import proportion
from seatrial.statistics._gaffke import bounds_of_means
from seatrial.statistics._sequential import last_look, log_stake

CONFIDENCE, ALPHA, NEAR = 0.95, 0.05, 0.02
SIZE, TINY, BATCH, RESAMPLES = 4, 1e-9, 500, 1_000
Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
Ends = tuple[Floats, Floats]
Job = partial[Floats]


def rates(shape: tuple[int, int], rate: Any, icc: float, rng: np.random.Generator) -> Floats:
    """Draw sums of clusters of 0/1 scores: beta-binomial."""
    spread = 1 / icc - 1 if icc else 0
    probability = rng.beta(rate * spread, (1 - rate) * spread, shape) if icc else rate
    return rng.binomial(SIZE, probability, shape).astype(float)


def alike(shape: tuple[int, ...], icc: float, rng: np.random.Generator) -> Floats:
    """Draw uniform numbers, a last axis for cases; some cases repeat their cluster's number."""
    own, common = rng.random((*shape, SIZE)), rng.random((*shape, 1))
    return np.where(rng.random(own.shape) < np.sqrt(icc), common, own)


def ends_of_rates(sums: Floats, sizes: Floats, confidence: float) -> Ends:
    """Bound each experiment's rate; equal experiments once, and one without a case by nothing."""
    keys = np.sort(sizes * (SIZE + 1) + sums, axis=1).astype(np.int64)
    rows, where = np.unique(keys, axis=0, return_inverse=True)
    found = np.tile([0.0, 1.0], (len(rows), 1))
    place = np.arange(SIZE)
    for at, row in enumerate(rows):
        size, right = np.divmod(row, SIZE + 1)
        if size.any():
            values = (place < right[:, None])[place < size[:, None]] * 1.0
            clusters = np.repeat(np.arange(len(row)), size)
            found[at] = proportion(values, clusters, confidence).ends
    low, high = found[where.ravel()].T
    return low, high


def ends_of_means(sums: Floats, bounds: tuple[float, float], confidence: float) -> Ends:
    """Bound each experiment's mean; a batch of experiments shares its weights, as cells do."""
    found = []
    for start in range(0, len(sums), BATCH):
        batch = sums[start : start + BATCH].T
        sizes = np.full(batch.shape, float(SIZE))
        found += bounds_of_means(batch, sizes, bounds, (confidence,), start, RESAMPLES)
    low, high = (np.concatenate(ends) for ends in zip(*found, strict=True))
    return low, high


def wrong(low: Floats, high: Floats, truth: float, near: float = NEAR) -> Floats:
    """Give the fractions of false passes and fails at the truth, and beyond it."""
    passes = (low >= truth + TINY).mean(), (low >= truth + near).mean()
    fails = (high < truth - TINY).mean(), (high < truth - near).mean()
    return np.array([*passes, *fails])


def wrong_looking(
    sums: Floats, sizes: Floats, bounds: tuple[float, float], truth: float, last: Ends
) -> Floats:
    """Give the same fractions where one looks after every cluster, and at `last` when all are done.

    `last` has the confidence of `last_look`.
    """
    needed = -np.log(ALPHA - (1 - last_look(CONFIDENCE)))
    lowest, highest = bounds
    fractions = []
    for sign, off in ((1, TINY), (1, NEAR), (-1, -TINY), (-1, -NEAR)):
        threshold = truth + off
        gains = sign * (sums - threshold * sizes)
        room = SIZE * (threshold - lowest if sign > 0 else highest - threshold)
        early = [
            log_stake(gains[at : at + BATCH], room).max(axis=1) >= needed
            for at in range(0, len(sums), BATCH)
        ]
        late = last[0] >= threshold if sign > 0 else last[1] < threshold
        fractions.append((np.concatenate(early) | late).mean())
    return np.array(fractions)
