"""The records of a run as arrays: what verdicts and tables are computed from."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

import numpy as np
from attrs import frozen

from ._store import STATUSES, Store

__all__ = ["Columns", "read_columns", "update_columns"]

WANTED = (
    "plan.use, plan.severity, plan.case_position, coalesce(status, -1), coalesce(refused, -1), "
    "coalesce(answer, -1), coalesce(queries, -1), distance, coalesce(unchanged, 0), "
    "coalesce(scores, '{}')"
)
ROWS_AT_ONCE = 16384


@frozen(eq=False)
class Columns:
    """The records of a report as arrays, in the order of the plan.

    What was never measured has the status "skipped", and `measured` is False. Answers are hashes,
    equal for equal answers; where there is none, answers and refusals are -1, and distances and
    scores are NaN. So is -1 the number of queries of what is no search.
    """

    use: np.ndarray[Any, np.dtype[np.int32]]
    severity: np.ndarray[Any, np.dtype[np.int32]]
    case: np.ndarray[Any, np.dtype[np.int32]]
    status: np.ndarray[Any, np.dtype[np.int8]]
    refused: np.ndarray[Any, np.dtype[np.int8]]
    answer: np.ndarray[Any, np.dtype[np.int64]]
    distance: np.ndarray[Any, np.dtype[np.float64]]
    queries: np.ndarray[Any, np.dtype[np.int32]]
    unchanged: np.ndarray[Any, np.dtype[np.bool_]]
    measured: np.ndarray[Any, np.dtype[np.bool_]]
    scores: Mapping[str, np.ndarray[Any, np.dtype[np.float64]]]


def read_columns(store: Store, metrics: Sequence[str]) -> Columns:
    """Read the columns, with the scores of some metrics."""
    planned, _, _ = store.counts()
    columns = Columns(
        use=np.empty(planned, dtype=np.int32),
        severity=np.empty(planned, dtype=np.int32),
        case=np.empty(planned, dtype=np.int32),
        status=np.empty(planned, dtype=np.int8),
        refused=np.empty(planned, dtype=np.int8),
        answer=np.empty(planned, dtype=np.int64),
        distance=np.empty(planned),
        queries=np.empty(planned, dtype=np.int32),
        unchanged=np.empty(planned, dtype=bool),
        measured=np.empty(planned, dtype=bool),
        scores={label: np.full(planned, np.nan) for label in metrics},
    )
    at = 0
    rows = store.rows(WANTED)
    while some := list(islice(rows, ROWS_AT_ONCE)):
        _fill(columns, slice(at, at + len(some)), some)
        at += len(some)
    return columns


def update_columns(columns: Columns, store: Store, positions: Sequence[int]) -> None:
    """Read some positions of the plan anew, in place."""
    ordered = sorted(positions)
    for start in range(0, len(ordered), ROWS_AT_ONCE):
        some = ordered[start : start + ROWS_AT_ONCE]
        rows = store.rows(WANTED, f"plan.position IN ({','.join(map(str, some))})")
        _fill(columns, np.array(some), list(rows))


def _fill(columns: Columns, here: Any, rows: Sequence[Any]) -> None:
    use, severity, case, status, refused, answer, queries, distance, unchanged, texts = zip(
        *rows, strict=True
    )
    known = np.array(status)
    columns.use[here] = use
    columns.severity[here] = severity
    columns.case[here] = case
    columns.status[here] = np.where(known < 0, STATUSES.index("skipped"), known)
    columns.refused[here] = refused
    columns.answer[here] = answer
    columns.queries[here] = queries
    columns.distance[here] = np.array(distance, dtype=np.float64)
    columns.unchanged[here] = np.array(unchanged, dtype=bool)
    columns.measured[here] = known >= 0
    found = json.loads(f"[{','.join(texts)}]")
    for label, values in columns.scores.items():
        values[here] = [one.get(label, np.nan) for one in found]
