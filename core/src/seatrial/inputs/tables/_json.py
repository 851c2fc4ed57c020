"""Read JSON: a list of objects, or one object a line, each with the line that it begins on.

In a list that is one long line it is the number of the object that tells where.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ._delimited import decoded
from ._rows import Row, Rows, refused

__all__ = ["read_json"]

SPACE = re.compile(r"[ \t\r\n]*")
END = re.compile(r"\r\n|\r|\n")


def read_json(path: Path, *, encoding: str | None = None) -> Rows:
    """Read a list of objects or JSON lines, whichever the file holds; types are kept.

    Raises `FileError` where it is not JSON at all; lines that are no objects are problems of the
    result.
    """
    text = decoded(path, encoding)
    begin = SPACE.match(text).end()  # type: ignore[union-attr]
    if begin == len(text):
        raise refused(str(path), [f"{path} is empty: a list of objects is wanted, or one a line"])
    found = _listed(path, text, begin + 1) if text[begin] == "[" else _lines(path, text)
    rows: list[Row] = []
    problems: list[str] = []
    columns: dict[str, None] = {}
    one_line = text[begin] == "[" and not END.search(text.strip())
    for at, (line, value) in enumerate(found, start=1):
        place = f"{path}, object {at}" if one_line else f"{path}, line {line}"
        if isinstance(value, _Wrong):
            problems.append(f"{place}: {value}")
        elif not isinstance(value, dict):
            kind = type(value).__name__
            problems.append(f"{place}: an object with named values is wanted, got {kind}")
        else:
            rows.append(Row(place, str(len(rows) + 1), value))
            columns.update(dict.fromkeys(value))
    if not rows:
        raise refused(str(path), problems or [f"{path} has no rows"])
    return Rows(str(path), columns, rows, folder=path.parent, problems=tuple(problems))


class _Wrong(str):
    """What is wrong with a line that is not JSON."""

    __slots__ = ()


def _lines(path: Path, text: str) -> Iterator[tuple[int, Any]]:
    """Read one value a line; a single value over several lines is refused as a whole."""
    try:
        whole = json.loads(text)
    except ValueError:
        whole = None
    if isinstance(whole, dict) and "\n" in text.strip():
        lists = [key for key, value in whole.items() if isinstance(value, list)]
        hint = f" (its {lists[0]!r} holds a list: write that to a file)" if lists else ""
        msg = f"{path} holds one object; a list of objects is wanted, or one a line{hint}"
        raise refused(str(path), [msg])
    for number, line in enumerate(END.split(text), start=1):
        if not line.strip():
            continue
        try:
            yield number, json.loads(line)
        except ValueError as error:
            yield number, _Wrong(f"not JSON: {_said(error)}")


def _listed(path: Path, text: str, at: int) -> Iterator[tuple[int, Any]]:
    """Read the values of one list, and stop at what is not JSON: nothing behind it is sure."""
    decoder = json.JSONDecoder()
    counted, line = 0, 1

    def line_at(position: int) -> int:
        nonlocal counted, line
        line += len(END.findall(text, counted, position))
        counted = position
        return line

    def skip(position: int) -> int:
        return SPACE.match(text, position).end()  # type: ignore[union-attr]

    at = skip(at)
    first = True
    while not text.startswith("]", at):
        if not first:
            if not text.startswith(",", at):
                msg = f"{path}, line {line_at(at)}: not JSON: expecting ',' or ']'"
                raise refused(str(path), [msg])
            at = skip(at + 1)
        first = False
        begins = line_at(at)
        try:
            value, at = decoder.raw_decode(text, at)
        except ValueError as error:
            line = begins + len(END.findall(text, at, getattr(error, "pos", at)))
            raise refused(str(path), [f"{path}, line {line}: not JSON: {_said(error)}"]) from None
        yield begins, value
        at = skip(at)
    if skip(at + 1) != len(text):
        msg = f"{path}, line {line_at(skip(at + 1))}: not JSON: the list ended before"
        raise refused(str(path), [msg])


def _said(error: ValueError) -> str:
    return str(getattr(error, "msg", error)).lower()
