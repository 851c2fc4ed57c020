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
from pathlib import Path
from typing import Any, Literal

import numpy as np
from attrs import evolve, frozen

from .._cases import Case, Failed
from .._components import Metric, Perturbation
from .._demand_list import DEMANDS
from .._demands import Demand
from .._plans import Priority, Specification
from .._verdicts import Verdict
from ..errors import PlanError
from ..judging._simulation import SEVERITIES, Setting, Simulated
from ..runs._report import Report
from ..verbs._compare import compare
from ..verbs._judge import judge
from ..verbs._run import run

__all__ = ["Experiments", "Setting", "demands", "exit_statuses", "simulate", "simulate_changes"]

CLOSE = 1e-9
LOST = 0.05
Losses = Literal["none", "random", "wrong"]

severity = Perturbation(
    name="simulated.severity",
    summary="Ask for the answer at a severity.",
    modality="text",
    factory=lambda rung: lambda text, /, *, seed: f"{text} {rung}",  # noqa: ARG005
    ladder=tuple({"rung": rung} for rung in range(1, 1 + SEVERITIES)),
)
score = Metric(
    name="simulated.score",
    summary="The score that the answer is.",
    factory=lambda: lambda targets, answers: [float(one) for one in answers],  # noqa: ARG005
    per_case=True,
)


def demands() -> tuple[str, ...]:
    """Name every demand that a priority may require."""
    return tuple(DEMANDS)


@frozen(eq=False)
class Experiments:
    """What came of many simulated experiments: each is a slice of one run, judged by itself.

    `passed` tells where a demand just missed passes, `failed` where one just met fails; both are
    wrong. `low` and `high` are the ends of the intervals, `estimates` the estimates, `truths` the
    true figures, and `cases` the cases that each verdict used.
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
) -> Experiments:
    """Draw experiments by the demand's generator, run them, and judge each.

    One setting is for all experiments; several take turns, so that sizes of clusters may differ
    from one experiment to the next. With `losses` one case in 20 has no answers: "random" ones, or
    those that are not answered as most are ("wrong"). A `sequential` experiment is a run of
    its own, which may stop early.

    Raises `PlanError` for a demand without a generator: what nobody can simulate, nobody can trust.
    """
    one = DEMANDS[demand] if isinstance(demand, str) else demand
    if one.generator is None:
        msg = f"the demand {one.name} has no generator of cases whose true figure is known"
        raise PlanError(msg)
    rng = np.random.default_rng(seed)
    generate = one.load("generator")
    given = [setting] if isinstance(setting, Setting) else list(setting)
    drawn: list[Simulated] = [generate(rng, given[at % len(given)]) for at in range(experiments)]
    lost = [_lost(rng, each, losses) for each in drawn]
    judged = partial(_judged, one, confidence=confidence, seed=seed, sequential=sequential)
    groups = [slice(at, at + 1) for at in range(experiments)] if sequential else [slice(None)]
    pairs = [pair for group in groups for pair in judged(drawn[group], lost[group])]
    missed, met = zip(*pairs, strict=True)
    ends = [each.interval or (-np.inf, np.inf) for each in missed]
    return Experiments(
        np.array([each.truth for each in drawn]),
        np.array([np.nan if each.estimate is None else each.estimate for each in missed]),
        np.array([low for low, _ in ends]),
        np.array([high for _, high in ends]),
        np.array([each.outcome == "pass" for each in missed]),
        np.array([each.demands[0].outcome == "fail" for each in met]),
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
    rng = np.random.default_rng(seed)
    generate = one.load("generator")
    drawn: list[Simulated] = [generate(rng, setting) for _ in range(demands * experiments)]
    with tempfile.TemporaryDirectory() as folder:
        earlier = _earlier_run(one, drawn, confidence, seed, folder)
        asked = _priorities(one, drawn, -1.0, confidence, earlier)
        report = _run(one, drawn, [()] * len(drawn), asked, seed)
        return np.array(
            [
                judge(_specification(one, asked[at : at + demands], seed), report).exit_status
                for at in range(0, len(drawn), demands)
            ]
        )


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


def _judged(
    demand: Demand,
    drawn: Sequence[Simulated],
    lost: Sequence[Iterable[int]],
    *,
    confidence: float,
    seed: int,
    sequential: bool,
) -> Iterator[tuple[Verdict, Verdict]]:
    """Run the experiments, and judge each where its demand is just missed and just met.

    When a sequential run stops depends on the threshold, so there is one for each.
    """
    with tempfile.TemporaryDirectory() as folder:
        earlier = _earlier_run(demand, drawn, confidence, seed, folder)
        report = None
        found = []
        for sign in (1.0, -1.0):
            asked = _priorities(demand, drawn, sign, confidence, earlier)
            if report is None or sequential:
                report = _run(demand, drawn, lost, asked, seed, sequential=sequential)
            found.append(judge(_specification(demand, asked, seed), report).verdicts)
    yield from zip(*found, strict=True)


def _cases(drawn: Sequence[Simulated], other: str = "") -> list[Case]:
    return [
        evolve(
            case,
            id=f"{at}/{other}{case.id}",
            input=f"{at}/{case.input}",
            groups={**case.groups, "experiment": at},
            cluster=f"{at}/{other}{case.cluster}",
        )
        for at, one in enumerate(drawn)
        for case in one.cases
    ]


def _priorities(
    demand: Demand, drawn: Sequence[Simulated], sign: float, confidence: float, earlier: str | None
) -> list[Priority]:
    """Ask for a little more than the truth (`sign` 1: just missed), or for a little less."""
    reference = {demand.earlier_run: earlier} if earlier and demand.earlier_run else {}
    better = -1.0 if demand.at_most else 1.0  # the simulated score is best at 1
    found = []
    for at, one in enumerate(drawn):
        threshold = one.truth + sign * better * CLOSE * max(1.0, abs(one.truth))
        settings = {**one.settings, **reference, demand.threshold: threshold}
        found.append(
            Priority(
                f"{at}",
                perturbations=[severity],
                where={"experiment": at},
                metric=score if demand.scored else None,
                require={demand.name: settings, "confidence": confidence},
            )
        )
    return found


def _specification(demand: Demand, asked: Sequence[Priority], seed: int) -> Specification:
    return Specification(f"simulated {demand.name}", priorities=asked, seed=seed)


def _earlier_run(
    demand: Demand, drawn: Sequence[Simulated], confidence: float, seed: int, folder: str
) -> str | None:
    """Run what is compared with, and give its directory; None where nothing is."""
    if drawn[0].earlier is None:
        return None
    earlier = str(Path(folder, "earlier"))
    asked = _priorities(demand, drawn, 1.0, confidence, earlier)
    before = [evolve(one, answers=one.earlier or ()) for one in drawn]
    _run(demand, before, [()] * len(drawn), asked, seed, to=earlier)
    return earlier


def _run(
    demand: Demand,
    drawn: Sequence[Simulated],
    lost: Sequence[Iterable[int]],
    asked: Sequence[Priority],
    seed: int,
    *,
    sequential: bool = False,
    to: str | None = None,
) -> Report:
    answers: dict[str, Sequence[Any]] = {}
    for at, (one, gone) in enumerate(zip(drawn, lost, strict=True)):
        rows = dict(enumerate(one.answers))
        rows |= {case: [Failed("lost")] * (1 + SEVERITIES) for case in gone}
        answers |= {f"{at}/{case.input}": rows[row] for row, case in enumerate(one.cases)}

    def model(inputs: Sequence[str]) -> list[Any]:
        each = (text.partition(" ") for text in inputs)
        return [answers[name][int(rung or 0)] for name, _, rung in each]

    model.identity = f"simulated {demand.name}"  # type: ignore[attr-defined]
    other = "other " if to and drawn[0].others else ""
    # Every case belongs to some slice, so one priority about all of them measures the same.
    whole = asked if sequential else [evolve(asked[0], where={})]
    return run(
        _specification(demand, whole, seed),
        model,
        _cases(drawn, other),
        to=to,
        stop="decided" if sequential else None,
        batch_size=1024,
    )


def simulate_changes(
    demand: str,
    before: Setting,
    after: Setting,
    *,
    experiments: int,
    seed: int,
    confidence: float = 0.95,
) -> tuple[Any, Any, float]:
    """Compare two models on the same cases, and give both ends of each change and the true one.

    The settings differ in `trouble` alone. A change is above zero where the second model is better.
    Experiments whose figure is undefined in either run are left out.
    """
    one = DEMANDS[demand]
    rng = np.random.default_rng(seed)
    generate = one.load("generator")
    first: list[Simulated] = [generate(rng, before) for _ in range(experiments)]
    second: list[Simulated] = [generate(rng, after) for _ in range(experiments)]
    with tempfile.TemporaryDirectory() as folder:
        earlier = _earlier_run(one, first, confidence, seed, folder)
        asked = _priorities(one, first, 1.0, confidence, earlier)
        reports = [_run(one, drawn, [()] * experiments, asked, seed) for drawn in (first, second)]
        specified = _specification(one, asked, seed)
        found = compare(*reports, specification=specified, confidence=confidence)
    low, high = np.array([each.interval for each in found.priorities]).T
    better = -1.0 if one.at_most else 1.0
    return low, high, better * (second[0].truth - first[0].truth)
