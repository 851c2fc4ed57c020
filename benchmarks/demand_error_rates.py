"""How often is a verdict wrong? Every demand, through `run` and `judge`, against simulated truth.

    python benchmarks/demand_error_rates.py RESULTS [--seeds 0:4] [--jobs 2] [--demands NAME ...]

Each demand brings a generator of cases whose true figure is known. Experiments are slices of one
run (a run of its own where it may stop early); each is judged with the threshold just beyond the
truth ("pass" is wrong) and just short of it ("fail" is wrong). Either may happen in at most 5 % of
experiments, plus three standard errors (the exact binomial's 99.87 %).

The grid: laws of cluster sizes, correlation within clusters, rarity of failures, scores with ties
and without, kinds of reference, answers lost at random or where the model is wrong, and the number
of looks: one, two, three or five at a run that grows (at every point of the planned grid; any wrong
verdict counts), each in a run of fixed size or one that stops when decided. Demands on the mean
score are also made of metrics of the whole set (macro F1, AUROC, calibration error).

Beside it, specifications of 20 demands that are all just met: exit status 1 is wrong. And
comparisons of two runs of the same cases: an interval that begins above the true change counts as a
false pass, one that ends below it as a false fail. Every seed runs the whole grid, 25 experiments a
setting.

RESULTS is a file to which a line is added for each setting and seed; what it has already is not run
again, so that a killed run goes on, and several may write files of their own seeds (then give all
with --also). Prints what was found by demand and by each property of the settings, and every
setting that exceeds; exits with 1 if anything does.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from itertools import product
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # the processes are as many as the cores

import attrs
import numpy as np
from scipy.stats import binom, norm

from seatrial.testing.simulation import (
    Setting,
    demands,
    exit_statuses,
    set_metrics,
    simulate,
    simulate_changes,
)

ALPHA, EXPERIMENTS, TOGETHER, SPECIFICATIONS, CLOSE = 0.05, 25, 20, 5, 1e-9
LAWS = ("single", "alike", "unequal", "lognormal", "half")
REFERENCES = ("corruption_error", "relative_corruption_error")
LOOKS = (2, 3, 5)
OF_SETS = {"at_least": ("macro F1", "AUROC"), "at_most": ("ECE",), "max_drop": set_metrics()}
Job = dict[str, Any]


def sizes_of(law: str, rng: np.random.Generator) -> tuple[int, ...]:
    """Give the sizes of the clusters of one experiment."""
    drawn = np.ceil(1.5 * rng.lognormal(0, 1, 30)).astype(int)
    return {
        "single": (1,) * 60,
        "alike": (3,) * 30,
        "unequal": (1, 2, 3, 4, 10) * 4,
        "lognormal": tuple(drawn.tolist()),
        "half": (1,) * 40 + (40,),
        "few": (2,) * 12,  # what is looked at first where cases are added
    }[law]


def grid(demand: str) -> Iterator[Job]:
    """List the settings of one demand."""
    base = {"demand": demand, "reference": "table", "looks": 1, "losses": "none"}
    for law, icc, trouble, ties in product(LAWS, (0.0, 0.5), (0.05, 0.4), (True, False)):
        if law != "single" or not icc:
            yield {**base, "law": law, "icc": icc, "trouble": trouble, "ties": ties}
    plain = {**base, "law": "alike", "ties": True}
    for icc, trouble in product((0.0, 0.5), (0.05, 0.4)):
        each = {**plain, "icc": icc, "trouble": trouble}
        yield {**each, "sequential": True}
        yield from ({**each, "losses": losses} for losses in ("random", "wrong"))
        if demand in REFERENCES:
            yield from ({**each, "reference": one} for one in ("same cases", "other cases"))
    for looks, sequential in product(LOOKS, (False, True)):
        each = {**base, "law": "few", "icc": 0.2, "trouble": 0.4, "ties": True, "looks": looks}
        yield {**each, "sequential": sequential}
    for metric in OF_SETS.get(demand, ()):
        for law, icc, trouble in product(("single", "unequal"), (0.0, 0.5), (0.05, 0.4)):
            if law != "single" or not icc:
                yield {**base, "of": metric, "law": law, "icc": icc, "trouble": trouble}
        for looks in LOOKS:
            each = {**base, "of": metric, "law": "few", "icc": 0.2, "trouble": 0.4}
            yield {**each, "looks": looks}


def exits() -> Iterator[Job]:
    """List the settings in which 20 demands are just met."""
    for demand, law, trouble in product(
        ("at_least", "max_drop", "worst_of"), ("single", "alike"), (0.05, 0.4)
    ):
        yield {"demand": "exit status", "of": demand, "law": law, "icc": 0.2, "trouble": trouble}


def comparisons(demand: str) -> Iterator[Job]:
    """List the settings in which the figure of a demand is compared between two runs."""
    each = {"demand": "comparison", "of": demand, "trouble": 0.4}
    for law, icc in (("single", 0.0), ("alike", 0.5), ("unequal", 0.5)):
        yield {**each, "law": law, "icc": icc}
        if demand in REFERENCES:
            yield {**each, "law": law, "icc": icc, "reference": "same cases"}


def work(job: Job, seed: int) -> Job:
    """Simulate one setting with one seed, and count what was wrong."""
    number = random.Random(f"{sorted(job.items())} {seed}").getrandbits(32)
    rng = np.random.default_rng(number)
    settings = [
        Setting(
            sizes=sizes_of(job["law"], rng),
            icc=job["icc"],
            trouble=job["trouble"],
            ties=job.get("ties", True),
            reference=job.get("reference", "table"),
        )
        for _ in range(EXPERIMENTS)
    ]
    if job["demand"] == "exit status":
        found = exit_statuses(
            job["of"],
            settings[0],
            demands=TOGETHER,
            experiments=SPECIFICATIONS,
            seed=number,
        )
        return {
            **job,
            "seed": seed,
            "n": len(found),
            "passed": 0,
            "failed": int((found == 1).sum()),
        }
    if job["demand"] == "comparison":
        other = attrs.evolve(settings[0], trouble=settings[0].trouble / 2)
        low, high, truth = simulate_changes(
            job["of"], settings[0], other, experiments=EXPERIMENTS, seed=number
        )
        above, below = (low > truth + CLOSE).sum(), (high < truth - CLOSE).sum()
        return {**job, "seed": seed, "n": len(low), "passed": int(above), "failed": int(below)}
    found = simulate(
        job["demand"],
        settings,
        experiments=EXPERIMENTS,
        seed=number,
        losses=job["losses"],
        sequential=job.get("sequential", False),
        looks=job["looks"],
        set_metric=job.get("of"),
    )
    wrong = {"passed": int(found.passed.sum()), "failed": int(found.failed.sum())}
    return {**job, "seed": seed, "n": EXPERIMENTS, **wrong}


def allowed(n: int) -> int:
    """Give the largest count of errors that is no more than 5 % by three standard errors."""
    return int(binom.isf(norm.sf(3), n, ALPHA))


def summary(rows: list[Job]) -> int:
    """Print the rates by demand and by property, and what exceeds; give how many do."""
    properties = ("demand", "law", "icc", "trouble", "ties", "reference", "looks", "losses")
    by: dict[str, list[Job]] = defaultdict(list)
    for row in rows:
        by[f"setting {key_of({**row, 'seed': 'all'})}"].append(row)
        if row["demand"] in ("comparison", "exit status") or "of" in row:
            by[f"{row['demand']} of {row['of']}"].append(row)
            continue
        for name in properties:
            by[f"{name} = {row[name]}"].append(row)
        if row["law"] == "few":
            kind = "until decided" if row["sequential"] else "fixed"
            by[f"{row['looks']} looks, {kind}"].append(row)
    exceeding, settings, worst = 0, 0, -np.inf
    print(f"{'':44s}{'experiments':>12s}{'false pass':>12s}{'false fail':>12s}{'allowed':>9s}")
    for name, some in sorted(by.items()):
        n, passed, failed = (sum(row[key] for row in some) for key in ("n", "passed", "failed"))
        exceeds = max(passed, failed) > allowed(n)
        exceeding += exceeds
        single = name.startswith("setting ")
        settings += single
        if not single:
            worst = max(worst, (max(passed, failed) / n - ALPHA) / np.sqrt(ALPHA * (1 - ALPHA) / n))
        if exceeds or not single:
            flag = "  <- exceeds" if exceeds else ""
            rates = f"{n:12,}{passed / n:12.4f}{failed / n:12.4f}{allowed(n) / n:9.4f}"
            print(f"{name:44s}{rates}{flag}")
    total = sum(row["n"] for row in rows)
    print(f"{total:,} experiments in {settings:,} settings; {exceeding or 'none'} exceed; ", end="")
    print(f"the largest standardised excess over a demand or property is {worst:+.2f}")
    return exceeding


def key_of(row: Job) -> str:
    """Name the setting and seed of a row, whatever came of it."""
    asked = {key: value for key, value in row.items() if key not in ("n", "passed", "failed")}
    return json.dumps(asked, sort_keys=True)


def read(path: Path) -> list[Job]:
    """Read the lines of a file of results, if there is one."""
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def main() -> int:
    """Run what is missing, and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("results", type=Path)
    parser.add_argument("--demands", nargs="*", default=(), help="by default all of them")
    parser.add_argument("--seeds", default="0:4", help="first:last, the last not included")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--also", type=Path, nargs="*", default=(), help="more files of results")
    args = parser.parse_args()
    first, last = map(int, args.seeds.split(":"))
    names = args.demands or (*demands(), "exit status")
    jobs = list(exits()) if "exit status" in names else []
    for name in names:
        jobs += [] if name == "exit status" else [*grid(name), *comparisons(name)]
    random.Random(0).shuffle(jobs)  # a run that is cut off has seen a bit of everything
    rows = read(args.results)
    done = {key_of(row) for row in rows}
    missing = [
        (job, seed)
        for seed in range(first, last)
        for job in jobs
        if key_of({**job, "seed": seed}) not in done
    ]
    with ProcessPoolExecutor(args.jobs) as pool, args.results.open("a", encoding="utf-8") as out:
        for future in as_completed([pool.submit(work, *one) for one in missing]):
            rows.append(future.result())
            print(json.dumps(rows[-1]), file=out, flush=True)
    return int(bool(summary([*rows, *(row for path in args.also for row in read(path))])))


if __name__ == "__main__":
    sys.exit(main())
