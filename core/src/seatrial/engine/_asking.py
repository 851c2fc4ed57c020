"""Ask a model about inputs: in calls of its size, and again where a failure may pass by itself."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from attrs import define, evolve, field, frozen
from attrs.validators import optional

from .._arguments import of_kind
from .._cases import Failed, Prediction
from .._plan_checks import setting
from .._seeds import derive
from .._settings import NOT_NEGATIVE, whole
from .._values import number_of
from ..errors import ComponentError, TrialError
from ..inputs._boundary import reason
from ..inputs._modalities import Modalities, core_modalities
from ..runs._encoding import encode
from ._calls import MODEL, HungError, called, concurrency
from ._conversations import Answer, conversed, is_scripted, reported_usage

__all__ = ["HANGS_IN_A_ROW", "Asker", "Asking", "Cost", "Repeat", "StuckError"]

HANGS_IN_A_ROW = 8
LONGEST_WAIT = 60.0
DRAWS = 2**63


@frozen
class Asking:
    """How a model is asked.

    `batch_size` is how many inputs a call has, `timeout` how many seconds it may take. What fails
    with `Failed(retryable=True)`, a time-out or a lost connection is asked again up to `retries`
    times, after `retry_wait` seconds, then twice as long and so on, each time between half and one
    and a half of that, drawn from `seed`. A failure that says how long to wait is waited for, a
    minute at most.
    """

    batch_size: int = field(converter=number_of, validator=setting(whole))
    timeout: float | None = field(
        default=None, converter=number_of, validator=optional(setting(NOT_NEGATIVE))
    )
    retries: int = field(
        default=0, converter=number_of, validator=[of_kind(int), setting(NOT_NEGATIVE)]
    )
    retry_wait: float = field(default=0.5, converter=number_of, validator=setting(NOT_NEGATIVE))
    seed: int = 0

    def wait(self, attempt: int, place: str) -> float:
        """Give the seconds before an attempt (2 is the first retry)."""
        drawn = derive(self.seed, "retry", place, attempt) / DRAWS
        return min(LONGEST_WAIT, float(self.retry_wait * 2 ** (attempt - 2) * (0.5 + drawn)))


@frozen
class Repeat:
    """Some inputs were asked about again; see `events.Retried`."""

    attempt: int
    inputs: int
    reason: str
    waited: float


@define
class Cost:
    """What was spent on asking since it was last read."""

    calls: int = 0
    inputs: int = 0
    seconds: float = 0.0
    reported: dict[str, float] = field(factory=dict)
    repeats: list[Repeat] = field(factory=list)

    def report(self, usage: Any) -> None:
        """Add up what an answer reports of its own usage."""
        for name, value in reported_usage(usage).items():
            self.reported[name] = self.reported.get(name, 0.0) + value


class StuckError(TrialError):
    """The model does not answer any more, so the run stops."""


@define
class Asker:
    """Asks one model; several threads may share it, each with a cost of its own."""

    model: Any
    asking: Asking
    modalities: Modalities = field(factory=core_modalities)
    sleep: Callable[[float], None] = time.sleep
    _hung: list[str] = field(factory=list, init=False)
    _free: asyncio.Semaphore = field(init=False)

    @_free.default
    def _gate(self) -> asyncio.Semaphore:
        return asyncio.Semaphore(concurrency(self.model))

    def ask(self, inputs: Sequence[Any], cost: Cost, place: str = "") -> list[Answer]:
        """Give one answer for each input; no input costs another its answer.

        A call that fails without saying for which input is made again input by input, once. `place`
        names the batch, for the seed of waiting times. Conversations are asked turn by turn.
        """
        if any(map(is_scripted, inputs)):
            return conversed(partial(self._asked, cost), inputs, place)
        return self._asked(cost, inputs, place)

    def _asked(self, cost: Cost, inputs: Sequence[Any], place: str) -> list[Answer]:
        answers = self._round(inputs, range(len(inputs)), cost, last=not self.asking.retries)
        for attempt in range(2, self.asking.retries + 2):
            again = [at for at, one in answers.items() if one.retryable]
            if not again or any(one.stops for one in answers.values()):
                break
            asked_for = max(answers[at].retry_after or 0.0 for at in again)
            waited = max(self.asking.wait(attempt, place), min(asked_for, LONGEST_WAIT))
            why = answers[again[0]].error or ""
            cost.repeats.append(Repeat(attempt, len(again), why, waited))
            self.sleep(waited)
            last = attempt == self.asking.retries + 1
            new = self._round(inputs, again, cost, last=last)
            answers |= {at: evolve(one, attempts=attempt) for at, one in new.items()}
        stopped = next((one.error for one in answers.values() if one.stops), None)
        return [
            evolve(one, stops=True, error=stopped) if stopped and one.retryable else one
            for one in map(answers.__getitem__, range(len(inputs)))
        ]

    def _round(
        self, inputs: Sequence[Any], which: Sequence[int], cost: Cost, *, last: bool
    ) -> dict[int, Answer]:
        size = self.asking.batch_size
        groups = [which[low : low + size] for low in range(0, len(which), size)]
        found: dict[int, Answer] = {}
        unnamed: list[int] = []
        for group, given in zip(groups, self._called(inputs, groups, cost), strict=True):
            answers = given
            if isinstance(given, Exception):
                passing = not isinstance(given, HungError) and getattr(given, "retryable", False)
                if len(group) > 1 and (last or not passing):
                    unnamed += group
                    continue
                answers = [given] * len(group)
            found |= dict(zip(group, (self._taken(one, cost) for one in answers), strict=True))
        for at in unnamed:
            (given,) = self._called(inputs, [[at]], cost)
            found[at] = self._taken(given if isinstance(given, Exception) else given[0], cost)
        return found

    def _called(
        self, inputs: Sequence[Any], groups: Sequence[Sequence[int]], cost: Cost
    ) -> list[Any]:
        calls = [[self.modalities.freeze(inputs[at]) for at in group] for group in groups]
        begun = time.perf_counter()
        found = called(self.model, calls, self.asking.timeout, self._free)
        cost.seconds += time.perf_counter() - begun
        cost.calls += len(calls)
        cost.inputs += sum(map(len, calls))
        for group, answers in zip(groups, found, strict=True):
            self._note(answers, alone=len(group) == 1)
        return found

    def _note(self, answers: Any, *, alone: bool) -> None:
        """Give up when nothing answers any more: waiting for each case would take days."""
        if not isinstance(answers, Exception):
            self._hung.clear()
        elif alone and isinstance(answers, HungError):
            self._hung.append(answers.why)
            if len(self._hung) >= HANGS_IN_A_ROW:
                why = answers.why.partition(": ")[2]
                msg = (
                    f"{why}, {len(self._hung)} times in a row, so it seems to hang for good; "
                    "nothing that was stored is lost: mend the model or allow more time, and run "
                    "again"
                )
                raise StuckError(msg)

    def _taken(self, answer: Any, cost: Cost) -> Answer:
        if isinstance(answer, Failed):
            cost.report(answer.usage)
            return Answer(
                error=answer.reason,
                retryable=answer.retryable,
                retry_after=answer.retry_after,
                stops=answer.stops,
            )
        if isinstance(answer, Exception):
            return Answer(error=reason(answer), retryable=getattr(answer, "retryable", False))
        try:
            prediction = encode(answer, self.modalities)
        except Exception as error:  # noqa: BLE001 - an answer's own code may raise anything
            return Answer(error=reason(error))
        cost.report(prediction.details.get("usage"))
        return Answer(prediction)

    def predictions(self, inputs: Sequence[Any], cost: Cost) -> list[Prediction]:
        """Ask where one failure fails all: raises `ComponentError` with its reason."""
        found: list[Prediction] = []
        for answer in self.ask(inputs, cost):
            if answer.stops:
                raise StuckError(answer.error)
            if answer.prediction is None:
                raise ComponentError(MODEL, answer.error or "no answer")
            found.append(answer.prediction)
        return found
