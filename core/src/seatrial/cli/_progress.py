"""Which progress a command shows: a bar in a terminal, a line now and then in a log."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ..verbs._progress import Lines, progress_bar
from ._output import is_quiet

if TYPE_CHECKING:
    from ..events import Progress

__all__ = ["progress"]


@contextmanager
def progress() -> Iterator[tuple[Callable[[Progress], None], ...]]:
    """Give the observers of a run; `--quiet` has none."""
    if is_quiet():
        yield ()
    elif sys.stderr.isatty():
        with progress_bar() as tell:
            yield (tell,)
    else:
        yield (Lines(),)
