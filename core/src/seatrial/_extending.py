"""A specification that extends another: what it says itself comes before what the other says."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .errors import FileError

__all__ = ["read_table", "whole_table"]

EXTEND = "extend"
PRIORITIES = "priorities"


def read_table(path: Path) -> dict[str, Any]:
    """Read a TOML file, with a byte-order mark or without; raises `FileError`."""
    if path.is_dir():
        msg = f"{path}: cannot be read: it is a directory, and a TOML file is wanted"
        raise FileError(str(path), (msg,))
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except tomllib.TOMLDecodeError as error:
        raise FileError(str(path), (f"{path.name}: not valid TOML: {error}",)) from None
    except UnicodeDecodeError:
        raise FileError(str(path), (f"{path.name}: not UTF-8 text",)) from None
    except OSError as error:
        raise FileError(str(path), (f"{path}: cannot be read: {error.strerror}",)) from None


def whole_table(path: Path, seen: tuple[Path, ...] = ()) -> dict[str, Any]:
    """Read a specification with all that it extends.

    `extend` names another file, from the folder of this one. Every key of this file takes the place
    of the other's. A priority of the same name changes, key by key, the one that is there, where it
    stands; `remove = true` takes it out. The others are added at the end.
    """
    table = read_table(path)
    if EXTEND not in table:
        return table
    named = table.pop(EXTEND)
    if not isinstance(named, str):
        msg = f"{path.name}.{EXTEND}: must name a file, got {named!r}"
        raise FileError(str(path), (msg,))
    here = (*seen, path.resolve())
    other = path.parent / named
    if other.resolve() in here:
        msg = f"{path.name}.{EXTEND}: {named} extends this file, so neither has a beginning"
        raise FileError(str(path), (msg,))
    if not other.is_file():
        msg = f"{path.name}.{EXTEND}: there is no file {other}"
        raise FileError(str(path), (msg,))
    base = whole_table(other, here)
    ours, theirs = table.pop(PRIORITIES, []), base.pop(PRIORITIES, [])
    if not _are_tables(ours) or not _are_tables(theirs):
        return {**base, **table, PRIORITIES: ours if not _are_tables(ours) else theirs}
    return {**base, **table, PRIORITIES: _merged(theirs, ours, path)}


def _are_tables(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, Mapping) for one in value)


def _merged(
    theirs: list[dict[str, Any]], ours: list[dict[str, Any]], path: Path
) -> list[dict[str, Any]]:
    merged = [dict(one) for one in theirs]
    problems = []
    for at, one in enumerate(ours):
        same = [place for place, known in enumerate(merged) if known.get("name") == one.get("name")]
        if one.get("remove") is True:
            problems += [] if same else [f"{path.name}.{PRIORITIES}[{at}]: no priority to remove"]
            merged = [known for place, known in enumerate(merged) if place not in same]
        elif same:
            merged[same[0]] |= one
        else:
            merged.append(dict(one))
    if problems:
        raise FileError(str(path), tuple(problems))
    return merged
