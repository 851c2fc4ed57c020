"""Measure one batch of units: perturb, ask the model, score. This is what runs in workers."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from typing import Any

from attrs import field, frozen

from .._cases import Case, Prediction
from .._components import Metric, Use
from .._plans import Plan
from .._values import freeze, plain
from ..errors import ModelError, NotApplicable, TrialError
from ..inputs._apply import Applied, perturb
from ..inputs._boundary import reason
from ..inputs._encoding import encode as encode_value
from ..runs._encoding import Row, encode
from ._search import Aim, Place, aimed_at, budget_of, loss_of
from ._workload import Unit

__all__ = ["BATCH", "HANGS_IN_A_ROW", "Bench", "Task", "score_cases"]


Task = tuple[Unit, Case, int | None]


BATCH = 32


HANGS_IN_A_ROW = 8


def _input(case: Case) -> Any:
    whole = not isinstance(case.input, str) and isinstance(case.input, Mapping)
    return plain(case.input) if whole else case.input


def _target(case: Case) -> Any:
    return case.target if isinstance(case.target, str) else freeze(plain(case.target))


@contextmanager
def _outside(alone: AbstractContextManager[Any]) -> Iterator[None]:
    """Step out of a block for a while: models may be asked by several threads at once."""
    alone.__exit__(None, None, None)
    try:
        yield
    finally:
        alone.__enter__()


def score_cases(
    use: Use[Metric],
    score: Callable[..., Any],
    targets: Sequence[Any],
    predictions: Sequence[Prediction],
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
    batch_size: int = BATCH
    _built: dict[tuple[int, int], Any] = field(factory=dict, init=False)
    _hung: list[float] = field(factory=list, init=False)
    _scores: list[tuple[Use[Metric], Any]] = field(init=False)

    @_scores.default
    def _build_scores(self) -> list[tuple[Use[Metric], Any]]:
        return [(use, use.build()) for use in self.plan.metrics if use.component.per_case]

    def measure(self, tasks: Sequence[Task]) -> list[Row]:
        """Measure a batch; a failure of one case never costs the others their result."""
        rows, inputs, targets, asked, answers = [], [], [], [], []
        for unit, case, seed in tasks:
            row = Row()
            rows.append(row)
            seen = case
            if unit.use >= 0:
                try:
                    seen = self._perturb(unit, case, seed, row)
                except NotApplicable as error:
                    row.status, row.error = "skipped", _say(error)
                    continue
                except Exception as error:  # noqa: BLE001 - a perturbation is anybody's code
                    row.status = "errored"
                    row.error = f"{self.plan.perturbations[unit.use].label}: {_say(error)}"
                    if isinstance(error, _HungError):
                        self._note_hang(error)
                    continue
                if row.unchanged:
                    continue
            if unit.use >= 0:
                row.seen = encode_value(seen.input)
            inputs.append(_input(seen))
            targets.append(_target(seen))
            asked.append(row)
        for row, answer in zip(asked, self._ask(inputs), strict=True):
            row.attempts = 1
            if isinstance(answer, Prediction):
                row.answered(answer)
                answers.append(answer)
                row.status = "refused" if answer.refused else "scored"
            else:
                row.status, row.error = "errored", answer
        answered = [
            (row, target)
            for row, target in zip(asked, targets, strict=True)
            if row.prediction is not None
        ]
        self.score([row for row, _ in answered], [target for _, target in answered], answers)
        return rows

    def _perturb(self, unit: Unit, case: Case, seed: int | None, row: Row) -> Case:
        use = self.plan.perturbations[unit.use]
        key = (unit.use, unit.severity)
        with self.alone:
            if key not in self._built:
                self._built[key] = use.component.at(unit.severity, use.params)
            work = self._built[key]
            if use.component.searches:
                made = self._search(unit, work, case, seed or 0, row)
            else:
                made = perturb(use, work, case, seed or 0)
        row.distance, row.unchanged = made.distance, made.unchanged
        if made.retargeted:
            row.target = encode_value(made.case.target)
        return made.case

    def _search(
        self, unit: Unit, work: Callable[..., Any], case: Case, seed: int, row: Row
    ) -> Applied:
        use = self.plan.perturbations[unit.use]
        budget = budget_of(use, unit.severity)
        model = self.model if use.component.needs else None
        asked: list[Aim] = []

        def aim(place: Place) -> Aim:
            asked.append(Aim(use.label, self._losses, place, budget, case.target, model))
            return asked[-1]

        try:
            made = perturb(use, work, case, seed, aim)
        finally:
            row.queries = sum(one.spent for one in asked)
        return made

    def _losses(self, cases: Sequence[Case]) -> list[float]:
        """Ask the model about candidates, in batches of its own size and of nothing else."""
        found: list[float] = []
        wanted = aimed_at(self.plan.metrics)
        use, score = next(one for one in self._scores if one[0] is wanted)
        for low in range(0, len(cases), self.batch_size):
            some = cases[low : low + self.batch_size]
            with _outside(self.alone):
                predictions = self._call([_input(case) for case in some])
            targets = [_target(case) for case in some]
            scores = score_cases(use, score, targets, predictions)
            found += map(partial(loss_of, use.component), scores, targets, predictions)
        self._hung.clear()
        return found

    def _ask(self, inputs: list[Any]) -> list[Prediction | str]:
        """Ask for a batch; when that fails, ask one by one to find out which case is at fault."""
        if not inputs:
            return []
        try:
            answers = self._call(inputs)
        except Exception as error:  # noqa: BLE001 - a model is anybody's code
            if len(inputs) == 1:
                if isinstance(error, _HungError):
                    self._note_hang(error)
                return [_say(error)]
            return [self._ask([one])[0] for one in inputs]
        self._hung.clear()
        return [*answers]

    def _note_hang(self, error: _HungError) -> None:
        """Give up when nothing answers any more: waiting for each case would take days."""
        self._hung.append(error.seconds)
        if len(self._hung) >= HANGS_IN_A_ROW:
            msg = (
                f"{error}, {len(self._hung)} times in a row, so it seems to hang for good; nothing "
                "that was stored is lost: mend the model or allow more time, and run again"
            )
            raise TrialError(msg)

    def _call(self, inputs: list[Any]) -> list[Prediction]:
        answers = _within(self.timeout, self.model, inputs)
        listed = hasattr(answers, "__len__") and hasattr(answers, "__getitem__")
        if isinstance(answers, str | bytes | Mapping) or not listed:
            what = type(answers).__name__
            msg = f"a model must return a list with one answer for each input, got {what}"
            raise ModelError(msg)
        if len(answers) != len(inputs):
            msg = f"the model returned {len(answers)} answers for {len(inputs)} inputs"
            raise ModelError(msg)
        return [encode(answer) for answer in answers]

    def score(self, rows: list[Row], targets: list[Any], predictions: list[Prediction]) -> None:
        """Add the per-case scores to the rows; a metric's failure marks its row."""
        if not rows:
            return
        for use, score in self._scores:
            for row, value in zip(
                rows, self._scored(use, score, targets, predictions), strict=True
            ):
                if isinstance(value, float) and math.isfinite(value):
                    row.scores[use.label] = value
                else:
                    row.status = "errored"
                    row.error = value if isinstance(value, str) else f"{use.label} gave {value}"

    def _scored(
        self,
        use: Use[Metric],
        score: Callable[..., Any],
        targets: Sequence[Any],
        predictions: Sequence[Prediction],
    ) -> Sequence[float | str]:
        """Score a batch; when that fails, score one by one to find out which case is at fault."""
        try:
            return score_cases(use, score, targets, predictions)
        except Exception as error:  # noqa: BLE001 - a metric is anybody's code
            if len(targets) == 1:
                return [f"{use.label}: {_say(error)}"]
        return [
            self._scored(use, score, [target], [prediction])[0]
            for target, prediction in zip(targets, predictions, strict=True)
        ]


class _HungError(TrialError):
    def __init__(self, seconds: float) -> None:
        super().__init__(f"the model did not answer within {seconds:g} s")
        self.seconds = seconds


def _say(error: BaseException) -> str:
    return reason(error).replace("_HungError", "TimeoutError")


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
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that waits
            outcome["error"] = error

    thread = threading.Thread(target=call, daemon=True, name="seatrial-model-call")
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        raise _HungError(seconds)
    if "error" in outcome:
        raise outcome["error"]
    return outcome["answers"]
