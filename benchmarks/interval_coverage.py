"""How often do one-sided bounds at .95 miss the truth? Ours against the textbook's, in one run.

    python benchmarks/interval_coverage.py [experiments]

Prints the worst miss rate of each method over a grid of settings, the setting where it happens, and
how wide ours is in comparison. With 1,000 experiments (about three minutes) the standard error of
a miss rate of .05 is .007, so that the worst of some hundred honest settings reaches about .06.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from itertools import product

import numpy as np
import numpy.typing as npt
from scipy.special import betaincinv, ndtr, ndtri, stdtrit

from seatrial.errors import MetricError
from seatrial.statistics import jackknife, paired_drop, proportion

CONFIDENCE = 0.95
MANY = 30
Floats = npt.NDArray[np.float64]
Row = tuple[str, Floats]


def plain_korn_graubard(values: Floats, clusters: Floats) -> tuple[float, float]:
    """Bound a rate as published: the design effect is the observed one."""
    n, rate = len(values), values.mean()
    sums, sizes = np.bincount(clusters, values), np.bincount(clusters)
    groups = len(sums)
    variance = groups / (groups - 1) * np.square(sums - rate * sizes).sum() / n**2
    if rate in (0, 1) or variance == 0:
        effective = float(groups)
    else:
        few = stdtrit(n - 1, CONFIDENCE) / stdtrit(groups - 1, CONFIDENCE)
        effective = min(rate * (1 - rate) / (n - 1) / variance * n * few**2, n)
    right = rate * effective
    low = betaincinv(right, effective - right + 1, 1 - CONFIDENCE) if rate > 0 else 0.0
    high = betaincinv(right + 1, effective - right, CONFIDENCE) if rate < 1 else 1.0
    return float(low), float(high)


def textbook_bootstraps(drops: Floats, generator: np.random.Generator) -> tuple[float, float]:
    """Give the upper percentile and BCa bounds of a mean of -1, 0 and 1, with 2,000 resamples."""
    n, mean = len(drops), drops.mean()
    values, counts = np.unique(drops, return_counts=True)
    if len(values) == 1:
        return float(mean), float(mean)
    means = generator.multinomial(n, counts / n, size=2_000) @ values / n
    bias = ndtri(np.clip((means < mean).mean() + (means == mean).mean() / 2, 0.001, 0.999))
    off = drops - mean
    skew = (off**3).sum() / (6 * (off**2).sum() ** 1.5)
    z = ndtri(CONFIDENCE)
    level = ndtr(bias + (bias + z) / (1 - skew * (bias + z)))
    return float(np.quantile(means, CONFIDENCE)), float(np.quantile(means, level))


def rates(experiments: int, generator: np.random.Generator) -> Iterable[Row]:
    """Miss rates of `low` and `high` for clustered rates, and how far `low` lies from the rate."""
    grid = product((3, 10, 30, 60, 150), (2, 5, 20), (False, True), (0, 0.1, 0.5, 0.9),
                   (0.5, 0.8, 0.9, 0.95, 0.98))  # fmt: skip
    for groups, size, unequal, icc, rate in grid:
        found = np.zeros(6)
        for _ in range(experiments):
            sizes = generator.integers(1, 2 * size, groups) if unequal else np.full(groups, size)
            spread = 1 / icc - 1 if icc else 0
            each = generator.beta(rate * spread, (1 - rate) * spread, groups) if icc else rate
            clusters = np.repeat(np.arange(groups), sizes)
            probability = np.repeat(np.broadcast_to(each, groups), sizes)
            values = (generator.random(len(clusters)) < probability).astype(float)
            low, high = plain_korn_graubard(values, clusters)
            ours = proportion(values, clusters, CONFIDENCE)
            found += (low > rate, high < rate, ours.low > rate, ours.high < rate,
                      rate - low, rate - ours.low)  # fmt: skip
        name = f"{groups} clusters of {'up to ' if unequal else ''}{size}, ICC {icc}, rate {rate}"
        yield name, found / experiments


def drops(experiments: int, generator: np.random.Generator) -> Iterable[Row]:
    """Miss rates of `high` for paired drops, and how far each lies above the drop."""
    grid = product((60, 150, 300, 1000), (0.01, 0.03, 0.1, 0.2), (0, 0.5, 0.9))
    for n, lost, fraction in grid:
        gained, found = lost * fraction, np.zeros(6)
        for _ in range(experiments):
            kind = generator.choice((1.0, 0.0, -1.0), n, p=(lost, 1 - lost - gained, gained))
            percentile, bca = textbook_bootstraps(kind, generator)
            clean, perturbed = (kind >= 0).astype(float), (kind <= 0).astype(float)
            ours = paired_drop(clean, perturbed, None, CONFIDENCE).high
            bounds = np.array([percentile, bca, ours])
            found += np.append(bounds < lost - gained, bounds - (lost - gained))
        yield f"{n} cases, {lost} lost, {gained:.3f} gained", found / experiments


def macro_f1(targets: Floats, answers: Floats) -> float:
    """Score two classes; undefined when one is missing."""
    scores = []
    for one in (0, 1):
        hits = ((targets == one) & (answers == one)).sum()
        if not (targets == one).any():
            msg = "one class"
            raise MetricError(msg)
        scores.append(2 * hits / ((targets == one).sum() + (answers == one).sum()))
    return float(np.mean(scores))


def jackknives(experiments: int, generator: np.random.Generator) -> Iterable[Row]:
    """Miss rates of `low` and `high` of a jackknifed macro F1, two classes."""
    for n, rare, right in product((30, 100, 300), (0.1, 0.3, 0.5), (0.7, 0.9, 0.97)):
        matrix = np.outer((1 - rare, rare), (right, 1 - right))
        cells = ((0, 0), (0, 1), (1, 1), (1, 0))
        f1 = [
            2 * matrix[k, 0] / (matrix[k].sum() + matrix[k, 0] + matrix[1 - k, 1]) for k in (0, 1)
        ]
        truth, found = float(np.mean(f1)), np.zeros(2)
        for _ in range(experiments // 4):
            drawn = np.array(cells)[generator.choice(4, n, p=matrix.ravel())]
            targets, answers = drawn.T
            if len(np.unique(targets)) < len(f1):
                continue
            rarest = int(np.bincount(targets).min())
            one = jackknife(lambda at, t=targets, a=answers: macro_f1(t[at], a[at]),
                            n, None, CONFIDENCE, (0, 1), rarest=rarest)  # fmt: skip
            found += (one.low > truth, one.high < truth)
        yield f"{n} cases, {rare:.0%} rare, {right} right", found / (experiments // 4)


def worst(rows: list[Row], columns: tuple[int, ...]) -> str:
    """Name the setting with the largest figure in some columns."""
    name, row = max(rows, key=lambda row: row[1][list(columns)].max())
    return f"{row[list(columns)].max():.3f}  ({name})"


def main(experiments: int) -> None:
    """Run the three simulations and print their worst rows."""
    generator = np.random.default_rng(1)
    rows = list(rates(experiments, generator))
    print(f"clustered rates, {len(rows)} settings, {experiments} experiments: worst miss rate")
    print("  Korn-Graubard as published", worst(rows, (0, 1)))
    print("  seatrial                  ", worst(rows, (2, 3)))
    many = [(name, row) for name, row in rows if int(name.split()[0]) >= MANY]
    independent = [(name, np.array([row[5] / row[4]])) for name, row in many if "ICC 0," in name]
    clustered = [(name, np.array([row[5] / row[4]])) for name, row in many if "ICC 0.5" in name]
    print("  distance of low from the rate, seatrial / published, 30 clusters and more:")
    print("    independent cases, widest", worst(independent, (0,)))
    print("    ICC .5, widest           ", worst(clustered, (0,)))
    rows = list(drops(experiments, generator))
    print(f"paired drops, {len(rows)} settings: worst miss rate")
    for column, name in enumerate(("percentile bootstrap", "BCa bootstrap", "seatrial")):
        print(f"  {name:26s}", worst(rows, (column,)))
    ratio = [(name, np.array([row[5] / row[4]])) for name, row in rows]
    print("  distance of high from the drop, seatrial / BCa, median",
          f"{np.median([row[0] for _, row in ratio]):.2f}, widest", worst(ratio, (0,)))  # fmt: skip
    rows = list(jackknives(experiments, generator))
    print(f"jackknifed macro F1, {len(rows)} settings: miss rates of low and high")
    for name, row in rows:
        print(f"  {name:36s} {row[0]:.3f} {row[1]:.3f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000)
