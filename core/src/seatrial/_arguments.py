"""Check what public functions are given, and say in the error where to get what they take."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import MethodType
from typing import Any, TypeVar

from ._values import with_article
from .errors import PlanError

__all__ = ["as_path", "check_kind", "listed", "of_kind"]

T = TypeVar("T")


def check_kind(value: Any, name: str, *kinds: type) -> None:
    """Refuse an argument of another kind; a path is answered with the function that reads it."""
    if isinstance(value, kinds):
        return
    wanted = " or ".join(with_article(one.__name__) for one in kinds)
    msg = f"{name} must be {wanted}, got {value!r:.80}"
    if isinstance(value, str | os.PathLike):
        readers = [found for one in kinds if (found := _reader(one))]
        calls = [f"seatrial.{one}({os.fspath(value)!r})" for one in readers]
        msg += f"; read it with {' or '.join(calls)}" if calls else ""
    raise PlanError(msg)


def listed(values: Any, name: str, *kinds: type[T]) -> tuple[T, ...]:
    """Read several values of some kinds; a single one, a text or a mapping is no list of them."""
    whole = isinstance(values, Iterable) and not isinstance(values, str | bytes | Mapping)
    found = tuple(values) if whole else ()
    if not whole or not all(isinstance(one, kinds) for one in found):
        got = next((one for one in found if not isinstance(one, kinds)), values)
        wanted = " or ".join(one.__name__ for one in kinds)
        msg = f"{name} must be a list of {wanted} values, got {got!r:.80}"
        raise PlanError(msg)
    return found


def of_kind(*kinds: type) -> Callable[[Any, Any, Any], None]:
    """Give the validator of a field that holds one kind of value."""

    def check(_: Any, attribute: Any, value: Any) -> None:
        check_kind(value, attribute.name, *kinds)

    return check


def as_path(value: Any, name: str) -> Path:
    """Read a path."""
    if not isinstance(value, str | os.PathLike):
        msg = f"{name} must be a path, got {value!r:.80}"
        raise PlanError(msg)
    return Path(value)


def _reader(kind: type) -> str | None:
    """Name the public function that reads a value of a kind from a file, if there is one."""
    if kind.__name__ == "Specification":
        return "load_specification"
    is_class_method = isinstance(getattr(kind, "load", None), MethodType)
    return f"{kind.__name__}.load" if is_class_method else None
