"""The loop closed: a language model's failures become preferences, and it is measured again.

`make demo-repair` runs it; `python docs/demo/repair.py` does too. Every step is a public function
that you can use in the same way.
"""

from __future__ import annotations

from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any
from warnings import catch_warnings

import seatrial_posttrain as posttrain
import torch
from attrs import evolve
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from seatrial_clinical import otc_cases, pharmacy_specification

import seatrial as sea
from seatrial.kit import Table, cluster_of

LEARNED = (
    "Asks back when information is missing",
    "Does not ask back when nothing is missing",
    "Refuses off-topic requests",
    "Answers however it is asked",
    "Invents nothing about medicines that do not exist",
)
OTHERS = 15  # facts of each other topic, from which nothing is learned
HELD_OUT = 0.5  # of the facts, from which no preference comes
PER_KIND = 50
RIGHT_BY = "metrics.accuracy"
TUNING = posttrain.dpo(learning_rate=5e-4, epochs=2, batch_size=4, beta=0.05, checkpoint_every=10)

console = Console(highlight=False, markup=False, soft_wrap=True)


def say(text: str, style: str = "") -> None:
    """Print text."""
    console.print(text, style=style)


def show(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table."""
    say(Table(columns, list(rows)).text())


def demanded(*, learned: bool, model: Any = None, facts: int | None = None) -> sea.Specification:
    """Take what pharmacy.toml demands without a perturbation: what is learned, or the others."""
    whole = sea.load_specification(pharmacy_specification())
    chosen = [
        one
        for one in whole.priorities
        if not one.perturbations and "topic" in one.where and (one.name in LEARNED) == learned
    ]
    cases = otc_cases(topics=sorted({one.where["topic"] for one in chosen}))
    if facts is not None:
        cases = fewer(cases, facts)
    return evolve(whole, priorities=chosen, cases=cases, model=model or whole.model)


def fewer(cases: Sequence[sea.Case], facts: int) -> tuple[sea.Case, ...]:
    """Keep the cases of so many facts of each topic."""
    known: dict[str, dict[str, None]] = {}
    for case in cases:
        known.setdefault(case.groups["topic"], {})[cluster_of(case)] = None
    kept = {one for names in known.values() for one in list(names)[:facts]}
    return tuple(case for case in cases if cluster_of(case) in kept)


def tuned(report: sea.Report, made: posttrain.Made, seed: int, to: Path) -> sea.Repaired:
    """Align the model on preferences; what is killed goes on from its last checkpoint."""
    columns = (TextColumn("training"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("training", total=None)

        def told(event: Any) -> None:
            bar.update(task, completed=event.done, total=event.total)

        with catch_warnings(record=True) as warned:
            fixed = sea.repair(
                TUNING, model=report.model, cases=made, seed=seed, to=to, observers=[told]
            )
    for one in warned:
        say(f"\nTraining warns: {one.message}.")
    return fixed


def answers(before: sea.Report, after: sea.Report, learned: frozenset[str]) -> None:
    """Print one held-out case of each topic whose answer changed, with both answers."""
    new = {one.case.id: one for one in after.outcomes(RIGHT_BY)}
    shown: set[str] = set()
    for old in before.outcomes(RIGHT_BY):
        one, topic = new.get(old.case.id), old.case.groups["topic"]
        if one is None or cluster_of(old.case) in learned or topic in shown:
            continue
        if old.prediction is None or one.prediction is None or one.right <= old.right:
            continue
        shown.add(topic)
        say(f"\n{old.case.input['question']}")
        say(f"  before: {old.prediction.value}")
        say(f"  after:  {one.prediction.value}")


def loop(asked: sea.Specification, others: sea.Specification, runs: Path, seed: int) -> None:
    """Measure, make preferences of one half of the facts, align, and measure the other half."""
    before = sea.run(asked, to=runs / "before")
    before_others = sea.run(others, to=runs / "before-others")
    say("1. SmolLM2 at the counter", "bold")
    judged = (sea.judge(asked, before), sea.judge(others, before_others))
    for name, one in zip(("demands that it will learn from", "other demands"), judged, strict=True):
        verdicts = Counter(verdict.outcome for verdict in one.verdicts)
        counts = ", ".join(f"{count} {outcome}" for outcome, count in sorted(verdicts.items()))
        say(f"{len(one.verdicts)} {name}: {counts}")

    made = posttrain.failures(
        before, metric=RIGHT_BY, held_out=HELD_OUT, seed=seed, per_kind=PER_KIND
    )
    facts = len(set(map(cluster_of, before.cases)))
    title = f"Preferences from {len(made.clusters)} of {facts} facts, and what made none"
    say(f"\n2. {title}", "bold")
    show(("pairs", "kind"), ((str(count), kind) for kind, count in made.counts.items()))

    fixed = tuned(before, made, seed, runs / "repaired")
    first, last = fixed.training[0]["loss"], fixed.training[-1]["loss"]
    say(f"\n3. Aligned in {len(fixed.training)} steps, loss {first:.3f} to {last:.3f}", "bold")
    apart = [case for case in before.cases if cluster_of(case) not in made.clusters]
    asked = evolve(asked, cases=apart)
    after = sea.run(asked, model=fixed, to=runs / "after")
    after_others = sea.run(others, model=fixed, to=runs / "after-others")
    confidence = 1 - 0.05 / len((*asked.priorities, *others.priorities))
    say(f"{len(apart)} questions about facts that no preference came from:")
    compared(sea.compare(before, after, specification=asked, confidence=confidence))
    say(f"\n{len(after_others.cases)} questions of kinds that no preference came from:")
    compared(sea.compare(before_others, after_others, specification=others, confidence=confidence))
    answers(before, after, made.clusters)


def compared(change: sea.Comparison) -> None:
    """Print what became of each demand; the intervals are corrected for the number of demands."""
    rows = []
    for one in change.priorities:
        low, high = one.interval
        known = "better" if low > 0 else "worse" if high < 0 else ""
        rows.append(
            (
                one.priority,
                " → ".join(one.outcomes),
                f"{one.before:.3f}",
                f"{one.after:.3f}",
                f"{one.change:+.3f} ({low:+.3f} … {high:+.3f})",
                known,
            )
        )
    show(("demand", "verdict", "before", "after", "better by", ""), rows)


def main() -> None:
    """Run the loop, and say what stands where."""
    options = ArgumentParser(description=__doc__)
    options.add_argument("--to", type=Path, default=Path("runs/repair"), help="the folder")
    options.add_argument("--seed", type=int, default=1, help="of the split and of the training")
    # With more, sums differ in their last bits, and training makes much of it.
    options.add_argument("--threads", type=int, default=1, help="of PyTorch")
    given = options.parse_args()
    torch.set_num_threads(given.threads)
    try:
        loop(demanded(learned=True), demanded(learned=False, facts=OTHERS), given.to, given.seed)
    except KeyboardInterrupt:
        say("\nStopped. The same command goes on from here.")
        raise SystemExit(130) from None
    say(f"\nThe runs and the repaired model: {given.to}", "bold")


if __name__ == "__main__":
    main()
