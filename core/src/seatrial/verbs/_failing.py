"""Runs in which nothing works, and what to change: every record failed, or no answer is right."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Any

import numpy as np

from ..engine._schedule import Batch
from ..events import Progress
from ..inputs._not_yet import ONE_AT_A_TIME
from ..runs._report import SHOWN, Report

__all__ = ["ALLOWED", "everything_failed", "failing", "never_equal"]

ALLOWED = "every-record-errored"
"""The name that `allow` takes for going on although everything has failed so far."""

ENOUGH = 4
"""How many cases have to be wrong, with all of their variants, before anything is said of it."""

FIRST = 32
"""How many records have to fail before a run stops."""

OF_A_LIST = re.compile(r"(?:AttributeError|TypeError): .*\blist\b|must return a list")


def failing(progress: Progress, begun: Sequence[Batch]) -> bool:
    """Tell whether everything that a run has measured so far failed, and there is more to come."""
    if progress.kept or progress.measured < FIRST or progress.errored < progress.measured:
        return False
    cases = {unit.case for batch in begun for unit, _, _ in batch[1]}
    return len(cases) >= ENOUGH and progress.done < progress.planned


def everything_failed(report: Report, *, stopped: bool, durable: bool) -> str | None:
    """Say that every record failed, with the commonest errors and what to change; None else."""
    counts, errors = report.accounting, report.errors
    if not errors or counts.scored or counts.refused or len(report.case_digests) < ENOUGH:
        return None
    first = "the first " if stopped else ""
    end = ", so the run stopped" if stopped else ""
    told = [f"every one of {first}{counts.errored:,} records failed{end}:"]
    told += [f"  {one}" for one in errors[:SHOWN]]
    if any(OF_A_LIST.search(one.error) for one in errors):
        told.append(ONE_AT_A_TIME)
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
    per_case = [one for one in report.metrics if one["per_case"]]
    for metric in per_case:
        if metric["bounds"] is None:
            return None
        low, high = metric["bounds"]
        worst = low if metric["higher_is_better"] else high
        scores = report.columns.scores[metric["label"]]
        if (scores[~np.isnan(scores)] != worst).any():
            return None
    answers: dict[str, tuple[Any, str]] = {}
    targets: dict[str, Any] = {}
    asked: set[str] = set()
    for record in report.records():
        if record.prediction is None or not _comparable(record.target):
            continue
        answer = record.prediction.value
        if not _comparable(answer) or record.prediction.refused:
            continue
        asked.add(record.case_id)
        answers.setdefault(repr(answer), (answer, record.case_id))
        targets.setdefault(repr(record.target), record.target)
    if len(asked) < ENOUGH or {value for value, _ in answers.values()} & set(targets.values()):
        return None
    answer, case = next(iter(answers.values()))
    told = (
        f"no answer equals any target: to case {case!r} the model answers {answer!r:.80}, and "
        f"targets read {next(iter(targets.values()))!r:.80}"
    )
    alike = _alike([value for value, _ in answers.values()], targets.values())
    return told if alike is None else f"{told}; {alike}"


def _comparable(value: Any) -> bool:
    return isinstance(value, str | int | float)


def _alike(answers: Sequence[Any], targets: Collection[Any]) -> str | None:
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
