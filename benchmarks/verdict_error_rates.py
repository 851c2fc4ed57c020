"""How often is a bound wrong? Every method against simulated truth.

    python benchmarks/verdict_error_rates.py [experiments [family ...]]

Each setting is simulated so many times (10,000 by default: hours on two free cores; 70 take
minutes) with a known truth. The threshold lies at the truth, where verdicts are wrong most often:
"pass" is wrong if the threshold is above the truth by however little, "fail" if it is not; and .02
beyond it. Both may happen in at most 5 % of experiments, plus three standard errors.

Prints every setting, the number of runs in all, and the largest standardised excess: how many
standard errors the rate that is most above 5 % lies above it. Exits with 1 if it is over three.

Clusters have 4 cases; at an intra-cluster correlation of 0 the cases are independent. The family
"few" is no simulation: it adds up the probabilities of every outcome of an AUROC of scores of two
levels, and gives the worst over a grid of true rates. A family is a word of a setting's name.

What every demand makes of these methods, through `run` and `judge`, is simulated by
`demand_error_rates.py`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import product
from time import perf_counter
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # the processes are as many as the cores

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri
from scipy.stats import binom

from seatrial.errors import MetricError
from seatrial.statistics import (
    auroc,
    auroc_drop,
    expected_calibration_error,
    gap_between_groups,
    jackknife,
    mean_of_bounded,
    nominal_confidences,
    planned_looks,
    proportion,
    worst_group,
)

CONFIDENCE, ALPHA, NEAR = 0.95, 0.05, 0.02
SIZE, TINY, RESAMPLES = 4, 1e-9, 1_000
Floats = npt.NDArray[np.float64]
Ends = tuple[Floats, Floats]
Job = partial[Floats]
CLUSTERS, CORRELATIONS = (5, 10, 30, 100, 300), (0.0, 0.1, 0.5)


def rates(shape: tuple[int, int], rate: Any, icc: float, rng: np.random.Generator) -> Floats:
    """Draw sums of clusters of 0/1 scores: beta-binomial."""
    spread = 1 / icc - 1 if icc else 0
    each = rng.beta(rate * spread, (1 - rate) * spread, shape) if icc else rate
    return rng.binomial(SIZE, each, shape).astype(float)


def ends_of_rates(sums: Floats) -> Ends:
    """Bound each experiment's rate; equal experiments once."""
    rows, where = np.unique(np.sort(sums, axis=1).astype(np.int64), axis=0, return_inverse=True)
    labels, place = np.repeat(np.arange(sums.shape[1]), SIZE), np.arange(SIZE)
    found = [
        proportion((place < row[:, None]).ravel() * 1.0, labels, CONFIDENCE).ends for row in rows
    ]
    low, high = np.array(found)[where.ravel()].T
    return low, high


def ends_of_means(
    sums: Floats, sizes: Floats, bounds: tuple[float, float], confidence: float
) -> Ends:
    """Bound each experiment's mean; of the cases of a cluster only the sum matters."""
    found = np.empty((len(sums), 2))
    for at, (total, size) in enumerate(zip(sums, sizes.astype(np.int64), strict=True)):
        values = np.clip(np.repeat(total / size, size), *bounds)
        labels = np.repeat(np.arange(len(size)), size)
        found[at] = mean_of_bounded(values, labels, confidence, bounds).ends
    return found[:, 0], found[:, 1]


def wrong(low: Floats, high: Floats, truth: float, near: float = NEAR) -> Floats:
    """Give the fractions of false passes and fails at the truth, and beyond it."""
    passes = (low >= truth + TINY).mean(), (low >= truth + near).mean()
    fails = (high < truth - TINY).mean(), (high < truth - near).mean()
    return np.array([*passes, *fails])


def scores(shape: tuple[int, int], mean: float, icc: float, rng: np.random.Generator) -> Floats:
    """Draw sums of clusters of skewed scores in [0, 1]; some cases repeat their cluster's score."""
    own = rng.beta(2 * mean, 2 * (1 - mean), (SIZE, *shape))
    common = rng.beta(2 * mean, 2 * (1 - mean), shape)
    return np.where(rng.random(own.shape) < np.sqrt(icc), common, own).sum(axis=0)


def drops(shape: tuple[int, int], drop: float, icc: float, rng: np.random.Generator) -> Floats:
    """Draw sums of clusters of drops: right to wrong, or the other way a quarter as often."""
    lost = drop * 4 / 3

    def draw(size: tuple[int, ...]) -> Floats:
        uniform = rng.random(size)
        return (uniform < lost) * 1.0 - (uniform > 1 - lost / 4)

    own, common = draw((SIZE, *shape)), draw(shape)
    return np.where(rng.random(own.shape) < np.sqrt(icc), common, own).sum(axis=0)


DRAWN = {"rate": (rates, (0, 1)), "score": (scores, (0, 1)), "drop": (drops, (-1, 1))}


def fixed(kind: str, clusters: int, icc: float, truth: float, runs: int, seed: int) -> Floats:
    """Bound rates, scores and drops of clusters of equal size."""
    draw, bounds = DRAWN[kind]
    sums = draw((runs, clusters), truth, icc, np.random.default_rng(seed))
    if kind == "rate":
        return wrong(*ends_of_rates(sums), truth)
    return wrong(*ends_of_means(sums, np.full(sums.shape, SIZE), bounds, CONFIDENCE), truth)


def uneven(
    kind: str, law: str, clusters: int, icc: float, truth: float, runs: int, seed: int
) -> Floats:
    """Bound a figure of clusters whose sizes differ: one holds half, or they are lognormal."""
    rng = np.random.default_rng(seed)
    shape = runs, clusters
    if law == "half":
        sizes = np.full(shape, float(SIZE))
        sizes[:, 0] = SIZE * (clusters - 1)
    else:
        sizes = np.ceil(3 * rng.lognormal(0, float(law), shape))
    spread = 1 / icc - 1 if icc else 1e9
    probability = rng.beta(truth * spread, (1 - truth) * spread, shape)
    right = rng.binomial(sizes.astype(np.int64), probability)
    if kind == "score":  # the mean of an answer and of its probability, which is a bounded score
        both = (right + probability * sizes) / 2
        return wrong(*ends_of_means(both, sizes, (0, 1), CONFIDENCE), truth)
    if kind == "drop":
        return wrong(*ends_of_means(right * 1.0, sizes, (-1, 1), CONFIDENCE), truth)
    low, high = np.empty(runs), np.empty(runs)
    for run in range(runs):
        whole = sizes[run].astype(np.int64)
        labels = np.repeat(np.arange(clusters), whole)
        place = np.arange(len(labels)) - np.repeat(np.cumsum(whole) - whole, whole)
        values = (place < right[run][labels]) * 1.0
        low[run], high[run] = proportion(values, labels, CONFIDENCE).ends
    return wrong(low, high, truth)


def growing(
    kind: str, looks: int, clusters: int, icc: float, truth: float, runs: int, seed: int
) -> Floats:
    """Bound a mean at every point of the grid of planned looks, while clusters are added."""
    draw, bounds = DRAWN[kind]
    plan = planned_looks(clusters, looks)
    levels = nominal_confidences(CONFIDENCE, plan.sizes, plan.spent)
    sums = draw((runs, int(plan.sizes[-1])), truth, icc, np.random.default_rng(seed))
    low, high = np.full(runs, -np.inf), np.full(runs, np.inf)
    for size, level in zip(plan.sizes.tolist(), levels.tolist(), strict=True):
        some = sums[:, :size]
        ends = ends_of_means(some, np.full(some.shape, SIZE), bounds, level)
        low, high = np.maximum(low, ends[0]), np.minimum(high, ends[1])
    return wrong(low, high, truth)


def f1(clusters: int, icc: float, truth: float, runs: int, seed: int) -> Floats:
    """Jackknife the F1 of the positive class: half are positive; `truth` of each class is right."""
    rng = np.random.default_rng(seed)
    cases, low, high = np.arange(clusters * SIZE), np.empty(runs), np.empty(runs)
    labels = np.repeat(np.arange(clusters), SIZE)
    for run in range(runs):
        right = rng.random(len(cases)) < truth
        common = rng.random(clusters)[labels] < truth
        right = np.where(rng.random(len(cases)) < np.sqrt(icc), common, right)
        positive = rng.random(len(cases)) < 1 / 2
        hit, wrong_ = (positive & right) * 1.0, (~right) * 1.0

        def score(at: npt.NDArray[np.intp], hit: Floats = hit, off: Floats = wrong_) -> float:
            hits = 2 * hit[at].sum()
            total = hits + off[at].sum()
            if total == 0:
                msg = "no positives"
                raise MetricError(msg)
            return float(hits / total)

        try:
            found = jackknife(score, len(cases), labels, CONFIDENCE, (0, 1))
        except MetricError:
            low[run], high[run] = 0, 1
            continue
        low[run], high[run] = found.ends
    return wrong(low, high, truth)


def areas(clusters: int, icc: float, truth: float, runs: int, seed: int, *, drop: bool) -> Floats:
    """Bound an AUROC of normal scores, or the drop to scores with as much noise again."""
    rng = np.random.default_rng(seed)
    low, high = np.empty(runs), np.empty(runs)
    size = SIZE if icc else 1
    labels = np.repeat(np.arange(2 * clusters), size)
    positive = (labels < clusters) * 1.0
    apart = float(ndtri(truth)) * np.sqrt(2)
    noisy = _area(apart / np.sqrt(2))
    for run in range(runs):
        noise = rng.normal(size=(2, len(labels)))
        shared = rng.normal(size=(2, 2 * clusters))[:, labels]
        first, second = np.sqrt(icc) * shared + np.sqrt(1 - icc) * noise
        first = first + apart * positive
        found = (
            auroc_drop(positive, first, first + second, labels, CONFIDENCE)
            if drop
            else auroc(positive, first, labels, CONFIDENCE)
        )
        low[run], high[run] = found.ends
    return wrong(low, high, truth - noisy if drop else truth)


def few(positives: int, negatives: int, runs: int, seed: int) -> Floats:
    """Give the worst error of an AUROC of scores of two levels, over true rates of the upper one.

    Nothing is drawn. With 1,000 negatives, all of these lie between the two levels: positives are
    ranked first or last, which is the largest spread that they can have.
    """
    del runs, seed
    between = negatives >= 1000  # noqa: PLR2004 - too many to add up
    high = np.zeros(1, dtype=int) if between else np.arange(negatives + 1)
    low, upper = np.empty((2, positives + 1, len(high)))
    labels = (np.arange(positives + negatives) < positives) * 1.0
    for ours, (at, theirs) in product(range(positives + 1), enumerate(high)):
        others = np.full(negatives, 0.5) if between else np.arange(negatives) < theirs
        levels = np.arange(positives) < ours, others
        found = auroc(labels, np.concatenate(levels) * 1.0, None, CONFIDENCE)
        low[ours, at], upper[ours, at] = found.ends
    worst = np.zeros(4)
    grid = np.linspace(0.02, 0.98, 49)
    for rate, other in product(grid, grid[:1] if between else grid):
        truth = rate if between else (1 + rate - other) / 2
        chosen = np.ones(1) if between else binom.pmf(high, negatives, other)
        weight = np.outer(binom.pmf(np.arange(positives + 1), positives, rate), chosen)
        missed = low > truth + TINY, low > truth + NEAR, upper < truth - TINY, upper < truth - NEAR
        worst = np.maximum(worst, [weight[one].sum() for one in missed])
    return worst


def _area(apart: float) -> float:
    return float(ndtr(apart / np.sqrt(2)))


def groups(
    clusters: int, icc: float, rates_of: tuple[float, ...], runs: int, seed: int, *, gap: bool
) -> Floats:
    """Bound the rate of the worst of some groups, or the gap between the best and the worst."""
    rng = np.random.default_rng(seed)
    low, high = np.empty(runs), np.empty(runs)
    names = np.repeat([f"group {k}" for k in range(len(rates_of))], clusters * SIZE).tolist()
    labels = np.repeat(np.arange(clusters * len(rates_of)), SIZE)
    place, method = np.arange(SIZE), gap_between_groups if gap else worst_group
    sums = np.concatenate([rates((runs, clusters), one, icc, rng) for one in rates_of], axis=1)
    for run in range(runs):
        values = (place < sums[run][:, None]).ravel() * 1.0
        found = method(values, names, labels, CONFIDENCE, bounds=(0, 1), seed=0)
        low[run], high[run] = found.interval.ends
    truth = max(rates_of) - min(rates_of) if gap else min(rates_of)
    return wrong(low, high, truth)


def cells(clusters: int, icc: float, count: int, runs: int, seed: int) -> Floats:
    """Bound the worst of some cells that share their cases, all with the same mean of .8."""
    rng = np.random.default_rng(seed)
    truth, each = 0.8, 1 - ALPHA / count
    common = rng.random((runs, clusters)) < np.sqrt(1 / 2)
    base = scores((runs, clusters), truth, icc, rng)
    low, high = np.inf, np.inf
    for _ in range(count):
        sums = np.where(common, base, scores((runs, clusters), truth, icc, rng))
        sizes = np.full(sums.shape, SIZE)
        low = np.minimum(low, ends_of_means(sums, sizes, (0, 1), CONFIDENCE)[0])
        high = np.minimum(high, ends_of_means(sums, sizes, (0, 1), each)[1])
    return wrong(low, high, truth)


def calibration(clusters: int, off: float, runs: int, seed: int) -> Floats:
    """Bound the calibration error, lower is better, of a model that claims `off` too much."""
    rng = np.random.default_rng(seed)
    low, high = np.empty(runs), np.empty(runs)
    for run in range(runs):
        stated = rng.choice([0.7, 0.85, 0.95], clusters)
        right = rng.random(clusters) < stated - off
        found = expected_calibration_error(
            stated, right, None, CONFIDENCE, seed=run, resamples=RESAMPLES // 4
        )
        low[run], high[run] = found.ends
    return wrong(-high, -low, -off)


def settings() -> Iterator[tuple[str, Job]]:
    """Name every setting with the function that simulates it."""
    for kind, truths in (("rate", (0.5, 0.9, 0.98)), ("score", (0.5, 0.9)), ("drop", (0.02, 0.1))):
        for truth, n, icc in product(truths, CLUSTERS, CORRELATIONS):
            where = f"{kind} {truth:<4g} ICC {icc:<3g} {n:3d} clusters"
            yield f"fixed       {where}", partial(fixed, kind, n, icc, truth)
    for (kind, truth), law, n, icc in product(
        (("rate", 0.9), ("score", 0.9), ("drop", 0.05)),
        ("half", "1", "1.5"),
        (15, 30, 100),
        (0.0, 0.5, 0.9),
    ):
        name = f"{kind} {truth:<4g} sizes {law:4s} ICC {icc:<3g} {n:3d} clusters"
        yield f"uneven      {name}", partial(uneven, kind, law, n, icc, truth)
    for truth, n, icc in product((0.8, 0.95), (10, 30, 100), (0.0, 0.5)):
        yield (
            f"jackknife   F1 {truth:<4g} ICC {icc:<3g} {n:3d} clusters",
            partial(f1, n, icc, truth),
        )
    for drop, truth, n, icc in product((False, True), (0.7, 0.95), (5, 10, 30, 100), (0.0, 0.5)):
        where = f"{'drop ' if drop else ''}AUROC {truth:<4g} ICC {icc:<3g} {n:3d} clusters a class"
        yield f"DeLong      {where}", partial(areas, n, icc, truth, drop=drop)
    for n, others in ((4, 20), (10, 20), (10, 1000), (20, 20), (20, 60), (20, 1000), (50, 1000)):
        name = f"AUROC of {n} positives and {others} negatives"
        yield f"few         {name}", partial(few, n, others)
    for gap, of, n, icc in product(
        (False, True), ((0.9,) * 4, (0.95, 0.95, 0.8)), (5, 30, 100), (0.0, 0.5)
    ):
        name = (
            f"{'gap' if gap else 'worst'} of {len(of)} groups, ICC {icc:<3g} {n:3d} clusters each"
        )
        yield f"groups      {name}", partial(groups, n, icc, of, gap=gap)
    for n, off in product((30, 100, 300), (0.0, 0.3)):
        yield f"calibration error {off:<4g} {n:3d} cases", partial(calibration, n, off)
    for (kind, truth), looks, n in product((("score", 0.9), ("drop", 0.1)), (2, 3, 5), (10, 30)):
        name = f"{kind} {truth:<4g} ICC 0.1 {n:3d} clusters, then more"
        yield f"{looks} looks     {name}", partial(growing, kind, looks, n, 0.1, truth)
    for count, n, icc in product((3, 12), (5, 30, 100), (0.0, 0.5)):
        name = f"worst of {count} cells, ICC {icc:<3g} {n:3d} clusters"
        yield f"cells       {name}", partial(cells, n, icc, count)


def main(runs: int, families: tuple[str, ...]) -> int:
    """Simulate every setting in two processes and print a table; or some families alone."""
    start = perf_counter()
    most = ALPHA + 3 * np.sqrt(ALPHA * (1 - ALPHA) / runs)
    print(f"{runs} experiments a setting, confidence {CONFIDENCE}; at most {most:.4f} is allowed")
    print(f"{'':60s}false pass        false fail")
    print(f"{'setting':60s}at the  beyond    at the  beyond")
    bad, worst, where = [], 0.0, ""
    with ProcessPoolExecutor(2) as pool:
        named = [one for one in settings() if not families or {*one[0].split()} & {*families}]
        jobs = [pool.submit(job, runs=runs, seed=at) for at, (_, job) in enumerate(named)]
        for (name, _), job in zip(named, jobs, strict=True):
            fractions = job.result()
            worst, where = max((worst, where), (float(fractions.max()), name))
            flag = "  <- exceeds" if fractions.max() > most else ""
            print(f"{name:60s}" + "  ".join(f"{one:.4f}" for one in fractions) + flag, flush=True)
            if flag:
                bad.append(name)
    excess = (worst - ALPHA) / np.sqrt(ALPHA * (1 - ALPHA) / runs)
    drawn = runs * sum(not name.startswith("few") for name, _ in named)
    print(f"{drawn:,} runs, {len(named)} settings, {perf_counter() - start:.0f} s")
    print(f"worst {worst:.4f} ({' '.join(where.split())}), a standardised excess of {excess:+.2f}")
    print(f"{len(bad)} exceed" if bad else "none exceeds")
    return int(bool(bad))


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000, tuple(sys.argv[2:])))
