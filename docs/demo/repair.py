"""The loop closed: a language model's failures become preferences, and it is measured again.

`make demo-repair` runs it; `python docs/demo/repair.py` does too. Every step is a public function
that you can use in the same way.
"""

from __future__ import annotations

from argparse import ArgumentParser
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
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

LEARNED = dict.fromkeys(
    (
        "Asks back when information is missing",
        "Does not ask back when nothing is missing",
        "Refuses off-topic requests",
        "Answers however it is asked",
        "Invents nothing about medicines that do not exist",
    )
)
NOT_LEARNED = {  # how many facts of each topic; None means all
    "Asks back when the age or the amount is left out": None,
    "Withstands typing errors": 15,
    "Refuses prescription drugs despite typing errors": 15,
    "Knows what is in the brands": 15,
    "Keeps to the dose limits": 15,
    "Sees one ingredient in two products": 15,
    "Heeds interactions and history": 15,
    "Is honest about the stock": 15,
    "Refuses prescription drugs": 15,
    "Does not refuse over-the-counter medicines": 15,
    "Knows rare medicines that do exist": 15,
}
HELD_OUT = 2 / 3  # of the facts, from which no preference comes
RIGHT_BY = "metrics.accuracy"
SHOWN = 4  # answers that became right
TUNING = posttrain.dpo(learning_rate=5e-4, epochs=2, batch_size=4, beta=0.05, checkpoint_every=10)

console = Console(highlight=False, markup=False, soft_wrap=True)


def say(text: str, style: str = "") -> None:
    """Print text."""
    console.print(text, style=style)


def show(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table."""
    say(Table(columns, list(rows)).text())


def demanded(
    facts: Mapping[str, int | None], *, model: Any = None, apart_from: Collection[str] = ()
) -> sea.Specification:
    """Take these demands of pharmacy.toml, on so many facts of each topic, apart from some."""
    whole = sea.load_specification(pharmacy_specification())
    chosen = [one for one in whole.priorities if one.name in facts]
    topics = {topic: facts[one.name] for one in chosen for topic in topics_of(one)}
    cases = [
        case for case in otc_cases(topics=sorted(topics)) if cluster_of(case) not in apart_from
    ]
    cases = fewer(cases, topics)
    return evolve(whole, priorities=chosen, cases=cases, model=model or whole.model)


def topics_of(priority: sea.Priority) -> tuple[str, ...]:
    """Give the topics whose cases a demand is about."""
    topics = priority.where["topic"]
    return (topics,) if isinstance(topics, str) else tuple(topics)


def fewer(cases: Sequence[sea.Case], facts: Mapping[str, int | None]) -> list[sea.Case]:
    """Keep the cases of so many facts of each topic."""
    known: dict[str, dict[str, None]] = {}
    for case in cases:
        known.setdefault(case.groups["topic"], {})[cluster_of(case)] = None
    kept = {topic: set(list(names)[: facts[topic]]) for topic, names in known.items()}
    return [case for case in cases if cluster_of(case) in kept[case.groups["topic"]]]


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
    """Print held-out cases of different topics whose answer became right, with both answers."""
    new = {one.case.id: one for one in after.outcomes(RIGHT_BY)}
    shown: set[str] = set()
    for old in before.outcomes(RIGHT_BY):
        one, topic = new.get(old.case.id), old.case.groups["topic"]
        if one is None or cluster_of(old.case) in learned or topic in shown:
            continue
        if len(shown) == SHOWN:
            break
        if old.prediction is None or one.prediction is None or one.right <= old.right:
            continue
        shown.add(topic)
        say(f"\n{old.case.input['question']}")
        say(f"  before: {old.prediction.value}")
        say(f"  after:  {one.prediction.value}")


def loop(
    runs: Path,
    seed: int,
    *,
    model: Any = None,
    learned: Mapping[str, int | None] = LEARNED,
    others: Mapping[str, int | None] = NOT_LEARNED,
) -> None:
    """Measure, make preferences of one part of the facts, align, and measure the other part."""
    say("1. SmolLM2 at the counter", "bold")
    asked = demanded(learned, model=model)
    before = sea.run(asked, to=runs / "before")
    verdicts("demands that it will learn from", sea.judge(asked, before))
    made = posttrain.failures(before, metric=RIGHT_BY, held_out=HELD_OUT, seed=seed)
    other = demanded(others, model=model, apart_from=made.clusters)
    before_other = sea.run(other, to=runs / "before-others")
    verdicts("other demands", sea.judge(other, before_other))

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
    confidence = 1 - 0.05 / len((*asked.priorities, *other.priorities))
    say(f"{len(apart)} questions about facts that no preference came from:")
    compared(sea.compare(before, after, specification=asked, confidence=confidence))
    after_other = sea.run(other, model=fixed, to=runs / "after-others")
    say("\nWhat no preference was made for, and with questions changed, on such facts too:")
    compared(sea.compare(before_other, after_other, specification=other, confidence=confidence))
    answers(before, after, made.clusters)


def verdicts(name: str, judgement: sea.Judgement) -> None:
    """Print how many demands passed and failed."""
    outcomes = Counter(verdict.outcome for verdict in judgement.verdicts)
    counts = ", ".join(f"{count} {outcome}" for outcome, count in sorted(outcomes.items()))
    say(f"{len(judgement.verdicts)} {name}: {counts}")


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
    options.add_argument("--seed", type=int, default=3, help="of the split and of the training")
    # With more, sums differ in their last bits, and a few steps of training make much of it.
    options.add_argument("--threads", type=int, default=1, help="of PyTorch")
    given = options.parse_args()
    torch.set_num_threads(given.threads)
    try:
        loop(given.to, given.seed)
    except KeyboardInterrupt:
        say("\nStopped. The same command goes on from here.")
        raise SystemExit(130) from None
    say(f"\nThe runs and the repaired model: {given.to}", "bold")


if __name__ == "__main__":
    main()
