"""Measure what the engine itself costs: all but perturbation, model and metric.

    python benchmarks/engine_overhead.py                 100,000 records, durable and in memory
    python benchmarks/engine_overhead.py --records 1000000

Each setting runs in a process of its own. The overhead is the wall-clock of `run` less that of the
same perturbations, model calls and scores in a bare loop in the same process; the processor's time
is given beside it, for machines that do something else meanwhile. Memory is the peak resident set
above what it was with everything imported and the cases made. Judging reads the finished report
from the start, as `seatrial judge` does, and a durable run is asked for once more when it is
finished, which only confirms it. Their bounds are those of 1,000,000 records.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter, process_time

import seatrial as sea
from seatrial.events import Progress

BATCH = 32
SEVERITIES = (1, 2, 3)
PERTURBATIONS = 3
VARIANTS = 1 + PERTURBATIONS * len(SEVERITIES)
BOUNDS = {
    "µs a record": 70.0,
    "µs a record, processor": 70.0,
    "MB above baseline": 250.0,
    "seconds to judge": 10.0,
    "seconds to confirm": 2.0,
}


def swap(count: int) -> Callable[..., str]:
    """Swap neighbouring letters, so many times."""

    def apply(text: str, /, *, seed: int) -> str:
        draw = random.Random(seed)
        letters = list(text)
        for _ in range(count):
            at = int(draw.random() * (len(letters) - 1))
            letters[at], letters[at + 1] = letters[at + 1], letters[at]
        return "".join(letters)

    return apply


def equal() -> Callable[..., list[float]]:
    """Score 1 for the answer that was wanted."""
    return lambda targets, answers: [float(t == a) for t, a in zip(targets, answers, strict=True)]


def bot(texts: Sequence[str]) -> list[str]:
    """Answer by a word."""
    return ["refund" if "money" in text else "other" for text in texts]


bot.identity = "bot 1"  # type: ignore[attr-defined]


def trial(records: int) -> tuple[sea.Specification, list[sea.Case]]:
    """Make the priorities and cases of one run."""
    perturbations = [
        sea.Perturbation(
            name=f"bench.swap-{index}",
            summary="Swap neighbouring letters.",
            modality="text",
            factory=swap,
            ladder=tuple({"count": count} for count in SEVERITIES),
        )
        for index in range(PERTURBATIONS)
    ]
    metric = sea.Metric(name="bench.equal", summary="Equal.", factory=equal, per_case=True)
    priorities = [
        sea.Priority(
            f"{use.name}: {demand}",
            perturbations=[use],
            metric=metric(),
            require={demand: threshold},
        )
        for use in perturbations
        for demand, threshold in (("max_drop", 0.5), ("at_least", 0.3), ("min_agreement", 0.3))
    ]
    specification = sea.Specification("overhead", priorities=priorities, seed=7)
    cases = [
        sea.Case(f"q{i}", f"please return my money for order {i}", "refund")
        for i in range(records // VARIANTS)
    ]
    return specification, cases


def bare(specification: sea.Specification, cases: Sequence[sea.Case]) -> None:
    """Do the same perturbations, model calls and scores without an engine."""
    plan = specification.plan()
    score = equal()
    for arm in plan.arms:
        apply = None if arm.use is None else arm.use.component.at(arm.severities[0])
        for at in range(0, len(cases), BATCH):
            some = cases[at : at + BATCH]
            inputs = [
                case.input
                if apply is None or arm.use is None
                else apply(case.input, seed=plan.seed)
                for case in some
            ]
            score([case.target for case in some], bot(inputs))


def clocks() -> tuple[float, float]:
    """Read the wall and this process's processor time."""
    return perf_counter(), process_time()


def resident() -> float:
    """Give the resident set of this process in MB."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    msg = "this system does not tell the resident set"
    raise OSError(msg)


def measure(records: int, durable: bool) -> dict[str, float]:
    """Run once in this process."""
    specification, cases = trial(records)
    small, few = trial(20 * VARIANTS)
    sea.judge(small, sea.run(small, bot, few))
    start = clocks()
    bare(specification, cases)
    raw = [end - begun for end, begun in zip(clocks(), start, strict=True)]
    before = resident()
    with tempfile.TemporaryDirectory() as folder:
        to = Path(folder, "run") if durable else None
        start = clocks()
        report = sea.run(specification, bot, cases, to=to)
        whole = [end - begun for end, begun in zip(clocks(), start, strict=True)]
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        begun = perf_counter()
        judged = sea.judge(specification, sea.Report.load(to) if to else report)
        judging = perf_counter() - begun
        told: list[Progress] = []
        begun = perf_counter()
        if to:
            sea.run(specification, bot, cases, to=to, observers=[told.append])
        confirming = perf_counter() - begun
        assert not any(event.measured for event in told)
    assert report.accounting.scored == len(cases) * VARIANTS
    assert len(judged.verdicts) == len(specification.priorities)
    return {
        "µs a record": (whole[0] - raw[0]) / report.accounting.planned * 1e6,
        "µs a record, processor": (whole[1] - raw[1]) / report.accounting.planned * 1e6,
        "MB above baseline": peak - before,
        "seconds to run": whole[0],
        "seconds to judge": judging,
        **({"seconds to confirm": confirming} if durable else {}),
        "MB above baseline, judged": (
            resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 - before
        ),
    }


def main() -> None:
    """Measure both settings, and print what they cost beside the bounds."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--one", choices=("durable", "memory"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(measure(options.records, options.one == "durable")))
        return
    for setting in ("durable", "memory"):
        command = [sys.executable, __file__, "--one", setting, "--records", str(options.records)]
        found = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
        print(f"{options.records:,} records, {setting}")
        for name, value in found.items():
            bound = f"   (bound {BOUNDS[name]:g})" if name in BOUNDS else ""
            print(f"  {name:28} {value:10.2f}{bound}")


if __name__ == "__main__":
    main()
