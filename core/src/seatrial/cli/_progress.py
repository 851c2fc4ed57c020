"""Which progress a command shows: a bar in a terminal, a line now and then in a log."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ..verbs._progress import Lines, progress_bar, training_bar, training_lines
from ._output import is_quiet

if TYPE_CHECKING:
    from ..events import Progress, Trained

__all__ = ["progress", "training"]


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


@contextmanager
def training() -> Iterator[tuple[Callable[[Trained], None], ...]]:
    """Give the observers of a repair; `--quiet` has none."""
    if is_quiet():
        yield ()
    elif sys.stderr.isatty():
        with training_bar() as tell:
            yield (tell,)
    else:
        yield (training_lines(),)
