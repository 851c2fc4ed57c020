"""Read CSV and TSV: quoted line ends, byte-order marks, and the line of every row."""

from __future__ import annotations

import codecs
import csv
import io
import re
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ._rows import Row, Rows, refused

__all__ = ["decoded", "read_delimited"]

TABS = (".tsv", ".tab")
OTHER = re.compile(r"\"([;\t|,])")
"""What stands behind a quoted value: perhaps another separator than the one that was looked for."""

MARK = "\ufeff"
WIDE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_lock = threading.Lock()


def read_delimited(
    path: Path, *, delimiter: str | None = None, encoding: str | None = None
) -> Rows:
    """Read a delimited file whose first row names the columns; every value is a text.

    Raises `FileError` for what is not text, and where a quote is never closed. Rows with too many
    or too few values are problems of the result.
    """
    between = delimiter or ("\t" if path.suffix.lower() in TABS else ",")
    text = decoded(path, encoding)
    problems: list[str] = []
    rows: list[Row] = []
    header: list[str] = []
    with _any_length():
        for line, values in _records(path, text, between):
            place = f"{path}, line {line}"
            if not header:
                header = values
                continue
            if len(values) == len(header):
                rows.append(Row(place, str(len(rows) + 1), dict(zip(header, values, strict=True))))
            else:
                problems.append(f"{place}: {_ragged(len(values), len(header), between)}")
    if not header:
        raise refused(str(path), [f"{path} is empty: its first line must name the columns"])
    twice = [name for name in dict.fromkeys(header) if name and header.count(name) > 1]
    problems[:0] = [f"{path}, line 1: two columns are named {name!r}" for name in twice]
    return Rows(
        str(path),
        header,
        rows,
        texts=True,
        folder=path.parent,
        problems=tuple(problems),
        delimiter=between,
    )


def decoded(path: Path, encoding: str | None) -> str:
    """Read a text file; raises `FileError` with the line that is not in the encoding."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise refused(str(path), [f"{path} cannot be read: {error.strerror or error}"]) from error
    if encoding is None and content.startswith(WIDE):
        msg = f"{path} is UTF-16, not UTF-8: save it as UTF-8, or give encoding = 'utf-16'"
        raise refused(str(path), [msg])
    try:
        return content.decode(encoding or "utf-8").removeprefix(MARK)
    except LookupError:
        msg = f"{path}: there is no encoding {encoding!r}; common ones are utf-8 and cp1252"
        raise refused(str(path), [msg]) from None
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        wrong = content[error.start]
        hint = "" if encoding else "; save it as UTF-8, or give encoding = 'cp1252' or its own"
        msg = f"{path}, line {line}: not {encoding or 'UTF-8'} text (byte 0x{wrong:02x}){hint}"
        raise refused(str(path), [msg]) from None


def _records(path: Path, text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Give each record with the line that it begins on; lines without any value are left out."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            values = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            why = str(error)
            if "unexpected end" in why:
                why = "a quote that opens here is never closed"
            elif told := OTHER.search(text.splitlines()[line - 1]):
                why += f"; if {told[1]!r} stands between the values, give delimiter = {told[1]!r}"
            raise refused(str(path), [f"{path}, line {line}: {why}"]) from None
        if any(values):
            yield line, values


def _ragged(found: int, wanted: int, delimiter: str) -> str:
    more = found > wanted
    hint = f"; a value with {delimiter!r} in it must stand in quotes" if more else ""
    return f"{found} values for {wanted} columns{hint}"


@contextmanager
def _any_length() -> Iterator[None]:
    """Lift the limit of the csv module, which is one for the whole process, for a while."""
    with _lock:
        before = csv.field_size_limit(min(sys.maxsize, 2**31 - 1))
        try:
            yield
        finally:
            csv.field_size_limit(before)
