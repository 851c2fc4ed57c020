"""Which of two steps comes first, from real headlines: frozen encoders against simple baselines.

    python benchmarks/order_wikihow.py ordering_annotations_1000.csv

The file is that of Zhang, Lyu and Callison-Burch (github.com/zharry29/wikihow-goal-step); articles
that annotators judged to have an order are used, at most six pairs of each. Five folds over whole
articles: every pair is answered by a model that saw no step of its article. Prints accuracy with a
two-sided 90 % interval over articles, McNemar's test by article against the lexical baseline, and
how often the paper's linear head turns its answer round when the steps are swapped.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import seatrial_order as order

import seatrial as sea
from seatrial.kit import answer_of

FOLDS = 5
FAR = 5  # beyond this distance there are few pairs
SEED = 1
HALF = 0.5

Answer = Callable[[Sequence[Any]], Sequence[Any]]
Train = Callable[[Sequence[sea.Case]], Answer]


def majority(train: Sequence[sea.Case]) -> Answer:
    """Give the commoner label: half of the pairs are in order."""
    said = int(np.mean([case.target for case in train]) >= HALF)
    return lambda inputs: [said] * len(inputs)


def length(train: Sequence[sea.Case]) -> Answer:
    """Learn whether shorter headlines come first."""

    def shorter(value: Any) -> int:
        return int(len(value["headline_1"]) < len(value["headline_2"]))

    turned = np.mean([shorter(one.input) == one.target for one in train]) < HALF
    return lambda inputs: [shorter(one) ^ int(turned) for one in inputs]


def head(towers: Any, **options: Any) -> Train:
    """Train a head on frozen towers."""
    adapt = order.fuse(**options).build()
    return lambda train: adapt(towers, train, seed=SEED, work=None)


def folded(cases: Sequence[sea.Case], train: Train) -> tuple[list[int], list[bool]]:
    """Answer every pair by a model of the other folds, as shown and swapped."""
    names = sorted({case.cluster or "" for case in cases})
    draw = np.random.default_rng(SEED).permutation(len(names)) % FOLDS
    fold = dict(zip(names, draw.tolist(), strict=True))
    said = [0] * len(cases)
    opposite = [False] * len(cases)
    for one in range(FOLDS):
        rows = [at for at, case in enumerate(cases) if fold[case.cluster or ""] == one]
        model = train([case for case in cases if fold[case.cluster or ""] != one])
        asked = [cases[at] for at in rows]
        shown = [answer_of(a).value for a in model([case.input for case in asked])]
        turned = [answer_of(a).value for a in model([c.input for c in order.swapped(asked)])]
        for at, first, second in zip(rows, shown, turned, strict=True):
            said[at], opposite[at] = first, first != second
    return said, opposite


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("csv")
    parser.add_argument("--limit", type=int, default=None, help="use so many articles only")
    given = parser.parse_args()
    read = order.goal_step_csv(given.csv)
    found = order.filtered(read, images=False)
    print(f"{len(read)} articles with an order, {len(found.kept)} kept; dropped: {found.dropped}")
    pairs = order.sample_pairs(found.kept[: given.limit], per_article=6, seed=SEED)
    cases = order.cases_of(pairs)
    print(f"{len(cases)} pairs of {len({case.cluster for case in cases})} articles")

    from seatrial_transformers import minilm

    hashed, encoder = order.Hashed(), minilm()
    small = order.Cached(encoder, hashed)
    models: dict[str, Train] = {
        "majority": majority,
        "length": length,
        "lexical (hashed words)": head(hashed, modality="text", hidden=0),
        "title only (MiniLM, linear)": head(small, modality="title", head="linear"),
        "MiniLM, antisymmetric": head(small, modality="text", hidden=32),
        "MiniLM, antisymmetric, no hidden units": head(small, modality="text", hidden=0),
        "MiniLM, the paper's linear head": head(small, modality="text", head="linear"),
    }
    answers: dict[str, list[int]] = {}
    for name, train in models.items():
        answers[name], opposite = folded(cases, train)
        (one,) = order.accuracy_by(cases, answers[name])
        ends = f"{one.interval.low:.3f} to {one.interval.high:.3f}"
        line = f"{name:40} {one.interval.estimate:.3f} ({ends}), swap {np.mean(opposite):.3f}"
        if name.startswith(("MiniLM", "title")):
            against = order.paired(cases, answers[name], answers["lexical (hashed words)"])
            low, high = against.difference.ends
            line += f", over lexical {low:+.3f} to {high:+.3f} (McNemar p = {against.p:.2g})"
        print(line, flush=True)
    best = answers["MiniLM, antisymmetric, no hidden units"]
    near = [at for at, case in enumerate(cases) if int(case.groups["distance"]) <= FAR]
    shown, said = [cases[at] for at in near], [best[at] for at in near]
    for one in order.accuracy_by(shown, said, group="distance"):
        ends = f"{one.interval.low:.3f} to {one.interval.high:.3f}"
        print(f"distance {one.group}: {one.interval.estimate:.3f} ({ends}), {one.pairs} pairs")


if __name__ == "__main__":
    main()
