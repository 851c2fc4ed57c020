"""Where results go: the stdout of a command, kept free of what anybody else prints."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Any, TextIO, cast

from .._tables import legible

__all__ = [
    "abandon_results",
    "encoding_of",
    "results",
    "results_only",
    "spelled",
    "tolerant",
    "width_of_terminal",
]

FALLBACK = 80
_RESULTS: ContextVar[TextIO | None] = ContextVar("_RESULTS", default=None)


class _Stderr:
    """Stands in for `sys.stdout`: a bar of progress puts a stream of its own over stderr."""

    def __getattr__(self, name: str) -> Any:
        return getattr(sys.stderr, name)


def results() -> TextIO:
    """Give the stream for results."""
    return _RESULTS.get() or sys.stdout


def abandon_results() -> None:
    """Let what is still to be written go nowhere, so that Python says nothing of it at its end."""
    with suppress(AttributeError, OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), results().fileno())


@contextmanager
def results_only() -> Iterator[None]:
    """Keep stdout for results: what is printed at import or in passing reaches stderr."""
    stdout = sys.stdout
    token = _RESULTS.set(stdout)
    sys.stdout = cast("TextIO", _Stderr())
    try:
        yield
    finally:
        sys.stdout = stdout
        _RESULTS.reset(token)


def tolerant(*streams: Any) -> None:
    """Let streams write the codes of letters that their encoding lacks, and never crash on them."""
    for stream in streams:
        with suppress(AttributeError, OSError, ValueError):
            stream.reconfigure(errors="backslashreplace")


def encoding_of(stream: Any) -> str:
    """Tell the encoding of a stream; `SEATRIAL_ASCII=1` asks for the plainest."""
    if os.environ.get("SEATRIAL_ASCII", "") not in ("", "0"):
        return "ascii"
    return getattr(stream, "encoding", None) or "utf-8"


def spelled(text: str, stream: Any) -> str:
    """Write a text in the letters that a stream has."""
    return legible(text, encoding_of(stream))


def width_of_terminal(stream: Any) -> int | None:
    """Tell how wide the terminal is to which a stream goes; None for a file or a pipe."""
    if not stream.isatty():
        return None
    try:
        return int(os.environ["COLUMNS"]) or None
    except (KeyError, ValueError):
        pass
    try:
        return os.get_terminal_size(stream.fileno()).columns or FALLBACK
    except (OSError, ValueError, AttributeError):
        return FALLBACK
