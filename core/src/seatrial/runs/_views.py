"""Views of the records: outcomes, preferences and data frames."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from attrs import evolve

from .._cases import CLEAN, Case, Outcome, Preference
from ..errors import ComponentLoadError, PlanError
from ..inputs._encoding import name_content
from ._keeping import is_worse_half
from ._records import Record
from ._row import cell, columns_of, columns_of_groups, row_of

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Preferences", "frame_of", "outcomes_of", "preferences_of", "right_by", "rows_of"]


class Preferences(tuple[Preference, ...]):  # noqa: SLOT001 - it has an attribute
    """Preferences, and the clusters of all cases among which they were found."""

    clusters: frozenset[str] = frozenset()

    @classmethod
    def of(cls, found: Iterable[Preference], clusters: Iterable[str]) -> Preferences:
        """Put them together."""
        made = cls(found)
        made.clusters = frozenset(clusters)
        return made


def right_by(
    metrics: Sequence[Mapping[str, Any]], metric: str | None
) -> tuple[str, Callable[[float], bool]]:
    """Find the metric that tells right from wrong, and give its label and what tells them apart.

    An answer is right when its score lies in the better half of the metric's bounds. Without a
    label it is the first metric that scores case by case.
    """
    for known in metrics:
        if known["per_case"] and metric in (None, known["label"]):
            return known["label"], lambda score: not is_worse_half(known, score)  # noqa: B023
    there = ", ".join(one["label"] for one in metrics if one["per_case"]) or "none"
    if any(metric == known["label"] for known in metrics):
        msg = (
            f"{metric} scores no single answer, so it cannot tell right from wrong; metrics that "
            f"score case by case: {there}"
        )
        raise PlanError(msg)
    what = f"the metric {metric!r}" if metric else "any metric that scores case by case"
    msg = (
        f"the run was not scored with {what}, so right and wrong answers cannot be told apart; "
        f"metrics that score case by case: {there}"
    )
    raise PlanError(msg)


def outcomes_of(
    records: Iterable[Record], label: str, right: Callable[[float], bool]
) -> Iterator[Outcome]:
    """Give every scored answer with its case and input; the case has the target as scored."""
    for record in records:
        if record.prediction is None or label not in record.scores:
            continue
        case, target = record.case, record.target
        if target is not case.target and not (isinstance(target, str) and target == case.target):
            case = evolve(case, target=target)
        yield Outcome(
            case=case,
            input=record.input,
            prediction=record.prediction,
            right=right(record.scores[label]),
            perturbation=record.perturbation,
            severity=record.severity,
            replicate=record.replicate,
        )


def preferences_of(
    records: Iterable[Record],
    label: str,
    right: Callable[[float], bool],
    clusters: Mapping[str, str],
) -> Iterator[Preference]:
    """Turn every wrong answer into a pair: the target before the answer.

    What has no target makes no pair, nor does an answer that says what the target says.
    """
    for record in records:
        found = record.prediction
        if found is None or label not in record.scores or right(record.scores[label]):
            continue
        if record.target is None or name_content(record.target) == name_content(found.value):
            continue
        where = "" if record.perturbation == CLEAN else f" at severity {record.severity}"
        yield Preference(
            record.input,
            record.target,
            found.value,
            case_id=record.case_id,
            cluster=clusters[record.case_id],
            reason=f"{label} {record.scores[label]:g} on {record.perturbation}{where}",
        )


def frame_of(
    records: Iterable[Record], cases: Sequence[Case], metrics: Sequence[str]
) -> pd.DataFrame:
    """Give one row for each record as a pandas data frame; see `Report.frame`."""
    try:
        import pandas as pd
    except ImportError as error:
        msg = "frame() needs pandas, which is not installed: pip install pandas"
        raise ComponentLoadError(msg) from error
    rows = list(rows_of(records, cases, metrics))
    frame = pd.DataFrame(rows, columns=list(columns_of(_groups(cases, metrics).values(), metrics)))
    whole = dict.fromkeys(("seed", "queries"), "Int64")
    return frame.astype({**whole, "refused": "boolean"})


def rows_of(
    records: Iterable[Record],
    cases: Sequence[Case],
    metrics: Sequence[str],
    written: Callable[[Any], Any] = cell,
) -> Iterator[dict[str, Any]]:
    """Give a row for each record, all with the same columns: the groups are those of all cases.

    A target that is no text and no number is left out, and not read; `written` gives what stands
    for an answer.
    """
    named = _groups(cases, metrics)
    known = {case.id: case for case in cases}
    for record in records:
        case, found = known[record.case_id], record.prediction
        yield row_of(
            record,
            case,
            {column: case.groups.get(name) for name, column in named.items()},
            metrics,
            target=None if cell(case.target) is None else cell(record.target),
            answer=None if found is None else written(found.value),
        )


def _groups(cases: Sequence[Case], metrics: Iterable[str]) -> dict[str, str]:
    return columns_of_groups(dict.fromkeys(name for one in cases for name in one.groups), metrics)
