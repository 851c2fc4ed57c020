"""A record as one flat row: the columns of data frames, of CSV, and of the command line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .._cases import Case, cluster_of
from .._values import FrozenMapping
from ._records import Record

__all__ = ["cell", "columns_of", "columns_of_groups", "row_of"]

BEFORE = ("record", "case", "cluster")
BETWEEN = ("perturbation", "severity", "replicate", "seed", "status")
ANSWERED = ("target", "answer", "refused")
AFTER = ("distance", "changed", "error", "attempts", "queries")
"""The columns: before the groups, after them, what was answered, and after the metrics."""


def columns_of_groups(groups: Iterable[str], taken: Iterable[str]) -> dict[str, str]:
    """Name the column of each group: itself, or `group.` before it where that name is taken."""
    known = {*BEFORE, *BETWEEN, *ANSWERED, *AFTER, *taken}
    return {name: f"group.{name}" if name in known else name for name in groups}


def columns_of(groups: Iterable[str], metrics: Iterable[str]) -> tuple[str, ...]:
    """List the columns of rows; `groups` are as `columns_of_groups` names them."""
    return (*BEFORE, *groups, *BETWEEN, *ANSWERED, *metrics, *AFTER)


def row_of(
    record: Record,
    case: Case,
    groups: Mapping[str, Any],
    metrics: Iterable[str],
    *,
    target: Any,
    answer: Any,
    seen: Mapping[str, Any] = FrozenMapping(),
) -> dict[str, Any]:
    """Give the row of a record of a case.

    `groups` are those of the case by the names of their columns. `target` and `answer` are as they
    are to be written, and so are more columns before them (`seen`).
    """
    found = record.prediction
    return {
        "record": record.id,
        "case": record.case_id,
        "cluster": cluster_of(case),
        **groups,
        "perturbation": record.perturbation,
        "severity": record.severity,
        "replicate": record.replicate,
        "seed": record.seed,
        "status": record.status,
        **seen,
        "target": target,
        "answer": answer,
        "refused": None if found is None else found.refused,
        **{label: record.scores.get(label) for label in metrics},
        "distance": record.distance,
        "changed": record.changed,
        "error": record.error,
        "attempts": record.attempts,
        "queries": record.queries,
    }


def cell(value: Any) -> str | int | float | None:
    """Give what fits into a cell: a text, a number or a truth value; None for all else."""
    return value if isinstance(value, str | int | float) else None
