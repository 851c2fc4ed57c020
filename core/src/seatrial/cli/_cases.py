"""What `seatrial cases` lists, shows and writes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from attrs import evolve, frozen

from .._cases import CLEAN, STATUSES
from .._files import load_specification
from .._plans import Priority, Specification
from .._values import did_you_mean
from ..errors import PlanError
from ..judging._sample import Sample
from ..runs._keeping import is_worse_half
from ..runs._report import Report
from ..runs._selection import Mask, Selection, wrong_by_metric
from ._examples import Example, Texts
from ._export import checked_suffix, exported
from ._output import echo, note, print_json, print_lines
from ._record_view import brief_view_of, view_of
from ._stream import results, spelled, width_of_terminal

__all__ = ["loaded", "shown_cases"]

SHOWN = 10
SPECIFICATION = "specification.toml"


@frozen
class _Judged:
    """Which records a question is about, which of them are wrong, and by what that is told."""

    asked: Mask
    wrong: Mask
    known: Mask
    by: str


def loaded(directory: Path, cases: str | None, spec: Path | None, *, trust: bool) -> Report:
    """Read a run; the cases of a specification are made only where an input is not kept."""
    measured = load_specification(spec).cases if cases is None and spec else cases
    return Report.load(directory, cases=measured, trust=trust)


def shown_cases(
    directory: Path,
    *,
    failed: bool,
    brief: bool,
    priority: str | None,
    metric: str | None,
    selection: Selection,
    limit: int | None,
    to: Path | None,
    pictures: Path | None,
    spec: Path | None,
    cases: str | None,
    trust: bool,
    as_json: bool,
) -> None:
    """Show the records that are asked for, or write them to a file."""
    if to is not None:
        checked_suffix(to)
    report = loaded(directory, cases, spec, trust=trust)
    judged = _judged(report, priority, metric, spec or directory / SPECIFICATION)
    found = selection.positions(report)
    found = found[judged.asked[found]]
    if failed:
        found = found[judged.wrong[found]]
    chosen = (
        found if limit == 0 else found[: limit or (SHOWN if to is None and not as_json else None)]
    )
    texts = Texts(report._store.modalities, pictures or directory / "pictures")
    examples = _examples(report, chosen, judged, texts)
    if to is not None:
        note(f"{exported(to, (one.row() for one in examples)):,} records written to {to}")
    elif as_json:
        print_json([one.row() for one in examples])
    else:
        _print(examples, len(chosen), len(found), judged, failed=failed, brief=brief)


def _print(
    examples: Iterator[Example],
    shown: int,
    total: int,
    judged: _Judged,
    *,
    failed: bool,
    brief: bool,
) -> None:
    stream = results()
    view = brief_view_of if brief else view_of
    width = width_of_terminal(stream)
    for one in examples:
        lines = view(one, width, coloured=stream.isatty())
        print_lines([(spelled(text, stream), style) for text, style in line] for line in lines)
        if not brief:
            echo()
    what = f"{'failed ' if failed else ''}record{'' if total == 1 else 's'}"
    by = f", right or wrong by {judged.by}" if judged.by else ""
    more = f"; {shown:,} shown (--limit 0 shows all)" if shown < total else ""
    echo(f"{total:,} {what}{by}{more}")


def _examples(
    report: Report, positions: np.ndarray[Any, Any], judged: _Judged, texts: Texts
) -> Iterator[Example]:
    """Read records with the answers to their clean inputs."""
    columns = report.columns
    clean = {int(columns.case[at]): at for at in np.flatnonzero(columns.use < 0).tolist()}
    before = {case: clean[case] for at in positions if (case := int(columns.case[at])) in clean}
    answers: dict[str, str] = {}
    for one in report.records(list(dict.fromkeys(before.values()))):
        answers[one.case_id] = Example(one, None, texts).answer
    for at, record in zip(positions, report.records(positions.tolist()), strict=True):
        wrong = bool(judged.wrong[at]) if judged.known[at] else None
        found = Example(record, wrong, texts)
        same = record.perturbation == CLEAN
        yield found if same else evolve(found, clean=answers.get(record.case_id))


def _judged(report: Report, name: str | None, metric: str | None, spec: Path) -> _Judged:
    if name is not None:
        return _by_priority(report, _priority(load_specification(spec), name, spec))
    wrong, known, by = wrong_by_metric(report, metric)
    return _Judged(np.ones_like(wrong), wrong, known, by)


def _priority(specification: Specification, name: str, spec: Path) -> Priority:
    known: Mapping[str, Priority] = {one.name: one for one in specification.priorities}
    if name not in known:
        hint = did_you_mean(name, known) or f"; there are {', '.join(map(repr, known))}"
        msg = f"{spec} has no priority {name!r}{hint}"
        raise PlanError(msg)
    return known[name]


def _by_priority(report: Report, priority: Priority) -> _Judged:
    """Tell right from wrong as the verdict on a priority does."""
    right = priority.right
    if right is not None and not right.per_case:
        label = right.metric.label if right.metric else ""
        msg = (
            f"priority {priority.name!r} is judged by {label} over all cases, which tells no "
            "record right or wrong: give --metric in its place"
        )
        raise PlanError(msg)
    sample = Sample.of(priority, report)
    asked = np.zeros(len(report.columns.use), dtype=bool)
    asked[sample.variants[sample.variants >= 0]] = True
    scores = sample.scores()
    metric = {
        "higher_is_better": right is not None and right.higher_is_better,  # else: a changed answer
        "bounds": right.bounds if right else None,
    }
    with np.errstate(invalid="ignore"):
        worse = is_worse_half(metric, scores)
    errored = report.columns.status == STATUSES.index("errored")
    return _Judged(asked, errored | (worse & ~np.isnan(scores)), errored | ~np.isnan(scores), "")
