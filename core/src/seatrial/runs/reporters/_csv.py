"""Cells, records, verdicts or explanations as CSV, one row each."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ..._tables import printable
from ..._values import did_you_mean
from ...errors import ParameterError, PlanError
from ...protocols import Render
from .._views import rows_of

__all__ = ["csv_", "csv_bytes"]

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%", "＝", "＋", "－", "＠")
"""What makes a spreadsheet read a text as a formula, or as a call of another program."""


def csv_(*, of: str = "cells") -> Render:
    """Write one row for each of `of`, with the figures in full.

    `of` is "cells", "records", "verdicts", or "explanations": each explainer and each baseline that
    stands beside it, by its AUROC.

    A text that a spreadsheet would take for a formula gets a leading `'`; control characters are
    written as such. Lines end with CRLF, as RFC 4180 has it.
    """
    if of not in ROWS:
        msg = f"of must be {', '.join(map(repr, ROWS))}, got {of!r}{did_you_mean(of, ROWS)}"
        raise ParameterError(msg)

    def render(bundle: Any, /) -> bytes:
        needed = NEEDED[of]
        if not getattr(bundle, needed):
            msg = f"there is no {needed.removesuffix('s')} to write the {of} of"
            raise PlanError(msg)
        return csv_bytes(ROWS[of](bundle))

    return render


def _cells(bundle: Any) -> Iterator[Mapping[str, Any]]:
    for cell in bundle.report.cells:
        counts = cell.accounting
        yield {
            "perturbation": cell.perturbation,
            "severity": cell.severity,
            "cases": cell.cases,
            "distance": cell.distance,
            **cell.scores,
            **{name: getattr(counts, name) for name in COUNTS},
        }


def _records(bundle: Any) -> Iterator[Mapping[str, Any]]:
    report = bundle.report
    labels = [one["label"] for one in report.metrics if one["per_case"]]
    yield from rows_of(report.records(), report.cases, labels, _answer)


def _answer(value: Any) -> Any:
    return value if isinstance(value, str | int | float | None) else repr(value)


def _verdicts(bundle: Any) -> Iterator[Mapping[str, Any]]:
    for verdict in bundle.judgement.verdicts:
        low, high = verdict.interval or (None, None)
        yield {
            "priority": verdict.priority,
            "outcome": verdict.outcome,
            "estimate": verdict.estimate,
            "low": low,
            "high": high,
            "threshold": verdict.threshold,
            "cases": verdict.cases_used,
            "note": verdict.note,
        }


def _explanations(bundle: Any) -> Iterator[Mapping[str, Any]]:
    for explanation in bundle.explanations:
        if (grade := explanation.grade) is None:
            continue
        for name, one in {grade.explainer: grade, **grade.baselines}.items():
            gain = None if one is grade else one.gain
            low, high = one.interval or (None, None)
            yield {
                "explainer": grade.explainer,
                "predictor": name,
                "auroc": one.auroc,
                "low": low,
                "high": high,
                "gain": gain and gain.estimate,
                "p": gain and gain.p,
            }


COUNTS = ("planned", "scored", "refused", "errored", "skipped", "unchanged")
ROWS = {
    "cells": _cells,
    "records": _records,
    "verdicts": _verdicts,
    "explanations": _explanations,
}
NEEDED = {
    "cells": "report",
    "records": "report",
    "verdicts": "judgement",
    "explanations": "explanations",
}


def csv_bytes(rows: Iterable[Mapping[str, Any]]) -> bytes:
    """Write rows of the same columns as CSV in UTF-8, harmless to spreadsheets."""
    text = io.StringIO()
    writer = csv.writer(text)
    for number, row in enumerate(rows):
        if not number:
            writer.writerow(map(_harmless, row))
        writer.writerow(map(_harmless, row.values()))
    return text.getvalue().encode("utf-8", "backslashreplace")


def _harmless(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    shown = printable(value)
    return f"'{shown}" if value.startswith(FORMULA) else shown
