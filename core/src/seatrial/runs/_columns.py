"""The records of a run as arrays: what verdicts and tables are computed from."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

import numpy as np
from attrs import frozen

from ._store import STATUSES, Store

__all__ = ["Columns", "read_columns"]

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
    numbers = np.empty((8, planned), dtype=np.int64)
    moved = np.empty(planned)
    scores = {label: np.full(planned, np.nan) for label in metrics}
    rows = store.rows(WANTED)
    at = 0
    while some := list(islice(rows, ROWS_AT_ONCE)):
        here = slice(at, at + len(some))
        *first, distances, unchanged, texts = zip(*some, strict=True)
        numbers[:, here] = (*first, unchanged)
        moved[here] = np.array(distances, dtype=np.float64)
        found = json.loads(f"[{','.join(texts)}]")
        for label, values in scores.items():
            values[here] = [one.get(label, np.nan) for one in found]
        at += len(some)
    status = numbers[3]
    return Columns(
        numbers[0].astype(np.int32),
        numbers[1].astype(np.int32),
        numbers[2].astype(np.int32),
        np.where(status < 0, STATUSES.index("skipped"), status).astype(np.int8),
        numbers[4].astype(np.int8),
        numbers[5].copy(),
        moved,
        numbers[6].astype(np.int32),
        numbers[7].astype(bool),
        status >= 0,
        scores,
    )
