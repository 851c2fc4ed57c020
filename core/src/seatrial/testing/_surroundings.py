"""Other surroundings to run a component in, and what of the process it must leave alone."""

from __future__ import annotations

import contextlib
import datetime as dt
import decimal
import io
import os
import random
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import BuiltinFunctionType
from typing import Any, TypeVar

from ._results import expect
from ._wire import fingerprint

__all__ = ["SURROUNDINGS", "in_a_thread", "process_state", "random_state", "restored", "watched"]

T = TypeVar("T")
LATER = 400 * 86_400.0 + 12_345.678  # seconds: another year, month, day and hour
CLOCKS = ("time", "monotonic", "perf_counter", "process_time")


def random_state() -> dict[str, Any]:
    """Read the state of the global generators of `random`, numpy and torch."""
    found: dict[str, Any] = {"random": random.getstate()}
    if numpy := sys.modules.get("numpy"):
        found["numpy"] = fingerprint(numpy.random.get_state())
    if torch := sys.modules.get("torch"):
        found["torch"] = torch.random.get_rng_state().tolist()
    return found


@contextmanager
def another_random_state(number: int = 31) -> Iterator[None]:
    """Put the global generators where no seed of ours leads, so that seeding them is seen."""
    numpy, torch = sys.modules.get("numpy"), sys.modules.get("torch")
    saved = random.getstate()
    saved_numpy = numpy.random.get_state() if numpy else None
    saved_torch = torch.random.get_rng_state() if torch else None
    random.seed(f"state {number}, which no seed of the checks leads to")
    if numpy:
        numpy.random.seed([20, 26, 7, number])
    if torch:
        torch.random.set_rng_state(torch.Generator().manual_seed(20260700 + number).get_state())
    try:
        yield
    finally:
        random.setstate(saved)
        if numpy:
            numpy.random.set_state(saved_numpy)
        if torch:
            torch.random.set_rng_state(saved_torch)


def process_state() -> dict[str, Any]:
    """Read what of the process belongs to everybody in it."""
    context = decimal.getcontext()
    found: dict[str, Any] = {
        "the current directory": os.getcwd(),  # noqa: PTH109 - compared as a text
        "os.environ": dict(os.environ),
        "sys.path": list(sys.path),
        "the recursion limit": sys.getrecursionlimit(),
        "the decimal context": (context.prec, context.rounding),
    }
    if numpy := sys.modules.get("numpy"):
        found["numpy.seterr"] = numpy.geterr()
        found["numpy.set_printoptions"] = repr(numpy.get_printoptions())
    if torch := sys.modules.get("torch"):
        found["torch's default dtype"] = torch.get_default_dtype()
        found["torch's gradient mode"] = torch.is_grad_enabled()
        found["torch's threads"] = torch.get_num_threads()
        found["torch's deterministic mode"] = torch.are_deterministic_algorithms_enabled()
    return found


def restored(before: Mapping[str, Any]) -> None:
    """Put the process back."""
    os.chdir(before["the current directory"])
    os.environ.clear()
    os.environ.update(before["os.environ"])
    sys.path[:] = before["sys.path"]
    sys.setrecursionlimit(before["the recursion limit"])
    decimal.getcontext().prec, decimal.getcontext().rounding = before["the decimal context"]
    if "numpy.seterr" in before:
        sys.modules["numpy"].seterr(**before["numpy.seterr"])
    if "torch's default dtype" in before:
        torch = sys.modules["torch"]
        torch.set_default_dtype(before["torch's default dtype"])
        torch.set_grad_enabled(before["torch's gradient mode"])
        torch.set_num_threads(before["torch's threads"])
        torch.use_deterministic_algorithms(before["torch's deterministic mode"])


def watched(work: Callable[[], T]) -> tuple[T, list[str]]:
    """Do something, and list what of the process it changed, printing on stdout included."""
    before, printed = process_state(), io.StringIO()
    try:
        with contextlib.redirect_stdout(printed):
            found = work()
        after = process_state()
    finally:
        restored(before)
    changed = [name for name, value in before.items() if after[name] != value]
    return found, [*changed, *(["stdout, by printing"] if printed.getvalue() else [])]


@contextmanager
def another_directory(_: str) -> Iterator[None]:
    """Run in an empty folder, which must stay empty."""
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            yield
        finally:
            left = sorted(one.name for one in Path(folder).iterdir())
            os.chdir(before)
    expect(not left, f"it wrote {', '.join(left)} into the current directory")


@contextmanager
def another_time(package: str) -> Iterator[None]:
    """Put the clocks of `time` and `datetime` forward, for the modules of one package."""
    shifted = {getattr(time, name): _later(getattr(time, name)) for name in CLOCKS}
    nanoseconds = {
        getattr(time, f"{name}_ns"): _later(getattr(time, f"{name}_ns"), 10**9) for name in CLOCKS
    }
    dates = {dt.datetime: _Datetime, dt.date: _Date}
    replaced: dict[Any, Any] = {**shifted, **nanoseconds, **dates}
    undo = []
    for name, module in list(sys.modules.items()):
        if name not in ("time", "datetime") and name.partition(".")[0] != package:
            continue
        for key, value in list(vars(module).items()):
            if isinstance(value, type | BuiltinFunctionType) and value in replaced:
                undo.append((module, key, value))
                setattr(module, key, replaced[value])
    try:
        yield
    finally:
        for module, key, value in undo:
            setattr(module, key, value)


def _later(clock: Callable[[], Any], unit: int = 1) -> Callable[[], Any]:
    return lambda: clock() + type(clock())(LATER * unit)


class _Datetime(dt.datetime):
    @classmethod
    def now(cls, tz: Any = None) -> Any:
        return super().now(tz) + dt.timedelta(seconds=LATER)

    @classmethod
    def utcnow(cls) -> Any:
        return cls.now(dt.UTC).replace(tzinfo=None)

    @classmethod
    def today(cls) -> Any:
        return cls.now()


class _Date(dt.date):
    @classmethod
    def today(cls) -> Any:
        return super().today() + dt.timedelta(seconds=LATER)


@contextmanager
def other_random_numbers(_: str) -> Iterator[None]:
    """Run with the global generators in another state."""
    with another_random_state(77):
        yield


SURROUNDINGS: Mapping[str, Callable[[str], contextlib.AbstractContextManager[None]]] = {
    "in another directory": another_directory,
    "at another time": another_time,
    "with other global random numbers": other_random_numbers,
}
"""Surroundings by what they are called; each is entered with the name of the plugin's package."""


def in_a_thread(work: Callable[[], T]) -> T:
    """Do something in a thread of its own; what it raises is raised here."""
    found: list[T] = []
    raised: list[BaseException] = []

    def run() -> None:
        try:
            found.append(work())
        except BaseException as error:  # noqa: BLE001 - raised again in the calling thread
            raised.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if raised:
        raise raised[0]
    return found[0]
