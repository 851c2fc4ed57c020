"""Lexicons: tables of words in files, which a user may replace by their own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path

from attrs import frozen

from seatrial.errors import ParameterError

__all__ = ["Lexicon", "Row", "cells", "lexicon_rows"]

Row = Mapping[str, str]


@frozen(eq=False)
class Lexicon:
    """The rows of a lexicon; one value for one content, so that what is made of it can be kept."""

    rows: tuple[Row, ...]

    def __iter__(self) -> Iterator[Row]:
        """Give the rows."""
        return iter(self.rows)


def lexicon_rows(lexicon: str | None, default: str, columns: Sequence[str]) -> Lexicon:
    """Read a lexicon: the user's file, or the one of this package that is called `default`.

    A lexicon is a table with tabs between columns (TSV, UTF-8). Lines that begin with `#` say where
    it comes from; the first other line names the columns, of which those in `columns` must be
    there. Raises `ParameterError` with the file and line for one that is not so.
    """
    if lexicon is None:
        text = files(__package__).joinpath("lexicons", f"{default}.tsv").read_text("utf-8")
        return _parsed(text, f"{default}.tsv", tuple(columns))
    try:
        text = Path(lexicon).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        msg = f"the lexicon {lexicon!r} cannot be read: {error}"
        raise ParameterError(msg) from error
    return _parsed(text, str(lexicon), tuple(columns))


@cache
def _parsed(text: str, name: str, columns: tuple[str, ...]) -> Lexicon:
    lines = [
        (number, line.split("\t"))
        for number, line in enumerate(text.splitlines(), start=1)
        if line.strip() and not line.startswith("#")
    ]
    if not lines:
        msg = f"{name} holds nothing: a lexicon needs the columns {', '.join(columns)}"
        raise ParameterError(msg)
    (_, header), *body = lines
    if missing := [column for column in columns if column not in header]:
        msg = f"{name} has no column {missing[0]!r}; its first line must name {', '.join(columns)}"
        raise ParameterError(msg)
    for number, values in body:
        if len(values) != len(header):
            msg = f"{name}, line {number}: {len(values)} values for {len(header)} columns"
            raise ParameterError(msg)
    return Lexicon(
        tuple(
            {column: value.strip() for column, value in zip(header, values, strict=True)}
            for _, values in body
        )
    )


def cells(value: str) -> tuple[str, ...]:
    """Split one value that lists several, with `|` between them."""
    return tuple(one for part in value.split("|") if (one := part.strip()))
