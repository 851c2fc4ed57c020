"""Models that a parameter names: an import string, or the object itself."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from seatrial.errors import ModelError, ParameterError

__all__ = ["named"]


def named(given: Any, *, what: str, has: str) -> Any:
    """Give the object with the attribute `has` that an import string names, or that was given.

    What the string names may also be a function or a class that makes it. Raises `ParameterError`
    where nothing can be imported, and `ModelError` for an object that lacks the attribute.
    """
    found = _imported(given, what) if isinstance(given, str) else given
    made = isinstance(found, type) or (isinstance(given, str) and not hasattr(found, has))
    if made and callable(found):
        found = found()
    if not hasattr(found, has):
        msg = f"{what} must have {has}, and {given!r} has not"
        raise ModelError(msg)
    return found


def _imported(target: str, what: str) -> Any:
    module, _, name = target.partition(":")
    if not module or not name:
        msg = f"{what} must read 'package.module:name', got {target!r}"
        raise ParameterError(msg)
    try:
        return getattr(import_module(module), name)
    except (ImportError, AttributeError) as error:
        msg = f"{what}: cannot import {target!r}: {error}"
        raise ParameterError(msg) from error
