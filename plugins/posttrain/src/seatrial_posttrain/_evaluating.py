"""Asks a model the tasks of an evaluation, and keeps what came of each case."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from attrs import asdict, field, frozen
from attrs.converters import optional

from seatrial import Metric, Plan, Record, Use, run
from seatrial.errors import ModelError
from seatrial.kit import cluster_of, digest, plain, write_atomically

from ._asking import Asking
from ._extracted import UNPARSED
from ._perplexity import perplexity
from ._tasks import Task, tasks_of

__all__ = ["Measured", "evaluate"]


def _tuple(values: Any) -> tuple[Any, ...]:
    return tuple(values)


@frozen(kw_only=True)
class Measured:
    """What came of a task, case by case.

    `answers` and `targets` are texts, numbers or None. `scores` are those of a metric that scores
    each case, the losses (nats) where the task is of perplexity, with the `tokens` they are over,
    and None where the metric scores all cases together.
    """

    cases: tuple[str, ...] = field(converter=_tuple)
    clusters: tuple[str, ...] = field(converter=_tuple)
    targets: tuple[Any, ...] = field(default=(), converter=_tuple)
    answers: tuple[Any, ...] = field(default=(), converter=_tuple)
    scores: tuple[float, ...] | None = field(default=None, converter=optional(_tuple))
    tokens: tuple[int, ...] | None = field(default=None, converter=optional(_tuple))

    @property
    def parsed(self) -> float | None:
        """The fraction of the answers in which one was found; None where nothing was asked."""
        if not self.answers:
            return None
        found = [one for one in self.answers if one != UNPARSED]
        return len(found) / len(self.answers)


def evaluate(
    model: Any, tasks: Sequence[Any], *, seed: int = 0, to: str | Path | None = None
) -> dict[str, Measured]:
    """Measure each task, in a run of its own; with `to`, a folder, what is measured stays.

    `tasks` are `Task`s, or tables as in a recipe. The model needs an `identity`.
    Raises `ModelError` for a case that could not be answered: a figure over fewer cases would be
    compared with one over all.
    """
    folder = None if to is None else Path(to)
    if not isinstance(getattr(model, "identity", None), str):
        msg = (
            "a model that is evaluated needs an identity: a text that changes whenever its answers "
            "may; give it the attribute `identity`"
        )
        raise ModelError(msg)
    return {task.name: _measured(model, task, seed, folder) for task in tasks_of(tasks)}


def _measured(model: Any, task: Task, seed: int, to: Path | None) -> Measured:
    what = [[one.id, plain(one.input), plain(one.target)] for one in task.cases]
    how = [repr(task.metric), task.answers, list(task.options), seed]
    name = digest([model.identity, what, how])[:24]
    file = None if to is None else to / f"{name}.json"
    if file is not None and file.is_file():
        return Measured(**json.loads(file.read_text("utf-8")))
    if task.metric is None:
        found = _foretold(model, task)
    else:
        found = _answered(model, task, task.metric, seed, None if to is None else to / name)
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(file, json.dumps(asdict(found)))
    return found


def _foretold(model: Any, task: Task) -> Measured:
    found = perplexity(model, task.cases)
    return Measured(**_names(task), scores=found.losses, tokens=found.tokens)


def _answered(model: Any, task: Task, metric: Use[Metric], seed: int, to: Path | None) -> Measured:
    asking = Asking(model, task.answers, task.options)
    report = run(Plan(metrics=[metric], seed=seed), model=asking, cases=list(task.cases), to=to)
    if report.errors:
        msg = f"task {task.name!r}: {report.errors[0]}; nothing is compared before it is answered"
        raise ModelError(msg)
    records = {one.case_id: one for one in report.records()}
    kept = [records[one.id] for one in task.cases]
    return Measured(
        **_names(task),
        targets=[plain(one.target) for one in kept],
        answers=[None if one.prediction is None else plain(one.prediction.value) for one in kept],
        scores=_scores(kept, metric),
    )


def _scores(records: Sequence[Record], metric: Use[Metric]) -> list[float] | None:
    if not metric.component.per_case:
        return None
    return [one.scores[metric.label] for one in records]


def _names(task: Task) -> Mapping[str, Any]:
    return {
        "cases": [one.id for one in task.cases],
        "clusters": [cluster_of(one) for one in task.cases],
    }
