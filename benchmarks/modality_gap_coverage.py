"""How often the interval of the modality gap misses, against populations of known gap.

    python benchmarks/modality_gap_coverage.py

Rows are drawn from finite populations of unit vectors, so the true gap is known exactly. Prints for
each setting the true gap, the mean error of the unbiased square in standard errors, and the
fraction of intervals that miss the truth below and above, at a nominal 5 % for both together; then
a table of both ends together, over the settings with a gap and in that without one.
"""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np
from seatrial_order import modality_gap

POPULATION = 3000
ROWS = (20, 300, 5000)
HALF = 0.5
SETTINGS = ((8, 0, 1), (8, 0.1, 1), (8, 0.3, 1), (8, 3, 1), (64, 1, 1), (64, 2, 6), (64, 6, 1))
KINDS = ("independent", "pairs", "pairs in clusters", "clusters")


def population(draw: np.random.Generator, width: int, shift: float, wide: float) -> Any:
    """Draw unit vectors around a mean; the first direction is `wide` times as wide."""
    rows = draw.standard_normal((POPULATION, width))
    rows[:, 0] = rows[:, 0] * wide + shift
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def measured(draw: np.random.Generator, kind: str, n: int, x: Any, y: Any) -> Any:
    """Draw n rows of each side, and measure their gap."""
    i, j = draw.integers(0, POPULATION, (2, n))
    if kind == "independent":
        return modality_gap(x[i], y[j])
    if kind == "pairs":  # half of the captions are of the same thing as the picture
        return modality_gap(x[i], y[np.where(draw.random(n) < HALF, i, j)], paired=True)
    labels = np.arange(n) % max(n // 5, 10)
    i, j = (np.where(draw.random(n) < HALF, i[labels], one) for one in (i, j))
    if kind == "clusters":
        return modality_gap(x[i], y[j], clusters=(labels, labels))
    return modality_gap(x[i], y[j], paired=True, clusters=labels)


def main() -> None:
    """Print a line for each setting."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=1000)
    given = parser.parse_args()
    draw = np.random.default_rng(1)
    missed: dict[tuple[str, int, bool], list[float]] = {}
    for width, shift, wide in SETTINGS:
        x, y = population(draw, width, shift, wide), population(draw, width, 0, wide)
        x = x if shift else y
        truth = float(np.linalg.norm(x.mean(axis=0) - y.mean(axis=0)))
        for n in ROWS:
            for kind in KINDS:
                found = [measured(draw, kind, n, x, y) for _ in range(given.repeats)]
                squares = np.array([one.squared_unbiased for one in found])
                error = squares.mean() - truth**2
                error /= squares.std() / given.repeats**0.5 + 1e-300
                low = np.mean([one.interval.low > truth + 1e-9 for one in found])
                high = np.mean([one.interval.high < truth - 1e-9 for one in found])
                missed.setdefault((kind, n, shift > 0), []).append(float(low + high))
                print(
                    f"{width:3} dimensions, first {wide} times as wide, gap {truth:.3f}, "
                    f"{n:4} rows, {kind:17}: square {error:+.1f} SE, misses {low:.3f} below "
                    f"{high:.3f} above",
                    flush=True,
                )
    print("| rows | " + " | ".join(f"{n}, with a gap | {n}, without" for n in ROWS) + " |")
    print("|" + "---|" * (2 * len(ROWS) + 1))
    for kind in KINDS:
        cells = [missed[kind, n, some] for n in ROWS for some in (True, False)]
        shown = [f"{min(one):.3f} to {max(one):.3f}" for one in cells[::2]]
        alone = [f"{one[0]:.3f}" for one in cells[1::2]]
        both = " | ".join(f"{a} | {b}" for a, b in zip(shown, alone, strict=True))
        print(f"| {kind} | {both} |")


if __name__ == "__main__":
    main()
