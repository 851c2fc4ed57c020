"""What do verdicts cost beyond the run that they rest on? Processor time, in memory.

    python benchmarks/judging_speed.py                          2,400 cases, 20 priorities
    python benchmarks/judging_speed.py --cases 4800 --priorities 40

The same plan is run with `stop="decided"` and without; each priority has a group of the cases of
its own, a clean demand, a drop or agreement, some clustered. Every threshold is the model's own
figure, so that hardly any priority is decided before its last look. What stopping costs is the time
of the sequential run less that of the plain one for as many records; judging and comparing read
finished reports. Exits with 1 where stopping costs more than 1 s for 2,400 cases x 20 priorities.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from time import process_time
from typing import Any

from seatrial_metrics import accuracy

import seatrial as sea

LIMIT = 1.0
REQUIRED: tuple[dict[str, Any], ...] = (
    {"at_least": 0.85},
    {"max_drop": 0.1},
    {"min_agreement": 0.8},
    {"at_least": 0.85, "max_drop": 0.1},
)

noise = sea.Perturbation(
    name="bench.noise",
    summary="Add a letter.",
    modality="text",
    factory=lambda: lambda text, /, *, seed: f"{text}{'xyz'[seed % 3]}",
    ladder=({},),
)


def answers(texts: list[str]) -> list[str]:
    """Answer right in 85 % of the cases, and in 75 % of the perturbed ones."""
    return [
        "right"
        if sea.derive(0, text) % 100 < (75 if text[-1] in "xyz" else 85)  # a wrong one is "wrong"
        else "wrong"
        for text in texts
    ]


answers.identity = "bench"  # type: ignore[attr-defined]


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """Give a result with the processor time that it took."""
    before = process_time()
    found = work()
    return found, process_time() - before


def main() -> int:
    """Time them, print a table, and compare with the limit."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=2_400)
    parser.add_argument("--priorities", type=int, default=20)
    given = parser.parse_args()
    cases = [
        sea.Case(
            f"c{n:05}",
            f"question {n}",
            "right",
            {"part": str(n % given.priorities)},
            cluster=f"k{n // given.priorities // 3}" if n % given.priorities % 2 else None,
        )
        for n in range(given.cases)
    ]
    specification = sea.Specification(
        "speed",
        priorities=[
            sea.Priority(
                f"part {n}",
                where={"part": str(n)},
                perturbations=[noise],
                metric=accuracy(),
                require=REQUIRED[n % len(REQUIRED)],
            )
            for n in range(given.priorities)
        ],
        seed=7,
    )
    sea.judge(specification, sea.run(specification, answers, cases[:200]))  # imports, caches
    plain, run = timed(lambda: sea.run(specification, answers, cases))
    stopped, sequential = timed(lambda: sea.run(specification, answers, cases, stop="decided"))
    fraction = stopped.accounting.scored / plain.accounting.scored
    _, judged = timed(lambda: sea.judge(specification, plain))
    _, compared = timed(lambda: sea.compare(plain, plain, specification=specification))
    beyond = sequential - fraction * run
    print(f"run, {plain.accounting.scored:,} records        {run:6.2f} s")
    print(f"sequential run, {fraction:.0%} of them   {sequential:6.2f} s")
    print(f"stopping, beyond the run    {beyond:6.2f} s")
    print(f"judge                       {judged:6.2f} s")
    print(f"compare                     {compared:6.2f} s")
    per_pair = LIMIT * given.cases * given.priorities / (2_400 * 20)
    return 0 if beyond <= per_pair else 1


if __name__ == "__main__":
    sys.exit(main())
