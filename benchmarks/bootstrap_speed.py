"""How long do bounds for 60 paired drops of 10,000 cases take? Ours against scipy, in one run.

    python benchmarks/bootstrap_speed.py

Ours are exact and draw nothing. `scipy.stats.bootstrap` (paired, percentile) does one cell with
`RESAMPLES_OF_PEER` resamples; its time is scaled to 10,000 and to 60 cells, which it would do one
after the other. Each time is the best of three. Both bounds of that cell are compared: with so
many cases the difference is a small part of a standard error. Exits with 1 where ours is less than
50 times faster or differs by more than a tenth of a standard error.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from time import perf_counter
from typing import Any

import numpy as np
from scipy.stats import bootstrap

from seatrial.statistics import paired_drop

CASES, CELLS, RESAMPLES, RESAMPLES_OF_PEER = 10_000, 60, 10_000, 4_000
CONFIDENCE, AT_LEAST, ERRORS = 0.95, 50, 0.1


def best(work: Callable[[], Any]) -> tuple[float, Any]:
    """Give the shortest of three times, and the result."""
    times = []
    for _ in range(3):
        start = perf_counter()
        found = work()
        times.append(perf_counter() - start)
    return min(times), found


def main() -> int:
    """Time both, compare both, and say whether the claim holds."""
    generator = np.random.default_rng(0)
    clean = (generator.random(CASES) < 0.9).astype(float)  # noqa: PLR2004 - right 9 times in 10
    lost = generator.random((CASES, CELLS)) < np.linspace(0.01, 0.4, CELLS)
    perturbed = np.where(lost, 0.0, clean[:, None])
    drops = clean[:, None] - perturbed

    def bounds() -> list[tuple[float, float]]:
        return [paired_drop(clean, one, None, CONFIDENCE).ends for one in perturbed.T]

    ours, found = best(bounds)

    cell = CELLS // 2
    pair = (clean, perturbed[:, cell])
    one, peer = best(
        lambda: bootstrap(
            pair,
            lambda first, second, axis: (first - second).mean(axis=axis),
            paired=True,
            vectorized=True,
            n_resamples=RESAMPLES_OF_PEER,
            batch=200,
            confidence_level=2 * CONFIDENCE - 1,
            method="percentile",
            rng=np.random.default_rng(2),
        )
    )
    theirs = one * RESAMPLES / RESAMPLES_OF_PEER * CELLS

    spread = drops[:, cell].std() / np.sqrt(CASES)
    off = np.abs(np.array(found[cell]) - peer.confidence_interval).max() / spread

    print(f"{CASES:,} cases, {CELLS} cells")
    print(f"  seatrial, all cells                  {ours:8.2f} s")
    print(f"  scipy, one cell, {RESAMPLES_OF_PEER:,} resamples      {one:8.2f} s (measured)")
    print(f"  scipy, all cells, {RESAMPLES:,} resamples    {theirs:8.2f} s (scaled)")
    print(f"  ratio                                {theirs / ours:8.0f} x (at least {AT_LEAST})")
    print(f"  largest difference of the bounds     {off:8.2f} standard errors of the drop")
    return int(theirs / ours < AT_LEAST or off > ERRORS)


if __name__ == "__main__":
    sys.exit(main())
