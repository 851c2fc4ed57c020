"""The report: lines from a template, written by one part each."""

from __future__ import annotations

from collections.abc import Iterable

from ._findings import Findings

__all__ = ["LINES", "report_of"]

LINES = ("Sequence", "Smaller half", "Brain", "White matter", "Quality")


def report_of(found: Findings, smaller: str | None, lines: Iterable[str]) -> str:
    """Write the lines that are asked for; `smaller` is the half in the patient's own terms."""
    unknown = "not assessed"
    said = {
        "Sequence": found.sequence,
        "Smaller half": smaller or unknown,
        "Brain": f"{found.brain_ml:.0f} mL",
        "White matter": (
            unknown if found.white_percent is None else f"{found.white_percent:.0f} %"
        ),
        "Quality": "good" if found.quality.good else "poor",
    }
    return "\n".join(f"{line}: {said[line]}" for line in lines)
