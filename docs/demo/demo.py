"""Two models through their trials: a classifier that is repaired, and a small language model.

`make demo` runs it; `python docs/demo/demo.py` does too. Every step is a public function or a
command that you can use in the same way.
"""

from __future__ import annotations

import os
import subprocess
import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path
from shutil import rmtree, which

import triage
from attrs import evolve
from rich.console import Console
from rich.text import Text
from seatrial_clinical import pharmacy_specification
from seatrial_probes import bag_of_words
from seatrial_retrain import sklearn as retrain

import seatrial as sea
from seatrial.kit import Table

HERE = Path(__file__).parent
PROGRAMS = Path(sys.executable).parent
COLOURS = {"pass": "green", "fail": "red", "inconclusive": "yellow"}
FAILURES = (
    *("--failed", "--perturbation", "nlpaug.spelling"),
    *("--sort", "distance", "--limit", "3", "--brief"),
)

console = Console(highlight=False, markup=False, soft_wrap=True)


def say(text: str, style: str = "") -> None:
    """Print text, with the verdicts in colour."""
    line = Text(text, style)
    for word, colour in COLOURS.items():
        line.highlight_regex(rf"\b{word}\b", colour)
    console.print(line)


def show(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table."""
    say(Table(columns, rows).text())


def verdicts(judgement: sea.Judgement) -> None:
    """Print one line for each demand."""
    rows = []
    for verdict in judgement.verdicts:
        asked, measured = "", verdict.note
        for demand in verdict.demands[:1]:
            asked = f"{demand.demand} {demand.threshold:g}"
            measured = (
                f"{demand.estimate:.3f} ({demand.interval[0]:.3f} … {demand.interval[1]:.3f})"
            )
        rows.append((verdict.outcome, verdict.priority, asked, measured))
    show(("verdict", "demand", "asked", "measured"), rows)


def classifier(runs: Path) -> list[tuple[str, Table]]:
    """Put a classifier through eight demands, say why it fails, repair it, and measure again."""
    specification = sea.load_specification(HERE / "triage.toml")
    report = sea.run(specification, to=runs / "before")
    before = sea.judge(specification, report)
    say(f"1. A classifier sends questions to the desks of a pharmacy: {before.outcome}", "bold")
    verdicts(before)

    say("\nThree of its failures, with the words that were misspelt:", "bold")
    command = [sys.executable, "-m", "seatrial.cli", "cases", str(runs / "before"), *FAILURES]
    subprocess.run(command, check=True)  # noqa: S603 - a command of ours

    why = sea.explain(bag_of_words(), report=report)
    say("\nWhy? An explainer learned from some of the outcomes, and predicts the others:", "bold")
    explain(why)

    rmtree(runs / "repaired", ignore_errors=True)  # it is made anew within seconds
    fixed = sea.repair(retrain(), model=report.model, cases=triage.mixed(), to=runs / "repaired")
    after = sea.run(specification, model=fixed, to=runs / "after")
    judged = sea.judge(specification, after)
    change = sea.compare(report, after, specification=specification)
    count = len(triage.questions("training"))
    head = f"Trained anew on {count:,} other questions, clean and with errors"
    say(f"\n{head}: {before.outcome} → {judged.outcome}", "bold")
    show(
        ("demand", "verdict", "before", "after", "better by"),
        [
            (
                one.priority,
                " → ".join(one.outcomes),
                f"{one.before:.3f}",
                f"{one.after:.3f}",
                f"{one.change:+.3f}",
            )
            for one in change.priorities
        ],
    )
    return [
        ("The classifier", before.table()),
        ("Why it failed", why.table()),
        ("What the repair changed", change.by_priority()),
        ("The repaired classifier", judged.table()),
    ]


def explain(why: sea.Explanation) -> None:
    """Say in three lines what an explanation found."""
    low, high = why.interval
    say(f"The words of a question predict failure: AUROC {why.auroc:.2f} ({low:.2f} … {high:.2f}).")
    doubt = why.baselines["margin"]
    than = "better" if doubt > why.auroc else "less well"
    say(f"The margin between the classifier's probabilities predicts it {than}: {doubt:.2f}.")
    found = why.findings[0]
    rates = f"{found.rate:.0%} failed; of the others {found.rate - found.difference:.0%}"
    say(f"Of the {found.count} questions {found.condition} {rates}.")


def language_model(runs: Path, limit: int | None) -> list[tuple[str, Table]]:
    """Put SmolLM2 through six demands, each until it is decided."""
    specification = sea.load_specification(HERE / "pharmacy-quick.toml")
    if limit is not None:
        cases = sea.load_cases(specification.cases)
        drawn = sorted(cases, key=lambda case: sea.derive(0, "demo", case.id))
        specification = evolve(specification, cases=drawn[:limit])
    report = sea.run(specification, to=runs / "quick", stop="decided")
    judgement = sea.judge(specification, report)
    say(f"\n2. SmolLM2, a language model of 98 MB, at the counter: {judgement.outcome}", "bold")
    verdicts(judgement)
    return [("SmolLM2, a quick look", judgement.table())]


def write_report(path: Path, parts: Sequence[tuple[str, Table]]) -> None:
    """Write everything that was found out to a Markdown file."""
    text = "\n\n".join(f"## {title}\n\n{table.markdown()}" for title, table in parts)
    path.write_text(f"# Two models through their trials\n\n{text}\n", encoding="utf-8")


def main() -> None:
    """Run both acts, and say what to type next."""
    options = ArgumentParser(description=__doc__)
    options.add_argument("--to", type=Path, default=Path("runs/demo"), help="the folder")
    options.add_argument("--limit", type=int, help="ask the language model about so many cases")
    given = options.parse_args()
    given.to.mkdir(parents=True, exist_ok=True)
    parts = classifier(given.to)
    parts += language_model(given.to, given.limit)
    write_report(given.to / "report.md", parts)
    command = "seatrial" if which("seatrial") else os.path.relpath(PROGRAMS / "seatrial")
    pharmacy = Path(os.path.relpath(pharmacy_specification()))
    count = len(sea.load_specification(pharmacy).priorities)
    say(f"\nAll {count} demands of pharmacy.toml take more questions:", "bold")
    say(f"  {command} run {pharmacy} --to runs/pharmacy --stop decided")
    say("Everything above, as tables:", "bold")
    say(f"  {given.to / 'report.md'}")
    say("Every failure, original beside perturbed:", "bold")
    say(f"  {command} cases {given.to / 'before'} --failed")
    say("Your own model: copy docs/demo/triage.py and triage.toml, and change them.", "bold")


if __name__ == "__main__":
    main()
