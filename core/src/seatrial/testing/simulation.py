"""How often verdicts on a demand are wrong, against simulated cases whose true figure is known.

    from seatrial.testing.simulation import Setting, simulate

    found = simulate("max_drop", Setting(sizes=(3,) * 30, icc=0.5), experiments=100, seed=1)
    print(found.passed.mean(), found.failed.mean())       # each wrong in at most 5 % of experiments

Every demand has a generator of cases. What is simulated is what runs: cases go through `run` and
`judge`, many experiments as slices of one run.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from math import ceil
from pathlib import Path
from typing import Any, Literal

import numpy as np
from attrs import evolve, frozen

from .._demand_list import DEMANDS
from .._demands import Demand
from .._values import did_you_mean
from .._verdicts import Verdict
from ..errors import PlanError
from ..judging._simulation import Setting, Simulated
from ..statistics import planned_looks
from ..verbs._compare import compare
from ..verbs._judge import judge
from ._simulated_runs import Trials, clusters_of, just_beyond
from ._simulated_sets import SET_METRICS

__all__ = [
    "Experiments",
    "Setting",
    "demands",
    "exit_statuses",
    "set_metrics",
    "simulate",
    "simulate_advice",
    "simulate_changes",
]

LOST = 0.05
Losses = Literal["none", "random", "wrong"]


def demands() -> tuple[str, ...]:
    """Name every demand that a priority may require."""
    return tuple(DEMANDS)


def set_metrics() -> tuple[str, ...]:
    """Name the metrics of the whole set on which a demand can be simulated."""
    return tuple(SET_METRICS)


@frozen(eq=False)
class Experiments:
    """What came of many simulated experiments: each is a slice of one run, judged by itself.

    `passed` tells where a demand just missed passes, `failed` where one just met fails, at any look
    that is taken; both are wrong. `low` and `high` are the ends of the intervals, `estimates` the
    estimates, `truths` the true figures, and `cases` the cases that each verdict used, all at the
    last look.
    """

    truths: Any
    estimates: Any
    low: Any
    high: Any
    passed: Any
    failed: Any
    cases: Any


def simulate(
    demand: str | Demand,
    setting: Setting | Iterable[Setting],
    *,
    experiments: int,
    seed: int,
    confidence: float = 0.95,
    losses: Losses = "none",
    sequential: bool = False,
    looks: int = 1,
    set_metric: str | None = None,
) -> Experiments:
    """Draw experiments by the demand's generator, run them, and judge each.

    One setting is for all experiments; several take turns, so that sizes of clusters may differ
    from one experiment to the next. With `losses` one case in 20 has no answers: "random" ones, or
    those that are not answered as most are ("wrong"). A `sequential` experiment is a run of
    its own, which may stop early.

    With `looks` above 1, so many are planned. A run of the clusters of the setting is judged first;
    then clusters are added in the same directory, up to `2 ** (looks - 1)` times as many, and the
    run is judged again at each point of the grid (see `statistics.planned_looks`).

    `set_metric` (see `set_metrics`) is what the demand is about, in place of a score of each case.

    Raises `PlanError` for a demand without a generator: what nobody can simulate, nobody can trust.
    """
    one = DEMANDS[demand] if isinstance(demand, str) else demand
    generate = _generator(one, set_metric)
    rng = np.random.default_rng(seed)
    given = [setting] if isinstance(setting, Setting) else list(setting)
    grown = [evolve(each, sizes=each.sizes * 2 ** (looks - 1)) for each in given]
    drawn: list[Simulated] = [generate(rng, grown[at % len(given)]) for at in range(experiments)]
    lost = [_lost(rng, each, losses) for each in drawn]
    trials = partial(
        Trials, one, seed=seed, confidence=confidence, looks=looks, sequential=sequential
    )
    groups = [slice(at, at + 1) for at in range(experiments)] if sequential else [slice(None)]
    judged = [pair for group in groups for pair in _judged(trials(drawn[group], lost=lost[group]))]
    missed = [looked[-1] for looked, _ in judged]
    ends = [each.interval or (-np.inf, np.inf) for each in missed]
    return Experiments(
        np.array([each.truth for each in drawn]),
        np.array([np.nan if each.estimate is None else each.estimate for each in missed]),
        np.array([low for low, _ in ends]),
        np.array([high for _, high in ends]),
        np.array([any(each.outcome == "pass" for each in looked) for looked, _ in judged]),
        np.array(
            [any(each.demands[0].outcome == "fail" for each in looked) for _, looked in judged]
        ),
        np.array([each.cases_used for each in missed]),
    )


def exit_statuses(
    demand: str,
    setting: Setting,
    *,
    demands: int,
    experiments: int,
    seed: int,
    confidence: float = 0.95,
) -> Any:
    """Give the exit status of specifications of so many demands, each just met.

    Status 1 claims that not every demand is met, which is wrong for all of them.
    """
    one = DEMANDS[demand]
    rng, generate = np.random.default_rng(seed), _generator(one, None)
    drawn = [generate(rng, setting) for _ in range(demands * experiments)]
    with tempfile.TemporaryDirectory() as folder:
        trials = Trials(one, drawn, seed, confidence).with_earlier_run(folder)
        thresholds = just_beyond(one, drawn, -1.0)
        asked, report = trials.specification(thresholds), trials.run(thresholds)
        each = asked.priorities
        return np.array(
            [
                judge(evolve(asked, priorities=each[at : at + demands]), report).exit_status
                for at in range(0, len(drawn), demands)
            ]
        )


def simulate_changes(
    demand: str,
    before: Setting,
    after: Setting,
    *,
    experiments: int,
    seed: int,
    confidence: float = 0.95,
    set_metric: str | None = None,
) -> tuple[Any, Any, float]:
    """Compare two models on the same cases, and give both ends of each change and the true one.

    The settings differ in `trouble` alone; an earlier run that both are compared with has that of
    the first. A change is above zero where the second model is better.
    Experiments whose figure is undefined in either run are left out.
    """
    one = DEMANDS[demand]
    generate = _generator(one, set_metric)
    rng = np.random.default_rng(seed)
    before, after = (evolve(one, earlier_trouble=before.trouble) for one in (before, after))
    first = [generate(rng, before) for _ in range(experiments)]
    if set_metric is not None:  # targets are drawn too, and must be the same
        rng = np.random.default_rng(seed)
    second = [generate(rng, after) for _ in range(experiments)]
    with tempfile.TemporaryDirectory() as folder:
        trials = Trials(one, first, seed, confidence).with_earlier_run(folder)
        thresholds = just_beyond(one, first, -1.0)
        reports = [evolve(trials, drawn=drawn).run(thresholds) for drawn in (first, second)]
        asked = trials.specification(thresholds)
        found = compare(*reports, specification=asked, confidence=confidence)
    low, high = np.array([each.interval for each in found.priorities]).T
    better = -1.0 if one.at_most else 1.0
    return low, high, better * (second[0].truth - first[0].truth)


def simulate_advice(
    demand: str,
    setting: Setting,
    *,
    threshold: float,
    truths: Sequence[float],
    seed: int,
    looks: int = 1,
    confidence: float = 0.95,
) -> tuple[Any, Any]:
    """Follow the advice of undecided verdicts: give its probabilities, and whether it came true.

    There is an experiment for each true figure, which must be linear in `Setting.trouble`. Where
    looks are left, the advised cases are added to the run; else they are those of a new run.
    """
    one = DEMANDS[demand]
    generate, rng = _generator(one, None), np.random.default_rng(seed)
    ends = [generate(rng, evolve(setting, trouble=each)).truth for each in (0.0, 1.0)]
    settings = [
        evolve(setting, trouble=(truth - ends[0]) / (ends[1] - ends[0])) for truth in truths
    ]
    sizes = setting.sizes * 2 ** (looks - 1)
    drawn = [generate(rng, evolve(each, sizes=sizes)) for each in settings]
    thresholds, first = [threshold] * len(drawn), [len(setting.sizes)] * len(drawn)
    with tempfile.TemporaryDirectory() as folder:
        trials = Trials(one, drawn, seed, confidence, looks=looks)
        asked, to = trials.specification(thresholds), str(Path(folder, "run"))
        told = judge(asked, trials.run(thresholds, clusters=first, to=to)).verdicts
        advised = [at for at, each in enumerate(told) if each.demands[0].probability is not None]
        if not advised:
            return np.empty(0), np.empty(0, dtype=bool)
        more = {at: ceil((told[at].cases_needed or 0) / np.mean(setting.sizes)) for at in advised}
        if looks == 1:
            times = ceil(max(more.values()) / len(setting.sizes))
            larger = [evolve(settings[at], sizes=setting.sizes * times) for at in advised]
            trials = evolve(trials, drawn=[generate(rng, each) for each in larger])
            asked = trials.specification(thresholds[: len(larger)])
            report = trials.run(thresholds[: len(larger)], clusters=[*more.values()])
            judged = judge(asked, report).verdicts
        else:
            until = [len(setting.sizes) + more.get(at, 0) for at in range(len(drawn))]
            report = trials.run(thresholds, clusters=until, to=to)
            every = judge(asked, report).verdicts
            judged = tuple(every[at] for at in advised)
    probabilities = [told[at].demands[0].probability for at in advised]
    decided = [each.demands[0].outcome in ("pass", "fail") for each in judged]
    return np.array(probabilities), np.array(decided)


def _generator(demand: Demand, set_metric: str | None) -> Any:
    """Give the function that draws experiments of a demand."""
    if demand.generator is None:
        msg = f"the demand {demand.name} has no generator of cases whose true figure is known"
        raise PlanError(msg)
    if set_metric is None:
        return demand.load("generator")
    if set_metric not in SET_METRICS:
        hint = did_you_mean(set_metric, SET_METRICS) or f"; there are {', '.join(SET_METRICS)}"
        msg = f"no cases can be simulated for the metric {set_metric!r}{hint}"
        raise PlanError(msg)
    if not demand.set_metric:
        msg = f"the demand {demand.name} needs a score of each case, unlike {set_metric}"
        raise PlanError(msg)
    return partial(SET_METRICS[set_metric], drop=demand.paired)


def _lost(rng: np.random.Generator, drawn: Simulated, losses: Losses) -> frozenset[int]:
    """Choose cases that get no answer: any, or those whose answers are not the usual ones."""
    if losses == "none":
        return frozenset()
    cases = len(drawn.cases)
    order = rng.permutation(cases).tolist()
    if losses == "wrong":
        rows = [repr(row) for row in drawn.answers]
        ((usual, _),) = Counter(rows).most_common(1)
        order = sorted(order, key=lambda at: rows[at] == usual)
    return frozenset(order[: max(1, round(LOST * cases))])


def _judged(trials: Trials) -> Iterator[tuple[list[Verdict], list[Verdict]]]:
    """Run the experiments, and give of each the verdicts at every look, just missed and just met.

    When a sequential run stops depends on the threshold, so there is one for each.
    """
    every = clusters_of(trials.drawn)
    grids = [planned_looks(one // 2 ** (trials.looks - 1), trials.looks).sizes for one in every]
    stages = max(map(len, grids))
    found: list[list[tuple[Verdict, ...]]] = [[], []]
    with tempfile.TemporaryDirectory() as folder:
        trials = trials.with_earlier_run(folder)
        thresholds = [just_beyond(trials.demand, trials.drawn, sign) for sign in (1.0, -1.0)]
        for stage in range(stages):
            clusters = [int(grid[min(stage, len(grid) - 1)]) for grid in grids]
            report = None
            for at, asked in enumerate(thresholds):
                if report is None or trials.sequential:
                    name = f"run {at}" if trials.sequential else "run"
                    to = str(Path(folder, name)) if stages > 1 else None
                    report = trials.run(asked, clusters=clusters, to=to)
                found[at].append(judge(trials.specification(asked), report).verdicts)
    for missed, met in zip(zip(*found[0], strict=True), zip(*found[1], strict=True), strict=True):
        yield list(missed), list(met)
