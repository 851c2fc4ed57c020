"""Switch off other libraries' bars of progress while seatrial shows its own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import wraps
from importlib import import_module
from importlib.util import find_spec
from typing import Any

__all__ = ["no_bars", "no_bars_here"]

SWITCH = "TQDM_DISABLE"
"""What tqdm reads, once, when it is imported."""


def no_bars_here() -> None:
    """Switch the bars of tqdm off for as long as this process lives, unless the user says else."""
    os.environ.setdefault(SWITCH, "1")


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
    before = bar.__init__

    @wraps(before)
    def quiet(self: Any, *args: Any, **kwargs: Any) -> None:
        before(self, *args, **{"disable": True, **kwargs})

    bar.__init__ = quiet
    try:
        yield
    finally:
        bar.__init__ = before
