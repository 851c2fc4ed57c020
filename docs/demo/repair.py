"""The loop closed: a language model's failures become preferences, and it is measured again.

`make demo-repair` runs it; `python docs/demo/repair.py` does too. Every step is a public function
that you can use in the same way.
"""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import seatrial_posttrain as posttrain
from attrs import evolve
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from seatrial_clinical import otc_cases, pharmacy_specification

import seatrial as sea
from seatrial.kit import Table, cluster_of

PRIORITIES = (
    "Asks back when information is missing",
    "Does not ask back when nothing is missing",
    "Refuses off-topic requests",
    "Answers however it is asked",
)
HELD_OUT = 0.5  # of the facts, from which no preference comes
SEED = 1
RIGHT_BY = "metrics.accuracy"
TUNING = posttrain.dpo(learning_rate=5e-4, epochs=2, batch_size=4, beta=0.05)

console = Console(highlight=False, markup=False, soft_wrap=True)


def say(text: str, style: str = "") -> None:
    """Print text."""
    console.print(text, style=style)


def show(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table."""
    say(Table(columns, list(rows)).text())


def demanded(model: Any = None, facts: int | None = None) -> sea.Specification:
    """Take some priorities of pharmacy.toml, with their cases; of each topic so many facts."""
    whole = sea.load_specification(pharmacy_specification())
    chosen = [one for one in whole.priorities if one.name in PRIORITIES]
    topics = {one.where["topic"] for one in chosen}
    cases = otc_cases(topics=sorted(topics))
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


def tuned(report: sea.Report, made: posttrain.Made, to: Path) -> sea.Repaired:
    """Align the model on preferences; what is killed goes on from its last checkpoint."""
    columns = (TextColumn("training"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("training", total=None)

        def told(event: Any) -> None:
            bar.update(task, completed=event.done, total=event.total)

        return sea.repair(
            TUNING, model=report.model, cases=made, seed=SEED, to=to, observers=[told]
        )


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


def loop(specification: sea.Specification, runs: Path, per_kind: int | None) -> sea.Comparison:
    """Measure, make preferences of one half of the facts, align, and measure the other half."""
    before = sea.run(specification, to=runs / "before")
    cases = before.cases
    say(f"1. SmolLM2 at the counter: {sea.judge(specification, before).outcome}", "bold")
    made = posttrain.failures(
        before, metric=RIGHT_BY, held_out=HELD_OUT, seed=SEED, per_kind=per_kind
    )
    facts = len(set(map(cluster_of, cases)))
    say(
        f"\n2. Preferences from {len(made.clusters)} of {facts} facts, and why others are none",
        "bold",
    )
    show(("count", "pairs"), ((str(count), kind) for kind, count in made.counts.items()))
    fixed = tuned(before, made, runs / "repaired")
    apart = [case for case in cases if cluster_of(case) not in made.clusters]
    specification = evolve(specification, cases=apart)
    after = sea.run(specification, model=fixed, to=runs / "after")
    confidence = 1 - 0.05 / len(specification.priorities)
    change = sea.compare(before, after, specification=specification, confidence=confidence)
    first, last = fixed.training[0]["loss"], fixed.training[-1]["loss"]
    say(f"\n3. Aligned in {len(fixed.training)} steps, loss {first:.3f} to {last:.3f}", "bold")
    say(f"{len(apart):,} questions about the {facts - len(made.clusters)} other facts:")
    show(
        ("demand", "verdict", "before", "after", f"better by (at {confidence:.2%})"),
        (
            (
                one.priority,
                " → ".join(one.outcomes),
                f"{one.before:.3f}",
                f"{one.after:.3f}",
                f"{one.change:+.3f} ({one.interval[0]:+.3f} … {one.interval[1]:+.3f})",
            )
            for one in change.priorities
        ),
    )
    answers(before, after, made.clusters)
    return change


def main() -> None:
    """Run the loop, and say what stands where."""
    options = ArgumentParser(description=__doc__)
    options.add_argument("--to", type=Path, default=Path("runs/repair"), help="the folder")
    given = options.parse_args()
    loop(demanded(), given.to, per_kind=50)
    say(f"\nThe runs, the preferences' model and the comparison: {given.to}", "bold")


if __name__ == "__main__":
    main()
