"""Ask a fresh interpreter: with other hash seeds, and nothing of this process in memory."""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import IO, Any, Self, cast

from .._importing import import_string
from ._results import NotExercised
from ._wire import encode

__all__ = ["importable", "imported", "results_elsewhere"]

LIGHT = frozenset({"attr", "attrs", "cattrs", "pluggy", "seatrial", "typing_extensions"})
START = "import sys; sys.path[:] = sys.argv[1:]; from seatrial.testing._fresh import serve; serve()"


class Interpreter:
    """Another Python with the same `sys.path`; it does what it is asked, one task after another."""

    def __init__(self) -> None:
        other = "2" if os.environ.get("PYTHONHASHSEED") == "1" else "1"
        self.process = subprocess.Popen(  # noqa: S603 - this Python, on code of ours
            [sys.executable, "-c", START, *(str(Path(one).absolute()) for one in sys.path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            encoding="ascii",
            cwd=tempfile.gettempdir(),
            env={**os.environ, "PYTHONHASHSEED": other, "TZ": "Pacific/Chatham"},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def ask(self, task: str, *given: Any) -> Any:
        """Do a task there; what it raises there is an `AssertionError` here."""
        asking, telling = cast("IO[str]", self.process.stdin), cast("IO[str]", self.process.stdout)
        with suppress(BrokenPipeError):  # it has died: there will be no reply
            asking.write(json.dumps([task, *given]) + "\n")
            asking.flush()
        reply = telling.readline()
        if not reply:
            msg = f"a fresh process ended with status {self.process.wait()}"
            raise AssertionError(msg)
        found, error = json.loads(reply)
        if error:
            msg = f"a fresh process raised {error}"
            raise AssertionError(msg)
        return found

    def close(self) -> None:
        """Let it end; closing twice does nothing."""
        if not cast("IO[str]", self.process.stdin).closed:
            self.process.communicate()

    def ended(self) -> bool:
        """Tell whether it has died."""
        return self.process.poll() is not None


def serve() -> None:
    """Answer requests line by line; what plugins print goes elsewhere."""
    with os.fdopen(os.dup(1), "w", encoding="ascii") as telling:
        os.dup2(2, 1)
        for line in sys.stdin:
            task, *given = json.loads(line)
            try:
                reply = [_function(TASKS[task])(*given), None]
            except Exception as error:  # noqa: BLE001 - it is raised again over there
                reply = [None, f"{type(error).__name__}: {error}"]
            telling.write(json.dumps(reply) + "\n")
            telling.flush()


def _function(name: str) -> Callable[..., Any]:
    found: Callable[..., Any] = import_string(f"{__package__}.{name}", what="a task of the kit")
    return found


def packages_of(module: str) -> list[str]:
    """List the packages that the import of a module brings in, in this process."""
    before = set(sys.modules)
    import_module(module)
    packages = {name.partition(".")[0] for name in set(sys.modules) - before}
    own = module.partition(".")[0]
    return sorted(packages - LIGHT - sys.stdlib_module_names - {own})


TASKS = {"imported": "_fresh:packages_of", "results": "_kit:exercised"}
"""What a fresh process can be asked to do; each function is imported there."""


def imported(module: str) -> list[str]:
    """List the packages that a module imports beyond the standard library, seatrial and its own."""
    return _imported(module, _last_change(module.partition(".")[0]))


@lru_cache(maxsize=64)
def _imported(module: str, _: float) -> list[str]:
    with Interpreter() as fresh:
        found: list[str] = fresh.ask("imported", module)
    return found


_kept: dict[str, tuple[float, Interpreter]] = {}
"""One interpreter for each package, because importing a library costs seconds."""


def results_elsewhere(factory: str, use: Any, samples: Any) -> list[str]:
    """Exercise a component on samples in another process."""
    package = factory.partition(":")[0].partition(".")[0]
    changed = _last_change(package)
    if package in _kept and (_kept[package][0] != changed or _kept[package][1].ended()):
        _kept.pop(package)[1].close()
    if package not in _kept:
        _kept[package] = (changed, Interpreter())
        atexit.register(_kept[package][1].close)
    given = {}  # samples that a component declares are made over there
    if samples.made_by is None:
        given = {"values": samples.values, "answers": samples.answers, "cases": samples.cases}
    found: list[str] = _kept[package][1].ask("results", encode(use), encode(given))
    return found


def _last_change(package: str) -> float:
    files = [
        getattr(module, "__file__", None)
        for name, module in sys.modules.items()
        if name.partition(".")[0] == package
    ]
    return max((Path(file).stat().st_mtime for file in files if file), default=0.0)


def importable(factory: Any) -> str:
    """Give the import string of a factory, or skip: another process cannot name a callable."""
    if not isinstance(factory, str):
        msg = "its factory is a callable, not an import string"
        raise NotExercised(msg)
    return factory
