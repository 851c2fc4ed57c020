"""Switch off other libraries' bars of progress while seatrial shows its own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import wraps
from importlib import import_module
from importlib.util import find_spec
from threading import Lock
from typing import Any

__all__ = ["no_bars", "no_bars_here"]

SWITCH = "TQDM_DISABLE"
"""What tqdm reads, once, when it is imported."""


def no_bars_here() -> None:
    """Switch the bars of tqdm off for as long as this process lives, unless the user says else."""
    os.environ.setdefault(SWITCH, "1")


_lock = Lock()
_inside = 0


@contextmanager
def no_bars() -> Iterator[None]:
    """Switch the bars of tqdm off inside a `with` block, for a program that has its own too.

    Its variable would hold for good, so the default of `disable` is changed instead: who states it
    gets what they state. Nothing is done where the user has set the variable, or without tqdm.
    """
    if SWITCH in os.environ or find_spec("tqdm") is None:
        yield
        return
    bar: Any = import_module("tqdm.std").tqdm
    _enter(bar)
    try:
        yield
    finally:
        _leave(bar)


def _enter(bar: Any) -> None:
    """Change the default, once for all blocks that threads are in at the same time."""
    global _inside  # noqa: PLW0603 - it is about a class that the whole process shares
    with _lock:
        _inside += 1
        if _inside == 1:
            before = bar.__init__

            @wraps(before)
            def quiet(self: Any, *args: Any, **kwargs: Any) -> None:
                before(self, *args, **{"disable": True, **kwargs})

            bar.__init__ = quiet


def _leave(bar: Any) -> None:
    global _inside  # noqa: PLW0603 - as above
    with _lock:
        _inside -= 1
        if not _inside:
            bar.__init__ = bar.__init__.__wrapped__
