"""How a report is laid out as a table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from .._tables import Table, figure

if TYPE_CHECKING:
    from ._report import Report

__all__ = ["SHOWN", "line_of", "table_of"]

SHOWN = 3
"""How many of the commonest errors a table names."""


def table_of(report: Report) -> Table:
    """Write a row for each cell; the model, the accounting and the errors stand around them."""
    labels = [metric["label"] for metric in report.metrics]
    rows = [
        [
            cell.perturbation,
            str(cell.severity),
            f"{cell.cases:,}",
            figure(cell.distance),
            *(figure(cell.scores[label]) for label in labels),
            f"{cell.accounting.refused:,}",
            f"{cell.accounting.errored:,}",
        ]
        for cell in report.cells
    ]
    columns = ("perturbation", "severity", "cases", "distance", *labels, "refused", "errored")
    audited = [f"{one.level} by audit: {one.name}: {one.summary}" for one in report.findings]
    return Table(
        columns,
        rows,
        title=f"model: {report.identity}" if report.identity else "",
        notes=(
            str(report.accounting),
            *_asked(report),
            *map(str, report.errors[:SHOWN]),
            *audited,
        ),
        spare=("refused", "errored", "distance"),
    )


def line_of(report: Report) -> str:
    """Write a report in one line."""
    counts = report.accounting
    model = f", model {report.identity!r:.60}" if report.identity else ""
    place = f", {str(report.path)!r}" if report.path else ""
    errored = f", {counts.errored:,} errored" if counts.errored else ""
    return (
        f"Report({counts.planned:,} records of {len(report.case_digests):,} cases"
        f"{errored}{model}{place})"
    )


def _asked(report: Report) -> Iterator[str]:
    """Say what the model reported of its usage, and how many records took several attempts."""
    again = [one for (one,) in report._store.rows("attempts", "attempts > 1")]
    if again:
        records = f"{len(again):,} record{'' if len(again) == 1 else 's'}"
        yield f"asked more than once: {records}, up to {max(again):,} attempts"
    if usage := report.usage:
        told = (f"{name} {value:,.6g}" for name, value in sorted(usage.items()))
        yield f"usage: {', '.join(told)}"
