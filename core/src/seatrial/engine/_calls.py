"""Call a model: within a time limit, several at once where it is `async`, and check the answers."""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, partial
from typing import Any

from .._cases import Failed
from ..errors import ComponentError, ModelError
from ..inputs._boundary import blamed, call
from ..inputs._not_yet import pipeline

__all__ = [
    "MODEL",
    "HungError",
    "NoAnswersError",
    "WrongCountError",
    "called",
    "concurrency",
    "is_async",
]

MODEL = "the model"
CONCURRENT = 8


class WrongCountError(ModelError):
    """The model broke its contract: the answers cannot be told apart, so the run stops."""


class NoAnswersError(ModelError):
    """What the model gives are no answers, whatever it is asked, so the run stops."""


class HungError(ComponentError):
    """The model did not answer in time."""


def hung(seconds: float) -> HungError:
    """Say how long the model was waited for."""
    why = f"TimeoutError: the model did not answer within {seconds:g} s"
    return HungError(MODEL, why, retryable=True)


def is_async(model: Any) -> bool:
    """Tell whether calling a model gives something to be awaited."""
    return inspect.iscoroutinefunction(model) or inspect.iscoroutinefunction(
        getattr(type(model), "__call__", None)  # noqa: B004 - its kind is asked, not whether it is
    )


def concurrency(model: Any) -> int:
    """Give how many calls of a model may wait at once."""
    return int(getattr(model, "max_concurrency", CONCURRENT)) if is_async(model) else 1


def called(
    model: Any, calls: Sequence[list[Any]], timeout: float | None, free: asyncio.Semaphore
) -> list[Any]:
    """Make some calls of a model; give for each its list of answers, or the error that it raised.

    Calls of an `async` model are made at once, as many as are `free`. Raises
    `WrongCountError` where a model gives more or fewer answers than it was given inputs.
    """
    if is_async(model):
        found = call(MODEL, _together, model, calls, timeout, free)
    else:
        found = [_alone(model, inputs, timeout) for inputs in calls]
    return [_checked(inputs, answers) for inputs, answers in zip(calls, found, strict=True)]


def _alone(model: Callable[..., Any], inputs: list[Any], timeout: float | None) -> Any:
    try:
        return _within(timeout, partial(call, MODEL, model, inputs))
    except Exception as error:  # noqa: BLE001 - the boundary has made it an error of the model's
        return error


def _checked(inputs: Sequence[Any], answers: Any) -> Any:
    if isinstance(answers, Exception):
        return answers
    listed = hasattr(answers, "__len__") and hasattr(answers, "__getitem__")
    if isinstance(answers, str | bytes | Mapping | Failed) or not listed:
        what = "None" if answers is None else type(answers).__name__
        hint = ": put list(...) around what it returns" if isinstance(answers, Iterator) else ""
        hint = ": does it return anything?" if answers is None else hint
        return ModelError(
            f"a model must return a list with one answer for each input, got {what}{hint}"
        )
    if len(answers) != len(inputs):
        n = len(answers)
        msg = (
            f"the model returned {n} answer{'' if n == 1 else 's'} for {len(inputs)} "
            f"input{'' if len(inputs) == 1 else 's'}: it must give one for each, in order, and "
            "seatrial.Failed(reason) where it has none"
        )
        raise WrongCountError(msg)
    if told := pipeline(answers):
        raise NoAnswersError(told)
    return answers


def _within(seconds: float | None, function: Callable[[], Any]) -> Any:
    """Call a function, and give up waiting after some seconds.

    A thread cannot be stopped from outside, so a call that hangs is left behind as a daemon thread.
    """
    if seconds is None:
        return function()
    outcome: dict[str, Any] = {}

    def run() -> None:
        try:
            outcome["answers"] = function()
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that waits
            outcome["error"] = error

    thread = threading.Thread(target=run, daemon=True, name="seatrial-model-call")
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        raise hung(seconds)
    if "error" in outcome:
        raise outcome["error"]
    return outcome["answers"]


@cache
def _loop() -> asyncio.AbstractEventLoop:
    """Give the event loop of this process, which runs in a thread of its own.

    Clients of endpoints are bound to the loop that they were first used in, so there is only one.
    """
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, daemon=True, name="seatrial-async").start()
    return loop


def _together(
    model: Any, calls: Sequence[list[Any]], timeout: float | None, free: asyncio.Semaphore
) -> list[Any]:
    async def one(inputs: list[Any]) -> Any:
        async with free:
            try:
                async with asyncio.timeout(timeout) as limit:
                    return await model(inputs)
            except asyncio.CancelledError:
                raise
            except BaseException as error:  # noqa: BLE001 - SystemExit would end the loop
                return hung(timeout or 0) if limit.expired() else blamed(MODEL, error)

    async def all_of_them() -> list[Any]:
        return await asyncio.gather(*map(one, calls))

    waiting = asyncio.run_coroutine_threadsafe(all_of_them(), _loop())
    try:
        return waiting.result()
    finally:
        waiting.cancel()
