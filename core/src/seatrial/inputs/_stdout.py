"""Keep stdout for results: what other people's code prints goes to stderr."""

from __future__ import annotations

import io
import os
import sys
import threading
from typing import Any, TextIO, cast

__all__ = ["reserve_stdout", "silence_stdout", "to_stderr"]

STDOUT, STDERR = 1, 2


class _Router:
    """Stands in for `sys.stdout` while other people's code runs, in whatever threads.

    A thread that runs such code, or was started by it, writes to stderr; the driver's own threads
    keep writing to stdout. `users` counts the calls under way, one that hangs included.
    """

    def __init__(self, stdout: TextIO) -> None:
        self.stdout = stdout
        self.users = 0

    def __getattr__(self, name: str) -> Any:
        return getattr((self._is_foreign() and sys.stderr) or self.stdout, name)

    def close(self) -> None:
        """Close stdout for the driver alone: other people's code would close stderr for all."""
        if not self._is_foreign():
            self.stdout.close()

    def _is_foreign(self) -> bool:
        if _depth.value is None:
            return self.users > 0 and threading.current_thread() is not threading.main_thread()
        return _depth.value > 0


class _Depth(threading.local):
    """How many calls of other people's code this thread is inside; None: it never made one."""

    value: int | None = None


_depth = _Depth()
_lock = threading.Lock()


class to_stderr:  # noqa: N801 - a context manager, used like a function
    """Send what is printed inside a `with` block to stderr; safe in several threads at once.

    This holds for what goes through `sys.stdout`: prints of this thread and of threads that the
    block starts. What C code or a subprocess writes to file descriptor 1 is kept off stdout in
    worker processes (`silence_stdout`) and in the command line (`reserve_stdout`), where the
    descriptor is ours; in a program that uses seatrial as a library it is left alone, because it
    belongs to the whole process.
    """

    __slots__ = ("_router",)

    def __enter__(self) -> None:
        with _lock:
            found: Any = sys.stdout
            self._router = found if isinstance(found, _Router) else _Router(found or io.StringIO())
            self._router.users += 1
            sys.stdout = cast("TextIO", self._router)
        _depth.value = (_depth.value or 0) + 1

    def __exit__(self, *_: object) -> None:
        _depth.value = (_depth.value or 1) - 1
        with _lock:
            self._router.users -= 1
            if self._router.users:
                return
            # What the code put in its place is taken away again. In another thread it may be the
            # driver that did, while a call that hung was left behind.
            mine = sys.stdout is self._router
            if mine or threading.current_thread() is threading.main_thread():
                sys.stdout = self._router.stdout


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
