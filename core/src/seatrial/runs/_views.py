"""Views of the records: outcomes, preferences and data frames."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from attrs import evolve

from .._cases import CLEAN, Case, Outcome, Preference, cluster_of
from ..errors import ComponentLoadError, PlanError
from ..inputs._encoding import name_content
from ._keeping import is_worse_half
from ._records import Record

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "Preferences",
    "columns_of_groups",
    "frame_of",
    "outcomes_of",
    "preferences_of",
    "right_by",
]

BEFORE = ("record", "case", "cluster")
BETWEEN = (
    "perturbation",
    "severity",
    "replicate",
    "seed",
    "status",
    "target",
    "answer",
    "refused",
)
AFTER = ("distance", "changed", "error", "attempts", "queries")
"""The columns of a data frame: before the groups, after them, and after the metrics."""


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
    what = f"the metric {metric!r}" if metric else "any metric that scores case by case"
    there = ", ".join(one["label"] for one in metrics if one["per_case"]) or "none"
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


def columns_of_groups(groups: Iterable[str], taken: Iterable[str]) -> dict[str, str]:
    """Name the column of each group: itself, or `group.` before it where that name is taken."""
    known = {*BEFORE, *BETWEEN, *AFTER, *taken}
    return {name: f"group.{name}" if name in known else name for name in groups}


def frame_of(
    records: Iterable[Record], cases: Sequence[Case], metrics: Sequence[str]
) -> pd.DataFrame:
    """Give one row for each record as a pandas data frame; see `Report.frame`."""
    try:
        import pandas as pd
    except ImportError as error:
        msg = "frame() needs pandas, which is not installed: pip install pandas"
        raise ComponentLoadError(msg) from error
    named = columns_of_groups(dict.fromkeys(name for one in cases for name in one.groups), metrics)
    attributes = {
        case.id: {
            "target": _plain(case.target),
            "cluster": cluster_of(case),
            **{named[name]: value for name, value in case.groups.items()},
        }
        for case in cases
    }
    rows = [_row(record, attributes[record.case_id], metrics) for record in records]
    columns = (*BEFORE, *named.values(), *BETWEEN, *metrics, *AFTER)
    frame = pd.DataFrame(rows, columns=list(columns))
    whole = dict.fromkeys(("seed", "queries"), "Int64")
    return frame.astype({**whole, "refused": "boolean"})


def _row(record: Record, attributes: Mapping[str, Any], metrics: Sequence[str]) -> dict[str, Any]:
    found = record.prediction
    return {
        "record": record.id,
        "case": record.case_id,
        **attributes,
        "perturbation": record.perturbation,
        "severity": record.severity,
        "replicate": record.replicate,
        "seed": record.seed,
        "status": record.status,
        # An array is no cell: it is not read to find that out.
        "target": None if attributes["target"] is None else _plain(record.target),
        "answer": None if found is None else _plain(found.value),
        "refused": None if found is None else found.refused,
        **{label: record.scores.get(label) for label in metrics},
        "distance": record.distance,
        "changed": record.changed,
        "error": record.error,
        "attempts": record.attempts,
        "queries": record.queries,
    }


def _plain(value: Any) -> str | int | float | None:
    """Give what fits into a cell: a text, a number or a truth value."""
    return value if isinstance(value, str | int | float) else None
