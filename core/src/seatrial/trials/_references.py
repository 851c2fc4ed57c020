"""Figures of an earlier run that a demand compares with."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import PlanError
from ._report import Report
from ._sample import Evidence, Floats, Sample

__all__ = ["errors_of_run", "report_of", "scores_of_run"]


@lru_cache(maxsize=8)
def _loaded(path: str, stamp: tuple[int, ...]) -> Report:
    del stamp  # only part of the key: a run that went on is read again
    return Report.load(path)


def report_of(path: str) -> Report:
    """Read the report of a run directory that a specification names."""
    files = sorted(Path(path).glob("trials.sqlite*"))
    return _loaded(path, tuple(file.stat().st_mtime_ns for file in files))


def errors_of_run(path: str, label: str) -> tuple[float, ...]:
    """Give (clean error, mean error at each severity) of one perturbation in another run."""
    report = report_of(path)
    metric = next((one for one in report.metrics if one["per_case"] and one["bounds"]), None)
    if metric is None:
        msg = f"{path} was not scored case by case, so its errors are unknown"
        raise PlanError(msg)
    low, high = metric["bounds"]

    def error(cell: Any) -> float:
        score = cell.scores[metric["label"]]
        if score is None:
            msg = f"{path} has no score for {cell.perturbation} at severity {cell.severity}"
            raise PlanError(msg)
        share = (score - low) / (high - low)
        return float(1 - share if metric["higher_is_better"] else share)

    cells = [cell for cell in report.cells if cell.perturbation == label]
    clean = [cell for cell in report.cells if cell.severity == 0]
    if not cells or not clean:
        msg = f"{path} has nothing on {label}"
        raise PlanError(msg)
    return (error(clean[0]), *map(error, cells))


def scores_of_run(path: str, evidence: Evidence) -> Floats:
    """Give, for each case, the mean score of the same variants in another run; NaN where none."""
    sample = Sample.of(evidence.priority, report_of(path))
    other = sample.evidence()
    means = other.means()
    at = {name: float(means[row]) for row, name in enumerate(other.ids)}
    return np.array([at.get(name, np.nan) for name in evidence.ids])
