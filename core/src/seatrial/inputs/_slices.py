"""Why no case lies in a slice: a group that none has, or a value that none has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .._cases import Case
from .._values import did_you_mean

__all__ = ["empty_slice", "unknown_group"]

SHOWN = 5


def unknown_group(where: Mapping[str, Any], cases: Iterable[Case]) -> str | None:
    """Name the first group of a slice that no case has; None where every one is had by some."""
    known = {key: None for case in cases for key in case.groups}
    for key in where:
        if key not in known:
            there = f"; they have {', '.join(known)}" if known else ", nor any other"
            return f"the cases have no group {key!r}{did_you_mean(key, known) or there}"
    return None


def empty_slice(where: Mapping[str, Any], cases: Iterable[Case]) -> str:
    """Say that no case lies in a slice, and which group or value of it no case has."""
    given = tuple(cases)
    conditions = ", ".join(f"{key} = {value!r}" for key, value in where.items())
    told = f"no case lies in the slice {conditions}"
    if group := unknown_group(where, given):
        return f"{told}: {group}"
    for key, wanted in where.items():
        there = {repr(one.groups[key]): one.groups[key] for one in given if key in one.groups}
        asked = wanted if isinstance(wanted, tuple) else (wanted,)
        if not any(have in asked for have in there.values()):
            some = ", ".join(list(there)[:SHOWN]) + (", ..." if len(there) > SHOWN else "")
            return f"{told}: {key} is one of {some}"
    return told
