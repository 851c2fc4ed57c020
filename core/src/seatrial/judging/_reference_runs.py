"""What an earlier run knows about a priority that compares with it."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np

from .._plans import Priority
from ..errors import PlanError
from ..runs._report import Report
from ._evidence import Evidence, Floats
from ._sample import Sample

__all__ = ["errors_of", "evidence_of_run", "rows_in_both"]


@lru_cache(maxsize=2)
def _report(path: str, stamp: tuple[int, ...]) -> Report:
    del stamp  # only part of the key: a run that went on is read again
    return Report.load(path)


@lru_cache(maxsize=8)
def _loaded(path: str, stamp: tuple[int, ...], priority: Priority) -> Evidence:
    try:
        return Sample.of(priority, _report(path, stamp)).scored()
    except PlanError as error:
        msg = f"{path}: {error}"
        raise PlanError(msg) from None


def evidence_of_run(path: str, priority: Priority) -> Evidence:
    """Read from a run directory what a priority is about; the path starts where one works."""
    files = sorted(Path(path).glob("trials.sqlite*"))
    return _loaded(path, tuple(file.stat().st_mtime_ns for file in files), priority)


def rows_in_both(
    evidence: Evidence, other: Evidence, *, paired: bool
) -> tuple[list[int], list[int], str]:
    """Match cases by id: their rows here and there, and a note on those that have no match.

    A case that the other run lacks, or has no score for, cannot be paired.
    """
    errored, pending = other.lost(paired=paired)
    known = other.usable(paired=paired) & ~errored & ~pending
    at = {name: row for row, name in enumerate(other.ids) if known[row]}
    names = evidence.ids
    here = [row for row, name in enumerate(names) if name in at]
    if not here:
        msg = "the run to compare with has a score for none of these cases"
        raise PlanError(msg)
    missing = len(names) - len(here)
    note = f"{missing} cases have no score in the run to compare with" if missing else ""
    return here, [at[names[row]] for row in here], note


def errors_of(evidence: Evidence) -> tuple[Floats, Floats]:
    """Turn clean scores and those of variants into errors from 0 (best) to 1 (worst)."""
    low, high = evidence.bounds or (0.0, 1.0)

    def error(scores: Floats) -> Floats:
        fraction = (scores - low) / (high - low)
        return np.asarray(1 - fraction if evidence.better else fraction)

    return error(evidence.clean.values), error(evidence.variants.values)
