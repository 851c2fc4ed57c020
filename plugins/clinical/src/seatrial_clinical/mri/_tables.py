"""What the demonstration prints."""

from __future__ import annotations

from collections.abc import Mapping

import seatrial as sea
from seatrial.kit import Table

__all__ = ["cost", "mask_table", "tissue_table"]

DRAWN = "only the last demand is about patients, and one volume cannot decide it"


def tissue_table(judged: Mapping[str, sea.Judgement]) -> Table:
    """Put the figures of several models side by side, with the verdicts on the last two."""
    names = list(judged)
    rows = []
    for each in zip(*(one.verdicts for one in judged.values()), strict=True):
        for demands in zip(*(one.demands for one in each), strict=True):
            first = demands[0]
            sign = "≤" if first.at_most else "≥"
            rows.append(
                [
                    each[0].priority,
                    f"{first.demand} {sign} {first.threshold:g}",
                    *("—" if one.estimate is None else f"{one.estimate:.3f}" for one in demands),
                    " → ".join(one.outcome for one in demands[1:]),
                ]
            )
    notes = (
        f"Dice of white matter in slices that training has not seen; {DRAWN}",
        "two thresholds, fitted to this volume, do as well where nothing is wrong with the image",
    )
    columns = ("priority", "demand", *names, f"verdict {names[1]} → {names[2]}")
    return Table(columns, rows, notes=notes)


def cost(judged: sea.Judgement, before: sea.Report, after: sea.Report) -> str:
    """Say what the repair cost on the clean volume, and whether that is within the cap."""
    (verdict,) = (one for one in judged.verdicts if one.demands[0].demand == "retained")
    clean = [
        next(cell.scores for cell in report.cells if cell.severity == 0)
        for report in (before, after)
    ]
    (label,) = (name for name in clean[0] if name.startswith("metrics.dice"))
    was, now = (one[label] or 0.0 for one in clean)
    cap = verdict.demands[0].threshold
    told = "within the cap" if was - now <= cap else "FAIL: more than the cap"
    return (
        f"\nClean white matter: Dice {was:.3f} before the repair and {now:.3f} after, a loss of "
        f"{was - now:.3f}, and the cap is {cap:g}: {told}.\n"
        f"That is exact for this volume. For others like it the verdict is {verdict.outcome}.\n"
    )


def mask_table(judged: sea.Judgement) -> Table:
    """Show how deepbet's brain mask withstands."""
    rows = [
        [one.priority, f"≥ {one.threshold:g}", f"{one.estimate:.3f}", one.outcome]
        for one in judged.verdicts
    ]
    notes = ("deepbet's brain mask at severity 5, Dice against grey and white matter",)
    return Table(("priority", "demand", "Dice", "verdict"), rows, notes=notes)
