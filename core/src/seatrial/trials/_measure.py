"""Measure one batch of units: perturb, ask the model, score. This is what runs in workers."""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import attrs
import numpy as np
from attrs import field, frozen

from .._cases import Case, Prediction, answer_of
from .._components import Metric, Perturbation, Use
from .._plans import Plan
from .._seeds import derive
from .._values import freeze, plain
from ..errors import ModelError, NotApplicable
from ._distance import distance, same
from ._work import Unit, parts_of

__all__ = ["Bench", "Row", "encode", "perturb", "score_cases"]

Task = tuple[Unit, Case, int | None]


@attrs.define(slots=True)
class Row:
    """One measured record on its way to the store.

    `status` is "scored", "refused", "errored" or "skipped"; `unchanged` says that the perturbation
    left the input as it was, so the clean prediction stands for it and the model was not asked.
    """

    status: str = "scored"
    prediction: Prediction | None = None
    scores: dict[str, float] = field(factory=dict)
    distance: float | None = None
    unchanged: bool = False
    error: str | None = None
    target: Any = None


def perturb(
    use: Use[Perturbation], apply: Callable[..., Any], case: Case, seed: int
) -> tuple[Case, float | None, bool]:
    """Perturb one case; give it with the distance and whether nothing changed."""
    if use.component.sees_case:
        changed = apply(case, seed=seed)
        if not isinstance(changed, Case):
            msg = f"{use.label} must give a Case, got {type(changed).__qualname__}"
            raise TypeError(msg)
        return changed, distance(case.input, changed.input), same(case.input, changed.input)
    parts = parts_of(use, case)
    if parts == (None,):
        value = apply(case.input, seed=seed)
        return attrs.evolve(case, input=value), distance(case.input, value), same(case.input, value)
    new = dict(case.input)
    for index, part in enumerate(parts):
        assert part is not None
        new[part] = apply(case.input[part], seed=seed if not index else derive(seed, part))
    before = {part: case.input[part] for part in parts if part}
    after = {part: new[part] for part in parts if part}
    return attrs.evolve(case, input=new), distance(before, after), same(before, after)


def encode(answer: Any) -> Prediction:
    """Turn an answer into a prediction of plain values, the same before and after storage."""
    prediction = answer_of(answer)
    return Prediction(
        _storable(prediction.value),
        probabilities=None
        if prediction.probabilities is None
        else {str(key): float(p) for key, p in prediction.probabilities.items()},
        refused=None if prediction.refused is None else bool(prediction.refused),
        details=_storable(prediction.details),
    )


def _storable(value: Any) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, Mapping):
        return freeze({str(key): _storable(item) for key, item in value.items()})
    if isinstance(value, list | tuple):
        return tuple(_storable(item) for item in value)
    msg = (
        f"answers must be text, numbers, or lists and mappings of these, got "
        f"{type(value).__qualname__}"
    )
    raise ModelError(msg)


def score_cases(
    use: Use[Metric], score: Callable[..., Any], targets: Sequence[Any], predictions: Sequence[Prediction]
) -> list[float]:
    """Score a batch with a per-case metric; NaN where the metric gives none."""
    answers = predictions if use.component.reads == "prediction" else [p.value for p in predictions]
    found = [float(one) for one in score(targets, answers)]
    if len(found) != len(targets):
        msg = f"{use.label} gave {len(found)} scores for {len(targets)} cases"
        raise ModelError(msg)
    return found


@frozen
class Bench:
    """Everything that a worker needs: the plan's parts built once, and the model."""

    plan: Plan
    model: Callable[..., Any]
    timeout: float | None = None
    alone: AbstractContextManager[Any] = field(factory=nullcontext)
    _built: dict[tuple[int, int], Any] = field(factory=dict, init=False)
    _scores: list[tuple[Use[Metric], Any]] = field(init=False)

    @_scores.default
    def _build_scores(self) -> list[tuple[Use[Metric], Any]]:
        return [(use, use.build()) for use in self.plan.metrics if use.component.per_case]

    def measure(self, tasks: Sequence[Task]) -> list[Row]:
        """Measure a batch; a failure of one case never costs the others their result."""
        rows, inputs, targets, asked = [], [], [], []
        for unit, case, seed in tasks:
            row = Row()
            rows.append(row)
            seen = case
            if unit.use >= 0:
                try:
                    seen = self._perturb(unit, case, seed, row)
                except NotApplicable as error:
                    row.status, row.error = "skipped", str(error)
                    continue
                except Exception as error:
                    row.status = "errored"
                    row.error = f"{self.plan.perturbations[unit.use].label}: {_say(error)}"
                    continue
                if row.unchanged:
                    continue
            inputs.append(plain(seen.input) if isinstance(seen.input, Mapping) else seen.input)
            targets.append(plain(seen.target))
            asked.append(row)
        for row, answer in zip(asked, self._ask(inputs), strict=True):
            if isinstance(answer, Prediction):
                row.prediction = answer
                row.status = "refused" if answer.refused else "scored"
            else:
                row.status, row.error = "errored", answer
        answered = [(row, target) for row, target in zip(asked, targets, strict=True) if row.prediction]
        self.score([row for row, _ in answered], [freeze(target) for _, target in answered])
        return rows

    def _perturb(self, unit: Unit, case: Case, seed: int | None, row: Row) -> Case:
        use = self.plan.perturbations[unit.use]
        key = (unit.use, unit.severity)
        if key not in self._built:
            self._built[key] = use.component.at(unit.severity, use.params)
        with self.alone:
            seen, row.distance, row.unchanged = perturb(use, self._built[key], case, seed or 0)
        if seen.target is not case.target and seen.target != case.target:
            row.target, row.unchanged = seen.target, False
        return seen

    def _ask(self, inputs: list[Any]) -> list[Prediction | str]:
        """Ask for a batch; when that fails, ask one by one to find out which case is at fault."""
        if not inputs:
            return []
        try:
            return self._call(inputs)
        except Exception as error:
            if len(inputs) == 1:
                return [_say(error)]
        return [self._ask([one])[0] for one in inputs]

    def _call(self, inputs: list[Any]) -> list[Prediction | str]:
        answers = _within(self.timeout, self.model, inputs)
        if isinstance(answers, str | Mapping) or not hasattr(answers, "__len__"):
            msg = f"a model must return a list with one answer per input, got {type(answers).__name__}"
            raise ModelError(msg)
        if len(answers) != len(inputs):
            msg = f"the model returned {len(answers)} answers for {len(inputs)} inputs"
            raise ModelError(msg)
        return [encode(answer) for answer in answers]

    def score(self, rows: list[Row], targets: list[Any]) -> None:
        """Add the per-case scores that the rows do not have yet; a metric's failure marks its row."""
        if not rows:
            return
        predictions = [row.prediction for row in rows if row.prediction]
        for use, score in self._scores:
            try:
                found: list[float | str] = [*score_cases(use, score, targets, predictions)]
            except Exception:
                found = [self._score_one(use, score, *one) for one in zip(targets, predictions, strict=True)]
            for row, value in zip(rows, found, strict=True):
                if isinstance(value, float) and math.isfinite(value):
                    row.scores[use.label] = value
                else:
                    row.status = "errored"
                    row.error = value if isinstance(value, str) else f"{use.label} gave {value}"

    def _score_one(
        self, use: Use[Metric], score: Callable[..., Any], target: Any, prediction: Prediction
    ) -> float | str:
        try:
            return score_cases(use, score, [target], [prediction])[0]
        except Exception as error:
            return f"{use.label}: {_say(error)}"


def _say(error: BaseException) -> str:
    text = str(error).strip()
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _within(seconds: float | None, function: Callable[..., Any], inputs: list[Any]) -> Any:
    """Call a function, and give up waiting after some seconds.

    A thread cannot be stopped from outside, so a call that hangs is left behind as a daemon thread.
    """
    if seconds is None:
        return function(inputs)
    outcome: dict[str, Any] = {}

    def call() -> None:
        try:
            outcome["answers"] = function(inputs)
        except BaseException as error:
            outcome["error"] = error

    thread = threading.Thread(target=call, daemon=True, name="seatrial-model-call")
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        msg = f"the model did not answer within {seconds:g} s"
        raise TimeoutError(msg)
    if "error" in outcome:
        raise outcome["error"]
    return outcome["answers"]


def dump_prediction(prediction: Prediction) -> str:
    """Write a prediction as compact JSON; what it does not say is left out."""
    table: dict[str, Any] = {"value": plain(prediction.value)}
    if prediction.probabilities is not None:
        table["probabilities"] = plain(prediction.probabilities)
    if prediction.refused is not None:
        table["refused"] = prediction.refused
    if prediction.details:
        table["details"] = plain(prediction.details)
    return json.dumps(table, separators=(",", ":"))


def load_prediction(text: str) -> Prediction:
    """Read back what `dump_prediction` wrote."""
    table = json.loads(text)
    return Prediction(
        freeze(table["value"]),
        probabilities=table.get("probabilities"),
        refused=table.get("refused"),
        details=table.get("details", {}),
    )
