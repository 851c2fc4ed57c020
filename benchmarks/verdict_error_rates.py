"""How often is a verdict wrong? Every method, fixed and sequential, against simulated truth.

    python benchmarks/verdict_error_rates.py [experiments [family ...]]

Each setting is simulated so many times (10,000 by default: some ten minutes on two free cores) with
a known truth. The threshold lies at the truth, where verdicts are wrong most often: "pass" is wrong
if the threshold is above the truth by however little, "fail" if it is not; and .02 beyond it. Both
may happen in at most 5 % of experiments, plus three standard errors. Prints every setting, and
exits with 1 if one exceeds.

Clusters have 4 cases; at an intra-cluster correlation of 0 the cases are independent. A sequential
verdict looks after every cluster, and once more, with the fixed method, when all are measured.
A family is a word of a setting's name, such as `cascade`.

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

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # the processes are as many as the cores

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri
from simulated_demands import (
    ALPHA,
    CONFIDENCE,
    RESAMPLES,
    SIZE,
    Ends,
    Floats,
    Job,
    ends_of_means,
    ends_of_rates,
    rates,
    wrong,
    wrong_looking,
)

from seatrial.errors import MetricError
from seatrial.statistics import (
    auroc,
    auroc_drop,
    expected_calibration_error,
    gap_between_groups,
    jackknife,
    last_look,
    proportion,
    worst_group,
)
from seatrial.statistics._gaffke import bounds_of_means

CLUSTERS, CORRELATIONS = (5, 10, 30, 100, 300), (0.0, 0.1, 0.5)


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
    """Measure everything, then look once."""
    sums, bounds = _drawn(kind, clusters, icc, truth, runs, seed)
    return wrong(*_ends(kind, sums, bounds, CONFIDENCE), truth)


def sequential(kind: str, clusters: int, icc: float, truth: float, runs: int, seed: int) -> Floats:
    """Look after every cluster, and with the fixed method when all are measured."""
    sums, bounds = _drawn(kind, clusters, icc, truth, runs, seed)
    last = _ends(kind, sums, bounds, last_look(CONFIDENCE))
    return wrong_looking(sums, np.full(sums.shape, float(SIZE)), bounds, truth, last)


def _drawn(
    kind: str, clusters: int, icc: float, truth: float, runs: int, seed: int
) -> tuple[Floats, tuple[float, float]]:
    draw, bounds = DRAWN[kind]
    return draw((runs, clusters), truth, icc, np.random.default_rng(seed)), bounds


def _ends(kind: str, sums: Floats, bounds: tuple[float, float], confidence: float) -> Ends:
    if kind == "rate":
        return ends_of_rates(sums, np.full(sums.shape, float(SIZE)), confidence)
    return ends_of_means(sums, bounds, confidence)


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
        return wrong(
            *bounds_of_means((right + probability * sizes) / 2, sizes, (0, 1), CONFIDENCE), truth
        )
    if kind == "drop":
        return wrong(*bounds_of_means(right * 1.0, sizes, (-1, 1), CONFIDENCE), truth)
    low, high = np.empty(runs), np.empty(runs)
    for run in range(runs):
        whole = sizes[run].astype(np.int64)
        labels = np.repeat(np.arange(clusters), whole)
        place = np.arange(len(labels)) - np.repeat(np.cumsum(whole) - whole, whole)
        values = (place < right[run][labels]) * 1.0
        low[run], high[run] = proportion(values, labels, CONFIDENCE).ends
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


def _area(apart: float) -> float:
    from scipy.special import ndtr

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
        low = np.minimum(low, ends_of_means(sums, (0, 1), CONFIDENCE)[0])
        high = np.minimum(high, ends_of_means(sums, (0, 1), each)[1])
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
            yield f"sequential  {where}", partial(sequential, kind, n, icc, truth)
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
    for gap, of, n, icc in product(
        (False, True), ((0.9,) * 4, (0.95, 0.95, 0.8)), (5, 30, 100), (0.0, 0.5)
    ):
        name = (
            f"{'gap' if gap else 'worst'} of {len(of)} groups, ICC {icc:<3g} {n:3d} clusters each"
        )
        yield f"groups      {name}", partial(groups, n, icc, of, gap=gap)
    for n, off in product((30, 100, 300), (0.0, 0.3)):
        yield f"calibration error {off:<4g} {n:3d} cases", partial(calibration, n, off)
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
    bad, worst = [], 0.0
    with ProcessPoolExecutor(2) as pool:
        named = [one for one in settings() if not families or {*one[0].split()} & {*families}]
        jobs = [pool.submit(job, runs=runs, seed=at) for at, (_, job) in enumerate(named)]
        for (name, _), job in zip(named, jobs, strict=True):
            fractions = job.result()
            worst = max(worst, fractions.max())
            flag = "  <- exceeds" if fractions.max() > most else ""
            print(f"{name:60s}" + "  ".join(f"{one:.4f}" for one in fractions) + flag, flush=True)
            if flag:
                bad.append(name)
    print(f"worst {worst:.4f} of {len(named)} settings, {perf_counter() - start:.0f} s; ", end="")
    print(f"{len(bad)} exceed" if bad else "none exceeds")
    return int(bool(bad))


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000, tuple(sys.argv[2:])))
