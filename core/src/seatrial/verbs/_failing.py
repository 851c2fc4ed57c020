"""Runs in which nothing works, and what to change: every record failed, or no answer is right."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import islice
from typing import Any

import numpy as np
from attrs import define, field

from .._cases import Prediction
from ..engine._schedule import Batch
from ..engine._worker import Measured
from ..events import Progress
from ..inputs._not_yet import MADE_FIRST, ONE_AT_A_TIME
from ..runs._encoding import dump_prediction
from ..runs._records import Record
from ..runs._report import Report
from ..runs._report_table import SHOWN

__all__ = ["ALLOWED", "Beginning", "everything_failed", "never_equal"]

ALLOWED = "every-record-errored"
"""The name that `allow` takes for going on although everything has failed so far."""

ENOUGH = 4
"""How many cases have to be wrong, with all of their variants, before anything is said of it."""

FIRST = 32
"""How many records have to fail before a run stops."""

LOOKED_AT = 1000
"""How many records are looked at for an answer to show."""

OF_A_LIST = re.compile(
    r"(?:AttributeError|TypeError): .*\blist\b|must return a list (?!.*(?:list\(|return anything))"
)
OF_A_FACTORY = re.compile(r"TypeError: .* takes 0 positional arguments but 1 was given")


@define
class Beginning:
    """The batches of a run until the first record that has an answer with a score."""

    over: bool = False
    cases: set[int] = field(factory=set)

    def failed(self, batch: Batch, measured: Measured, progress: Progress) -> bool:
        """Tell whether nothing of what was measured so far works, and there is more to come."""
        if self.over:
            return False
        asked = [row for row in measured.rows if not row.unchanged and row.status != "skipped"]
        self.over = not all(row.status == "errored" and not row.scores for row in asked)
        if self.over or progress.kept:
            return False
        self.cases.update(unit.case for unit, _, _ in batch[1])
        enough = progress.errored >= FIRST and len(self.cases) >= ENOUGH
        return enough and progress.done < progress.planned


def everything_failed(report: Report, *, stopped: bool, durable: bool) -> str | None:
    """Say that every record failed, with the commonest errors and what to change; None else."""
    counts, errors = report.accounting, report.errors
    if not errors or counts.scored or counts.refused or len(report.case_digests) < ENOUGH:
        return None
    if any(not np.isnan(scores).all() for scores in report.columns.scores.values()):
        return None
    first = "the first " if stopped else ""
    end = ", so the run stopped" if stopped else ""
    told = [f"every one of {first}{counts.errored:,} records failed{end}:"]
    told += [f"  {one}" for one in errors[:SHOWN]]
    if any(OF_A_LIST.search(one.error) for one in errors):
        told.append(ONE_AT_A_TIME)
    if any(OF_A_FACTORY.search(one.error) for one in errors):
        told.append(MADE_FIRST)
    again = "run the same command again: it measures them anew" if durable else "run it again"
    told.append(f"mend what failed, and {again}")
    if stopped:
        told[-1] += f"; allow {ALLOWED!r} to measure the others all the same"
    return "\n".join(told)


def never_equal(report: Report) -> str | None:
    """Say that no answer equals any target, with one of each; None where one does, or may not.

    Only where every score by case is the worst that there is: elsewhere a metric found something
    right in the answers.
    """
    targets = {one.target for one in report.cases if _comparable(one.target)}
    columns = report.columns
    answered = (columns.answer >= 0) & (columns.refused < 1)
    few = len(set(columns.case[answered].tolist())) < ENOUGH
    if not targets or few or _something_right(report):
        return None
    named = [dump_prediction(Prediction(one))[1] for one in targets]
    if np.isin(columns.answer[answered], named).any():
        return None
    answers: dict[Any, Record] = {}
    for record in islice(report.records(), LOOKED_AT):
        if record.prediction is not None and _comparable(record.prediction.value):
            answers.setdefault(record.prediction.value, record)
    if not answers or targets & answers.keys():
        return None
    answer, record = next(iter(answers.items()))
    told = (
        f"no answer equals any target: to case {record.case_id!r} the model answers "
        f"{answer!r:.80}, and its target is {record.target!r:.80}"
    )
    alike = _alike(answers, targets)
    return told if alike is None else f"{told}; {alike}"


def _something_right(report: Report) -> bool:
    """Tell whether a metric by case has a better score for some answer than the worst."""
    for metric in report.metrics:
        if not metric["per_case"]:
            continue
        if metric["bounds"] is None:
            return True
        low, high = metric["bounds"]
        scores = report.columns.scores[metric["label"]]
        worst = low if metric["higher_is_better"] else high
        if (scores[~np.isnan(scores)] != worst).any():
            return True
    return False


def _comparable(value: Any) -> bool:
    return isinstance(value, str | int | float)


def _alike(answers: Iterable[Any], targets: Iterable[Any]) -> str | None:
    """Find an answer that would be right if it were written as a target is."""
    plain = {str(one).strip().casefold().rstrip("."): one for one in targets}
    for answer in answers:
        target = plain.get(str(answer).strip().casefold().rstrip("."))
        if target is None:
            continue
        if isinstance(target, str) == isinstance(answer, str):
            return f"they differ in how they are written: {answer!r:.40} and {target!r:.40}"
        what = {True: "a text", False: "a number"}
        return (
            f"{answer!r:.40} is {what[isinstance(answer, str)]} and {target!r:.40} is "
            f"{what[isinstance(target, str)]} (state types = {{ column = ... }} for a file)"
        )
    return None
