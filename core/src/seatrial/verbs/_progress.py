"""Show on stderr how a run goes on: a bar in a terminal, one line in a notebook."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from .._tables import legible, printable
from ..events import BatchDone, Finished, Progress, Started, Trained

__all__ = [
    "Lines",
    "default_progress",
    "opening",
    "progress_bar",
    "training_bar",
    "training_lines",
]

EVERY = 10.0
IN_A_NOTEBOOK = 0.5
"""How often a line is written again, in seconds: a log is read later, a notebook now."""


@contextmanager
def default_progress() -> Iterator[tuple[Callable[[Progress], None], ...]]:
    """Give the observer that a run has by default: a terminal and a notebook show, a log does not.

    Nothing is shown of a run that is over at once.
    """
    if _in_a_notebook():
        yield (_Line(),)
    elif sys.stderr is not None and sys.stderr.isatty():
        with progress_bar(patience=1.0) as tell:
            yield (tell,)
    else:
        yield ()


def _in_a_notebook() -> bool:
    """Tell whether a kernel of Jupyter runs this: nothing of it is imported to find out."""
    find: Any = getattr(sys.modules.get("IPython"), "get_ipython", None)
    return find is not None and type(find()).__name__ == "ZMQInteractiveShell"


@contextmanager
def progress_bar(*, patience: float = 0.0) -> Iterator[Callable[[Progress], None]]:
    """Show a bar on stderr that is gone when the block ends; it waits `patience` seconds first."""
    from rich.text import Text

    bar = _bar()
    task = bar.add_task("measuring", total=None)
    begun = time.monotonic()
    waiting = True

    def tell(progress: Progress) -> None:
        nonlocal waiting
        if isinstance(progress, Started) and not patience:
            bar.console.print(Text(opening(progress)))
        if waiting and time.monotonic() - begun >= patience:
            waiting = False
            bar.start()
        errored = f" ({progress.errored:,} errored)" if progress.errored else ""
        description = f"measuring{errored}"
        bar.update(task, total=progress.planned, completed=progress.done, description=description)

    try:
        yield tell
    finally:
        bar.stop()


@contextmanager
def training_bar() -> Iterator[Callable[[Trained], None]]:
    """Show on stderr how far an adapter is, once it says so; the bar goes when the block ends.

    What figures it tells stand in a line below, where they leave the bar its room.
    """
    from rich.console import Group
    from rich.live import Live
    from rich.text import Text

    bar = _bar()
    task = bar.add_task("training", total=None)
    live = Live(bar, console=bar.console, transient=True, redirect_stdout=False)

    def tell(event: Trained) -> None:
        live.start()
        bar.update(task, total=event.total, completed=event.done)
        figures = _figures(event)
        live.update(Group(bar, Text(", ".join(figures))) if figures else bar)

    try:
        yield tell
    finally:
        live.stop()


def training_lines() -> Callable[[Trained], None]:
    """Give what writes how far an adapter is, every ten seconds: for logs."""
    last = time.monotonic()

    def tell(event: Trained) -> None:
        nonlocal last
        if time.monotonic() - last >= EVERY:
            last = time.monotonic()
            total = "" if event.total is None else f" of {event.total:,}"
            _write(", ".join((f"{event.done:,}{total} steps", *_figures(event))) + "\n")

    return tell


def _figures(event: Trained) -> list[str]:
    return [f"{name.replace('_', ' ')} {one:.3g}" for name, one in event.figures.items()]


def _bar() -> Any:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    console = Console(stderr=True, markup=False)
    return Progress(*columns, console=console, redirect_stdout=False)


class Lines:
    """Writes a line at the start, every ten seconds, and at the end: for logs."""

    def __init__(self) -> None:
        self._last = 0.0

    def __call__(self, progress: Progress) -> None:
        """Write what an event says, if it is time."""
        now = time.monotonic()
        if isinstance(progress, Started):
            _write(opening(progress) + "\n")
        elif not isinstance(progress, BatchDone) or (
            now - self._last < EVERY and progress.done < progress.planned
        ):
            return
        else:
            _write(_counted(progress) + "\n")
        self._last = now


class _Line:
    """Writes one line again and again: for notebooks."""

    def __init__(self) -> None:
        self._last = time.monotonic()
        self._wrote = False

    def __call__(self, progress: Progress) -> None:
        if isinstance(progress, Finished) and self._wrote:
            _write(f"\r{_counted(progress)}\n")
        elif isinstance(progress, BatchDone) and time.monotonic() - self._last > IN_A_NOTEBOOK:
            self._last, self._wrote = time.monotonic(), True
            _write(f"\r{_counted(progress)}")


def _write(text: str) -> None:
    sys.stderr.write(legible(text, getattr(sys.stderr, "encoding", None) or "utf-8"))
    sys.stderr.flush()


def _counted(progress: Progress) -> str:
    errored = f", {progress.errored:,} errored" if progress.errored else ""
    return f"{progress.done:,} of {progress.planned:,} records{errored}"


def opening(progress: Started) -> str:
    """Say what is to be measured, what is already there, and what nobody asks for any more."""
    left = progress.planned - progress.kept
    parts = [f"{progress.planned:,} records planned"]
    if progress.kept:
        parts.append(f"{progress.kept:,} already measured, {left:,} to go")
    if progress.stale:
        parts.append(f"{progress.stale:,} of earlier plans kept but no longer asked for")
    said = "\n".join(["; ".join(parts), *(f"  {reason}" for reason in progress.reasons)])
    return printable(said, lines=True)
