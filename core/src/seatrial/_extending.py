"""A specification that extends another: what it says itself comes before what the other says."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attrs import evolve, frozen

from ._values import did_you_mean
from .errors import FileError

__all__ = ["Place", "read_table", "whole_table"]

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


@frozen
class Place:
    """Where a priority stands: `name.toml.priorities[1]`, and what its name may have meant."""

    text: str
    hint: str = ""


def whole_table(
    path: Path, seen: tuple[Path, ...] = ()
) -> tuple[dict[str, Any], tuple[Place, ...]]:
    """Read a specification with all that it extends, and tell where each priority stands.

    `extend` names another file, from the folder of this one. Every key of this file takes the place
    of the other's. A priority of the same name changes, key by key, the one that is there, where it
    stands; `remove = true` takes it out. The others are added at the end.
    """
    table = read_table(path)
    if EXTEND not in table:
        given = table.get(PRIORITIES)
        count = len(given) if isinstance(given, list) else 0
        return table, tuple(Place(f"{path.name}.{PRIORITIES}[{at}]") for at in range(count))
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
    base, places = whole_table(other, here)
    ours, theirs = table.pop(PRIORITIES, []), base.pop(PRIORITIES, [])
    if not _are_tables(ours) or not _are_tables(theirs):
        return {**base, **table, PRIORITIES: ours if not _are_tables(ours) else theirs}, ()
    merged, places = _merged(theirs, ours, places, path)
    return {**base, **table, PRIORITIES: merged}, places


def _are_tables(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, Mapping) for one in value)


def _merged(
    theirs: list[dict[str, Any]], ours: list[dict[str, Any]], places: tuple[Place, ...], path: Path
) -> tuple[list[dict[str, Any]], tuple[Place, ...]]:
    known = [str(one.get("name")) for one in theirs]
    merged = [(dict(one), place) for one, place in zip(theirs, places, strict=True)]
    problems = []
    for at, one in enumerate(ours):
        place = Place(f"{path.name}.{PRIORITIES}[{at}]")
        same = [
            number for number, (two, _) in enumerate(merged) if two.get("name") == one.get("name")
        ]
        near = did_you_mean(str(one.get("name")), known)
        if one.get("remove") is True:
            problems += [] if same else [f"{place.text}: no priority to remove{near}"]
            merged = [two for number, two in enumerate(merged) if number not in same]
        elif same:
            merged[same[0]] = {**merged[same[0]][0], **one}, place
        else:
            added = f" (it is added: the file that is extended has no such name{near})"
            merged.append((dict(one), evolve(place, hint=added if near else "")))
    if problems:
        raise FileError(str(path), tuple(problems))
    return [one for one, _ in merged], tuple(place for _, place in merged)
