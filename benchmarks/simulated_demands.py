"""Simulated truth for demands that are no plain rate, mean, drop, area or group.

`verdict_error_rates.py` runs what is here; this module also has the tools that both share. The
code that bounds a figure is the code that judges a run: each family calls it on drawn answers.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt
from attrs import evolve

from seatrial import Case
from seatrial._requirements import REQUIREMENTS
from seatrial.errors import PlanError
from seatrial.judging._bounds import BOUNDS, falls_of
from seatrial.judging._estimands import FIGURES
from seatrial.judging._sample import Evidence, Reading
from seatrial.statistics import mean_of_ratios, proportion
from seatrial.statistics._gaffke import bounds_of_means
from seatrial.statistics._sequential import last_look, log_stake

CONFIDENCE, ALPHA, NEAR = 0.95, 0.05, 0.02
SIZE, TINY, BATCH, RESAMPLES = 4, 1e-9, 500, 1_000
Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
Ends = tuple[Floats, Floats]
Job = partial[Floats]

ANSWERS = np.array(
    [  # right when clean, then at severities 1 to 3; and how often among cases with any trouble
        [1, 1, 1, 0, 0.30],
        [1, 1, 0, 0, 0.20],
        [1, 0, 0, 0, 0.10],
        [1, 0, 1, 1, 0.10],
        [0, 0, 0, 0, 0.15],
        [0, 1, 1, 1, 0.05],
        [0, 0, 1, 0, 0.10],
    ]
)
FIGURED = {
    "worst_of": {"threshold": 0.5},
    "stable_instances": {"at_least": 0.5},
    "weighted_mean": {"threshold": 0.5},
    "weighted_drop": {"at_most": 0.5},
    "attack_success": {"at_most": 0.5, "distance": 0.25},
    "corruption_error": {"at_most": 0.5, "reference": {"blur": 0.5}},
    "relative_corruption_error": {"at_most": 0.5, "reference": {"blur": 0.5, "clean": 0.1}},
}


def rates(shape: tuple[int, int], rate: Any, icc: float, rng: np.random.Generator) -> Floats:
    """Draw sums of clusters of 0/1 scores: beta-binomial."""
    spread = 1 / icc - 1 if icc else 0
    chance = rng.beta(rate * spread, (1 - rate) * spread, shape) if icc else rate
    return rng.binomial(SIZE, chance, shape).astype(float)


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
    """Bound each experiment's mean."""
    return bounds_of_means(sums, np.full(sums.shape, float(SIZE)), bounds, confidence)


def wrong(low: Floats, high: Floats, truth: float, near: float = NEAR) -> Floats:
    """Give the shares of false passes and fails at the truth, and beyond it."""
    passes = (low >= truth + TINY).mean(), (low >= truth + near).mean()
    fails = (high < truth - TINY).mean(), (high < truth - near).mean()
    return np.array([*passes, *fails])


def wrong_looking(
    sums: Floats, sizes: Floats, bounds: tuple[float, float], truth: float, last: Ends
) -> Floats:
    """Give the same shares if one looks after every cluster, and at `last` when all are measured.

    `last` has the confidence of `last_look`.
    """
    needed = -np.log(ALPHA - (1 - last_look(CONFIDENCE)))
    lowest, highest = bounds
    shares = []
    for sign, off in ((1, TINY), (1, NEAR), (-1, -TINY), (-1, -NEAR)):
        threshold = truth + off
        gains = sign * (sums - threshold * sizes)
        room = SIZE * (threshold - lowest if sign > 0 else highest - threshold)
        early = [
            log_stake(gains[at : at + BATCH], room).max(axis=1) >= needed
            for at in range(0, len(sums), BATCH)
        ]
        late = last[0] >= threshold if sign > 0 else last[1] < threshold
        shares.append((np.concatenate(early) | late).mean())
    return np.array(shares)


def evidence_of(clean: Floats, variants: Floats, cases: tuple[Case, ...] = ()) -> Evidence:
    """Say that cases have these scores, 0 or 1, clean and under severities from 1 up of a blur."""
    known = np.zeros(variants.shape, dtype=bool)
    severities = range(1, variants.shape[1] + 1)
    return Evidence(
        None,
        cases,
        tuple(("blur", one) for one in severities),
        Reading(clean, known[:, 0], known[:, 0]),
        Reading(variants, known, known),
        np.tile([one / 10 for one in severities], (len(clean), 1)),
        np.arange(len(clean)),
        (0.0, 1.0),
        better=True,
    )


def figures(
    name: str, clusters: int, icc: float, trouble: float, runs: int, seed: int, *, early: bool
) -> Floats:
    """Bound a mean over cases of what `FIGURES` makes of each case's answers.

    Every case has one of a few patterns of answers, so that the truth is a finite sum. A case whose
    pattern does not count, as one that is wrong when clean is not attacked, is in no cluster.
    """
    answers = np.vstack([[1, 1, 1, 1, 1 / trouble - 1], ANSWERS]) * ([1] * 4 + [trouble])
    patterns = evidence_of(answers[:, 0], answers[:, 1:4], tuple(map(_case, range(len(answers)))))
    figure = FIGURES[name](patterns, FIGURED[name])
    chances, counts = answers[:, 4], np.zeros(len(answers))
    values = np.zeros(len(answers))
    values[figure.clusters], counts[figure.clusters] = figure.values, 1
    truth = float(chances @ values / (chances @ counts))
    uniform = alike((runs, clusters), icc, np.random.default_rng(seed))
    drawn = np.searchsorted(chances.cumsum()[:-1], uniform, side="right")
    sums, sizes = values[drawn].sum(axis=-1), counts[drawn].sum(axis=-1)
    low, high = figure.bounds
    if REQUIREMENTS[name].ceiling:  # what is worse when higher is better when turned round
        sums, truth = (low + high) * sizes - sums, low + high - truth
    confidence = last_look(CONFIDENCE) if early else CONFIDENCE
    ends = (
        ends_of_rates(sums, sizes, confidence)
        if figure.shares
        else ends_of_means(sums, (low, high), confidence)
    )
    return wrong_looking(sums, sizes, (low, high), truth, ends) if early else wrong(*ends, truth)


def _case(at: int, target: str = "well") -> Case:
    return Case(str(at), "", target=target)


def slopes(
    design: str, clusters: int, icc: float, fall: float, runs: int, seed: int, years: int = 5
) -> Floats:
    """Bound the yearly fall of a rate from .95; a cluster is of one year, or its cases are not."""
    rng = np.random.default_rng(seed)
    often = np.array([0.6, 0.2, 0.1, 0.05, 0.05]) if design == "skewed" else np.full(years, 0.2)
    shape = (runs, clusters, SIZE if design == "mixed" else 1)
    when = np.broadcast_to(rng.choice(years, shape, p=often), (runs, clusters, SIZE)) * 1.0
    right = (alike((runs, clusters), icc, rng) < 0.95 - fall * when) * 1.0
    sums, steepest = np.empty((runs, clusters)), np.ones(runs)
    for run in range(runs):
        if np.ptp(when[run]) == 0:  # one window has no slope: no verdict
            sums[run] = 0
            continue
        falls, steepest[run] = falls_of(right[run].ravel(), when[run].ravel(), 1.0)
        sums[run] = falls.reshape(clusters, SIZE).sum(axis=1) / steepest[run]
    low, high = ends_of_means(sums, (-1, 1), CONFIDENCE)
    return wrong(-high * steepest, -low * steepest, -fall)


def cascades(clusters: int, icc: float, lost: float, ratio: float, runs: int, seed: int) -> Floats:
    """Bound how many times as much a pipeline drops as its component.

    The component loses `lost` of the cases and gains a quarter as many; half of what happens to the
    pipeline's cases is what happens to the component's.
    """
    rng = np.random.default_rng(seed)
    drop = lost * 3 / 4
    first, other = alike((2, runs, clusters), icc, rng)
    second = np.where(alike((runs, clusters), icc, rng) < 1 / 2, first, other)
    gained = lost / 4
    theirs = ((first < lost) * 1.0 - (first > 1 - gained)).sum(axis=-1)
    ours = ((second < ratio * drop + gained) * 1.0 - (second > 1 - gained)).sum(axis=-1)
    low, high = np.full(runs, -np.inf), np.full(runs, np.inf)
    for run in np.flatnonzero(theirs.sum(axis=1) > 0):  # no verdict where the component gains
        low[run], high[run] = mean_of_ratios(
            ours[run][:, None] / SIZE,
            theirs[run][:, None] / SIZE,
            None,
            CONFIDENCE,
            bounds=(-1, 1),
            seed=int(run),
            resamples=RESAMPLES,
        ).ends
    return wrong(-high, -low, -ratio)


def predictive_values(
    clusters: int, icc: float, accuracy: tuple[float, float], runs: int, seed: int, *, apart: bool
) -> Floats:
    """Bound the predictive value at prevalences of .1 and .3; clusters are of one kind or mixed."""
    sensitivity, specificity = accuracy
    each = np.arange(clusters)[:, None]
    ill = (each % 2 + 0 * np.arange(SIZE) == 0 if apart else np.arange(SIZE) <= each % 3).ravel()
    cases = tuple(_case(at, "ill" if one else "well") for at, one in enumerate(ill))
    blank = np.zeros((len(ill), 1))
    labels = np.repeat(np.arange(clusters), SIZE)
    evidence = evolve(evidence_of(blank[:, 0], blank, cases), clusters=labels)
    uniform = alike((runs, clusters), icc, np.random.default_rng(seed)).reshape(runs, -1)
    right = (uniform < np.where(ill, sensitivity, specificity)) * 1.0
    settings = {"positive": "ill", "prevalence": (0.3, 0.1)}
    low, high = np.zeros(runs), np.ones(runs)
    for run in range(runs):
        told = evolve(evidence.variants, values=right[run][:, None])
        drawn = evolve(evidence, variants=told)
        try:
            found = BOUNDS["ppv_at"](None, drawn, settings, CONFIDENCE, 0)
        except PlanError:  # nothing was flagged: no verdict
            continue
        low[run], high[run] = found.interval.ends
    truth = 0.1 * sensitivity / (0.1 * sensitivity + 0.9 * (1 - specificity))
    return wrong(low, high, truth)


def settings_of_demands() -> Iterator[tuple[str, Job]]:
    """Name every setting of these families with the function that simulates it."""
    few = product((0.4, 0.05), (5, 30), (0.1, 0.5))
    for name, (trouble, n, icc), early in product(FIGURED, (*few, (0.4, 300, 0.5)), (False, True)):
        where = f"{name.replace('relative_', 'rel_')} {trouble:<4g} ICC {icc:<3g} {n:3d} clusters"
        kind = "sequential" if early else "fixed"
        yield f"{kind:11s} {where}", partial(figures, name, n, icc, trouble, early=early)
    for (design, fall), n, icc in product(
        (("even", 0.0), ("even", 0.1), ("skewed", 0.05), ("mixed", 0.1)),
        (10, 30, 100, 300),
        (0.0, 0.1, 0.5),
    ):
        where = f"{design:6s} {fall:<4g} ICC {icc:<3g} {n:3d} clusters"
        yield f"slope       {where}", partial(slopes, design, n, icc, fall)
    for (lost, ratio), n, icc in product(
        ((0.2, 1.0), (0.2, 2.0), (0.6, 1.5)), (10, 30, 100, 300), (0.0, 0.1, 0.5)
    ):
        where = f"{ratio:g} times {0.75 * lost:<4g} ICC {icc:<3g} {n:3d} clusters"
        yield f"cascade     {where}", partial(cascades, n, icc, lost, ratio)
    for (accuracy, apart), n, icc in product(
        (((0.9, 0.9), False), ((0.9, 0.9), True), ((0.8, 0.98), True)),
        (10, 30, 100),
        (0.0, 0.1, 0.5),
    ):
        kind = "apart" if apart else "mixed"
        where = f"{accuracy[0]:g} and {accuracy[1]:<4g} {kind} ICC {icc:<3g} {n:3d} clusters"
        yield f"ppv         {where}", partial(predictive_values, n, icc, accuracy, apart=apart)
