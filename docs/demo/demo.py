"""Two models through their trials: a classifier that is repaired, and a small language model.

`make demo` runs it; `python docs/demo/demo.py` does too. Every step is a public function or a
command that you can use in the same way.
"""

from __future__ import annotations

import subprocess
import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path
from shutil import rmtree

import triage
from rich.console import Console
from rich.text import Text
from seatrial_clinical import pharmacy_specification
from seatrial_probes import bag_of_words
from seatrial_retrain import sklearn as retrain

import seatrial as sea
from seatrial.kit import Table

HERE = Path(__file__).parent
COLOURS = {"pass": "green", "fail": "red", "inconclusive": "yellow"}
SHOWN = ("--failed", "--perturbation", "nlpaug.spelling", "--sort", "distance", "--limit", "3")

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


def measured(verdict: sea.Verdict) -> str:
    """Write an estimate and its interval."""
    low, high = verdict.interval
    return f"{verdict.estimate:.3f} ({low:.3f} … {high:.3f})"


def verdicts(judgement: sea.Judgement) -> None:
    """Print one line for each demand."""
    show(
        ("verdict", "demand", "asked", "measured", "cases"),
        [
            (
                one.outcome,
                one.priority,
                f"{one.demands[0].demand} {one.threshold:g}",
                measured(one),
                f"{one.cases_used:,}",
            )
            for one in judgement.verdicts
        ],
    )


def classifier(runs: Path) -> list[tuple[str, Table]]:
    """Put a classifier through eight demands, say why it fails, repair it, and measure again."""
    specification = sea.load_specification(HERE / "triage.toml")
    report = sea.run(specification, to=runs / "before")
    before = sea.judge(specification, report)
    questions = report.cells[0].cases
    say(f"1. A classifier sends questions to the desk of a pharmacy: {questions:,} questions,", "bold")
    say(f"   eight demands. Verdict: {before.outcome}", "bold")
    verdicts(before)

    command = [sys.executable, "-m", "seatrial.cli", "cases", str(runs / "before"), *SHOWN]
    say("\nThree of its failures, with what was misspelt:", "bold")
    subprocess.run([*command, "--brief"], check=True)  # noqa: S603 - our own command

    why = sea.explain(bag_of_words(), report=report)
    words = next(one for one in why.findings if one.difference and one.difference > 0)
    say("\nWhy? An explainer learned from a part of the outcomes, and predicts the rest:", "bold")
    say(why.summary)
    say(words.summary)

    rmtree(runs / "repaired", ignore_errors=True)  # made anew within seconds
    mixed = triage.mixed()
    fixed = sea.repair(retrain(), model=report.model, cases=mixed, to=runs / "repaired")
    after = sea.run(specification, model=fixed, to=runs / "after")
    judged = sea.judge(specification, after)
    change = sea.compare(report, after, specification=specification)
    say(f"\nRepair: trained anew on its {len(fixed.learned_from):,} facts", "bold")
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
        ("Before the repair", before.table()),
        ("Why it failed", why.table()),
        ("What the repair changed", change.by_priority()),
        ("After the repair", judged.table()),
    ]
