"""How often verdicts on a demand are wrong, against simulated cases whose true figure is known."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from attrs import evolve, frozen

from .._cases import Case
from .._components import Metric, Perturbation
from .._demands import Demand
from .._plans import Priority, Specification
from ..errors import PlanError
from ..judging._simulation import SEVERITIES, Simulated
from ..runs._report import Report
from ..verbs._judge import judge
from ..verbs._run import run

__all__ = ["Experiments", "simulate"]

CLOSE = 1e-9

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


@frozen(eq=False)
class Experiments:
    """What came of many simulated experiments: each is a slice of one run, judged by itself.

    `passed` tells where a demand just missed passes, `failed` where one just met fails; both are
    wrong. `low` and `high` are the ends of the intervals, `estimates` the estimates.
    """

    truth: float
    estimates: Any
    low: Any
    high: Any
    passed: Any
    failed: Any


def simulate(
    demand: Demand,
    *,
    experiments: int,
    sizes: Sequence[int],
    icc: float,
    trouble: float,
    seed: int,
    confidence: float = 0.95,
) -> Experiments:
    """Draw experiments by the demand's generator, run them all at once, and judge each.

    Raises `PlanError` for a demand without a generator: what nobody can simulate, nobody can trust.
    """
    if demand.generator is None:
        msg = f"the demand {demand.name} has no generator of cases whose true figure is known"
        raise PlanError(msg)
    rng = np.random.default_rng(seed)
    generate = demand.load("generator")
    drawn: list[Simulated] = [
        generate(rng, sizes=sizes, icc=icc, trouble=trouble) for _ in range(experiments)
    ]
    truth = drawn[0].truth
    with tempfile.TemporaryDirectory() as folder:
        earlier = str(Path(folder, "earlier")) if drawn[0].earlier else None
        if earlier:
            _run(demand, drawn, truth, confidence, seed, earlier, to=earlier)
        # What is met a little less than it must be, and a little more.
        off = CLOSE * max(1.0, abs(truth))
        better = _better(demand)
        specified, report = _run(demand, drawn, truth + better * off, confidence, seed, earlier)
        missed = judge(specified, report).verdicts
        met = _specification(demand, drawn, truth - better * off, confidence, seed, earlier)
        held = judge(met, report).verdicts
    ends = [one.interval or (-np.inf, np.inf) for one in missed]
    return Experiments(
        truth,
        np.array([np.nan if one.estimate is None else one.estimate for one in missed]),
        np.array([low for low, _ in ends]),
        np.array([high for _, high in ends]),
        np.array([one.outcome == "pass" for one in missed]),
        np.array([one.demands[0].outcome == "fail" for one in held]),
    )


def _better(demand: Demand) -> float:
    """Give the direction in which the figure gets better; the simulated score is best at 1."""
    return -1.0 if demand.at_most else 1.0


def _cases(drawn: Sequence[Simulated]) -> list[Case]:
    return [
        evolve(
            case,
            id=f"{at}/{case.id}",
            input=f"{at}/{case.input}",
            groups={**case.groups, "experiment": at},
            cluster=f"{at}/{case.cluster}",
        )
        for at, one in enumerate(drawn)
        for case in one.cases
    ]


def _specification(
    demand: Demand,
    drawn: Sequence[Simulated],
    threshold: float,
    confidence: float,
    seed: int,
    earlier: str | None,
) -> Specification:
    reference = {demand.earlier_run: earlier} if earlier and demand.earlier_run else {}
    return Specification(
        f"simulated {demand.name}",
        priorities=[
            Priority(
                f"{at}",
                perturbations=[severity],
                where={"experiment": at},
                metric=score if demand.scored else None,
                require={
                    demand.name: {**one.settings, **reference, demand.threshold: threshold},
                    "confidence": confidence,
                },
            )
            for at, one in enumerate(drawn)
        ],
        seed=seed,
    )


def _run(
    demand: Demand,
    drawn: Sequence[Simulated],
    threshold: float,
    confidence: float,
    seed: int,
    earlier: str | None,
    to: str | None = None,
) -> tuple[Specification, Report]:
    answers: dict[str, Sequence[Any]] = {}
    for at, one in enumerate(drawn):
        rows = one.earlier if to and one.earlier else one.answers
        answers |= {f"{at}/{case.input}": row for case, row in zip(one.cases, rows, strict=True)}

    def model(inputs: Sequence[str]) -> list[Any]:
        asked = (text.partition(" ") for text in inputs)
        return [answers[name][int(rung or 0)] for name, _, rung in asked]

    model.identity = f"simulated {demand.name}"  # type: ignore[attr-defined]
    specification = _specification(demand, drawn, threshold, confidence, seed, earlier)
    return specification, run(specification, model, _cases(drawn), to=to, batch_size=1024)
