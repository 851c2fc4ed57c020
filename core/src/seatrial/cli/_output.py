"""Print results, notes and progress: coloured in a terminal, plain in a pipe or a log."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from .._layout import prose
from .._tables import json_text, printable
from ._stream import encoding_of, results, spelled, width_of_terminal

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .._layout import Piece
    from .._tables import Table

__all__ = ["echo", "is_quiet", "note", "print_bytes", "print_json", "print_lines", "print_table"]

COLOURS = {"pass": "green", "fail": "red", "inconclusive": "yellow", "error": "magenta"}
QUIET = "seatrial.quiet"
"""Where a command's context keeps that it was called with --quiet."""


def echo(text: str = "", *, err: bool = False) -> None:
    """Print lines of text; control sequences of models, cases and titles are shown as such."""
    stream = sys.stderr if err else results()
    shown = spelled(printable(text, lines=True), stream)
    width = width_of_terminal(stream)
    click.echo("\n".join(prose(shown, width)), file=stream)


def note(text: str) -> None:
    """Tell on stderr what is worth knowing and no result; `--quiet` leaves it out."""
    if not is_quiet():
        echo(text, err=True)


def is_quiet() -> bool:
    """Tell whether results and errors are all that is wanted."""
    context = click.get_current_context(silent=True)
    return bool(context and context.meta.get(QUIET))


def print_json(value: Any) -> None:
    """Print plain data as JSON on stdout."""
    text, encoding = json_text(value), encoding_of(results())
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        text = json_text(value, ascii_only=True)
    click.echo(text, file=results())


def print_bytes(data: bytes) -> None:
    """Print what a reporter wrote: as it is in a file or a pipe, legible in a terminal."""
    stream = results()
    if stream.isatty():
        click.echo(spelled(data.decode("utf-8", "backslashreplace"), stream), file=stream, nl=False)
        return
    stream.flush()
    stream.buffer.write(data)
    stream.buffer.flush()


def print_table(table: Table) -> None:
    """Print a table on stdout, in a terminal as wide as that; verdicts are coloured there."""
    stream = results()
    lines = table.lines(width_of_terminal(stream), lambda text: spelled(text, stream))
    print_lines([(part, COLOURS.get(cell, "")) for part, cell in line] for line in lines)


def print_lines(lines: Iterable[Sequence[Piece]]) -> None:
    """Print lines of (text, style) on stdout; what the text says is never read as markup."""
    stream = results()
    if not stream.isatty():
        for line in lines:
            click.echo("".join(text for text, _ in line).rstrip(), file=stream)
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(file=stream, highlight=False, markup=False, emoji=False)
    for line in lines:
        text = Text.assemble(*line)
        text.rstrip()
        console.print(text, soft_wrap=True)
