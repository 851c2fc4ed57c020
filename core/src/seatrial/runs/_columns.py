"""The records of a run as arrays: what verdicts and tables are computed from."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import numpy as np
from attrs import frozen

from .._cases import STATUSES
from ._store import Store

__all__ = ["Columns", "read_columns", "update_columns"]

RECORDS = (
    "key, status, coalesce(refused, -1), coalesce(answer, -1), coalesce(queries, -1), "
    "unchanged, distance, scores"
)
WANTED = (
    "plan.use, plan.severity, plan.case_position, coalesce(status, -1), coalesce(refused, -1), "
    "coalesce(answer, -1), coalesce(queries, -1), distance, coalesce(unchanged, 0), "
    "coalesce(scores, '{}')"
)
PLAN = "key, use, severity, case_position"
ROWS_AT_ONCE = 16384

Whole = np.ndarray[Any, np.dtype[np.int64]]


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
    """Read the columns, with the scores of some metrics.

    Plan and records are each read from start to end and joined here: looking up a million records
    by key, one by one, takes several times as long.
    """
    keys: list[bytes] = []
    plan: list[Whole] = [np.empty((3, 0), dtype=np.int64)]
    for some in _blocks(store.table("plan", PLAN, "position")):
        names, *rest = zip(*some, strict=True)
        keys.extend(names)
        plan.append(np.array(rest, dtype=np.int64))
    found: list[bytes] = []
    numbers: list[Whole] = [np.empty((5, 0), dtype=np.int64)]
    moved = [np.empty(0)]
    scores: dict[str, list[np.ndarray[Any, Any]]] = {label: [np.empty(0)] for label in metrics}
    for some in _blocks(store.table("records", RECORDS, "rowid")):
        names, *whole, distances, texts = zip(*some, strict=True)
        found.extend(names)
        numbers.append(np.array(whole, dtype=np.int64))
        moved.append(np.array(distances, dtype=np.float64))
        rows = json.loads(f"[{','.join(texts)}]")
        for label, values in scores.items():
            values.append(np.array([one.get(label) for one in rows], dtype=np.float64))
    use, severity, case = np.concatenate(plan, axis=1).astype(np.int32)
    at = _places(keys, found)
    measured = at >= 0
    status, refused, answer, queries, unchanged = _taken(
        np.concatenate(numbers, axis=1), at, np.array([STATUSES.index("skipped"), -1, -1, -1, 0])
    )
    return Columns(
        use,
        severity,
        case,
        status.astype(np.int8),
        refused.astype(np.int8),
        answer,
        _taken(np.concatenate(moved)[None], at, np.array([np.nan]))[0],
        queries.astype(np.int32),
        unchanged.astype(bool),
        measured,
        {
            label: _taken(np.concatenate(values)[None], at, np.array([np.nan]))[0]
            for label, values in scores.items()
        },
    )


def _blocks(rows: Iterable[Any]) -> Iterator[list[Any]]:
    """Cut rows into blocks, so that only arrays grow with their number."""
    source = iter(rows)
    while some := list(islice(source, ROWS_AT_ONCE)):
        yield some


def _places(wanted: Sequence[bytes], found: Sequence[bytes]) -> Whole:
    """Tell where each wanted key stands among those found; -1 where it does not."""
    at = np.full(len(wanted), -1, dtype=np.int64)
    if not found:
        return at
    mine, theirs = (
        np.frombuffer(b"".join(keys), dtype=np.uint64).reshape(-1, 2) for keys in (wanted, found)
    )
    order = np.argsort(theirs[:, 0])
    first = theirs[order, 0]
    if (first[1:] == first[:-1]).any():  # half a key is not enough to tell them apart
        known = {key: place for place, key in enumerate(found)}
        return np.array([known.get(key, -1) for key in wanted], dtype=np.int64)
    near = order[np.minimum(np.searchsorted(first, mine[:, 0]), len(order) - 1)]
    same = (theirs[near] == mine).all(axis=1)
    at[same] = near[same]
    return at


def _taken(rows: np.ndarray[Any, Any], at: Whole, missing: np.ndarray[Any, Any]) -> Any:
    """Take columns by place; what has no place gets what stands for missing."""
    padded = np.concatenate([rows, missing[:, None]], axis=1)
    return padded[:, at]


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
