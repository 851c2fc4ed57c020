"""Keep stdout for results: what other people's code prints goes to stderr."""

from __future__ import annotations

import os
import sys
import threading
from typing import Any, TextIO, cast

__all__ = ["reserve_stdout", "silence_stdout", "to_stderr"]

STDOUT, STDERR = 1, 2


class _Router:
    """Stands in for `sys.stdout` while other people's code runs, in whatever threads.

    A thread that runs such code, or was started by it, writes to stderr; the driver's own threads
    keep writing to stdout.
    """

    def __init__(self, stdout: TextIO) -> None:
        self.stdout = stdout

    def __getattr__(self, name: str) -> Any:
        return getattr(sys.stderr if _is_foreign() else self.stdout, name)

    def __iter__(self) -> Any:
        return iter(self.stdout)


class _Depth(threading.local):
    """How many calls of other people's code this thread is inside; None: it never made one."""

    value: int | None = None


_depth = _Depth()
_lock = threading.Lock()
_active = 0
_router: _Router | None = None


def _is_foreign() -> bool:
    if _depth.value is None:
        return _active > 0 and threading.current_thread() is not threading.main_thread()
    return _depth.value > 0


class to_stderr:  # noqa: N801 - a context manager, used like a function
    """Send what is printed inside a `with` block to stderr; safe in several threads at once.

    This holds for what goes through `sys.stdout`: prints of this thread and of threads that the
    block starts. What C code or a subprocess writes to file descriptor 1 is kept off stdout in
    worker processes (`silence_stdout`) and in the command line (`reserve_stdout`), where the
    descriptor is ours; in a program that uses seatrial as a library it is left alone, because it
    belongs to the whole process.
    """

    __slots__ = ()

    def __enter__(self) -> None:
        global _active, _router  # noqa: PLW0603 - one stdout in a process, so one count
        with _lock:
            if not _active and sys.stdout is not None:
                found: Any = sys.stdout
                _router = found if isinstance(found, _Router) else _Router(found)
                sys.stdout = cast("TextIO", _router)
            _active += 1
        _depth.value = (_depth.value or 0) + 1

    def __exit__(self, *_: object) -> None:
        global _active, _router  # noqa: PLW0603
        _depth.value = (_depth.value or 1) - 1
        with _lock:
            _active -= 1
            if not _active and _router is not None:
                sys.stdout = _router.stdout  # also where the code put something else there
                _router = None


def silence_stdout() -> None:
    """Send everything that this process writes to stdout to stderr, for good: for workers."""
    if sys.stdout is not None:
        sys.stdout.flush()
    _redirect()
    sys.stdout = sys.stderr


def reserve_stdout() -> None:
    """Keep stdout for Python's own `sys.stdout`: what writes to descriptor 1 reaches stderr.

    For the command line, before anything of other people's is imported. Does nothing where
    `sys.stdout` is not the process's own, as under a test runner or in a notebook.
    """
    stdout: TextIO = sys.stdout
    if not _is_own(stdout):
        return
    stdout.flush()
    kept = os.dup(STDOUT)
    _redirect()
    sys.stdout = open(  # noqa: PTH123, SIM115 - it is a descriptor, open as long as the process
        kept, "w", encoding=stdout.encoding, errors=stdout.errors, buffering=1
    )


def _is_own(stream: Any) -> bool:
    """Tell whether a stream is Python's own on the descriptor of stdout."""
    try:
        return bool(stream.fileno() == STDOUT) and stream is sys.__stdout__
    except (AttributeError, OSError, ValueError):  # there is none, or it is closed
        return False


def _redirect() -> None:
    try:
        os.dup2(STDERR, STDOUT)
    except OSError:  # a process without stderr, such as a daemon's
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, STDOUT)
        os.close(null)
