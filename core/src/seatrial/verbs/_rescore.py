"""Score records of an earlier run with metrics that are new or have changed; no model is asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from attrs import evolve

from .._cases import Case, Prediction
from .._plans import Plan
from .._registry import Registry
from ..engine._worker import Worker
from ..runs._encoding import Row
from ..runs._reader import Reader
from ..runs._records import Record
from ..runs._store import Store

__all__ = ["rescore"]

AT_ONCE = 1024
ANSWERED = "prediction IS NOT NULL"


def rescore(
    store: Store, plan: Plan, worker: Worker, cases: Sequence[Case], registry: Registry
) -> None:
    """Score every answered record that lacks the score of some metric by case.

    A record that errored after it was answered did so in a metric, and is scored afresh.
    """
    metrics = [use for use in plan.metrics if use.component.per_case]
    labels = {use.label for use in metrics}
    whole = any(use.component.reads == "case" for use in metrics)
    uses = {use.label: use for use in plan.perturbations}
    reader = Reader(store, registry, list(uses), uses.__getitem__, own=cases)
    by_id = {case.id: case for case in cases}
    keys = store.rows("records.key", f"status IS NOT NULL AND {ANSWERED}")
    some: list[tuple[bytes, Row, Case, Prediction]] = []

    def score() -> None:
        worker.score([(row, case, prediction) for _, row, case, prediction in some])
        store.rescore({key: row for key, row, _, _ in some})
        some.clear()

    for (key,), record in zip(keys, reader.records(ANSWERED), strict=True):
        known = {} if record.status == "errored" else dict(record.scores)
        if labels <= known.keys() or record.prediction is None:
            continue
        row = Row("refused" if record.prediction.refused else "scored", scores=known)
        some.append((key, row, _seen(record, by_id[record.case_id], whole), record.prediction))
        if len(some) == AT_ONCE:
            score()
    score()


def _seen(record: Record, case: Case, whole: Any) -> Case:
    """Give the case as it is scored: its target, and its input where a metric reads that."""
    return evolve(case, target=record.target, **({"input": record.input} if whole else {}))
