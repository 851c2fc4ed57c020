"""Print tables and progress: coloured in a terminal, plain in a pipe or a log."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from .._tables import json_text, printable
from ..events import BatchDone, Started

if TYPE_CHECKING:
    from collections.abc import Callable

    from .._tables import Table
    from ..events import Progress

__all__ = ["echo", "print_json", "print_table", "progress_bar"]

COLOURS = {"pass": "green", "fail": "red", "inconclusive": "yellow", "error": "magenta"}
EVERY = 10.0


def echo(text: str = "", *, err: bool = False) -> None:
    """Print lines of text; control sequences of models, cases and titles are shown as such."""
    click.echo(printable(text, lines=True), err=err)


def print_json(value: Any) -> None:
    """Print plain data as JSON on stdout."""
    click.echo(json_text(value))


def print_table(table: Table) -> None:
    """Print a table on stdout; words that are verdicts are coloured in a terminal."""
    if not table.columns or not sys.stdout.isatty():
        click.echo(table.text())
        return
    from rich import box
    from rich.console import Console
    from rich.table import Table as Rich
    from rich.text import Text

    title = Text(printable(table.title)) if table.title else None
    rich = Rich(title=title, title_justify="left", box=box.SIMPLE_HEAD)
    for column in table.columns:
        rich.add_column(Text(printable(column)), overflow="fold")
    for row in table.rows:
        rich.add_row(*(Text(printable(cell), style=COLOURS.get(cell, "")) for cell in row))
    console = Console(highlight=False, markup=False)
    console.print(rich)
    for note in table.notes:
        console.print(Text(printable(note, lines=True)))


@contextmanager
def progress_bar() -> Iterator[Callable[[Progress], None]]:
    """Show on stderr how a run goes on: a bar in a terminal, a line now and then in a log."""
    if sys.stderr.isatty():
        with _bar() as tell:
            yield tell
    else:
        yield _Lines()


@contextmanager
def _bar() -> Iterator[Callable[[Progress], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar
    from rich.text import Text

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Bar(*columns, console=Console(stderr=True, markup=False)) as bar:
        task = bar.add_task("measuring", total=None)

        def tell(progress: Progress) -> None:
            if isinstance(progress, Started):
                bar.console.print(Text(_opening(progress)))
            errored = f" ({progress.errored:,} errored)" if progress.errored else ""
            bar.update(
                task,
                total=progress.planned,
                completed=progress.done,
                description=f"measuring{errored}",
            )

        yield tell


class _Lines:
    """Write a line at the start, every ten seconds, and at the end."""

    def __init__(self) -> None:
        self._last = 0.0

    def __call__(self, progress: Progress) -> None:
        if isinstance(progress, Started):
            echo(_opening(progress), err=True)
            self._last = time.monotonic()
        elif isinstance(progress, BatchDone):
            self._batch(progress)

    def _batch(self, progress: Progress) -> None:
        now = time.monotonic()
        if now - self._last < EVERY and progress.done < progress.planned:
            return
        errored = f", {progress.errored:,} errored" if progress.errored else ""
        click.echo(f"{progress.done:,} of {progress.planned:,} records{errored}", err=True)
        self._last = now


def _opening(progress: Started) -> str:
    """Say what is to be measured, what is already there, and what nobody asks for any more."""
    left = progress.planned - progress.kept
    parts = [f"{progress.planned:,} records planned"]
    if progress.kept:
        parts.append(f"{progress.kept:,} already measured, {left:,} to go")
    if progress.stale:
        parts.append(f"{progress.stale:,} of earlier plans kept but no longer asked for")
    return "\n".join(["; ".join(parts), *(f"  {reason}" for reason in progress.reasons)])
