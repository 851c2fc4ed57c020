"""Import what an import string names."""

from __future__ import annotations

import re
from importlib import import_module
from typing import Any

from ._values import did_you_mean
from .errors import ComponentLoadError, ModelError, ParameterError

__all__ = ["IMPORT_STRING", "import_string", "object_with"]

IMPORT_STRING = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_][\w.]*")


def import_string(target: str, *, what: str) -> Any:
    """Import `"package.module:name"`; `what`, where it is any, names the thing in the error."""
    module, _, path = target.partition(":")
    found: Any = None
    part = ""
    try:
        found = import_module(module)
        for part in path.split("."):
            found = getattr(found, part)
    except (Exception, SystemExit) as error:
        hint = did_you_mean(part, dir(found)) if isinstance(error, AttributeError) and part else ""
        if isinstance(error, ModuleNotFoundError) and error.name == module.partition(".")[0]:
            hint = _elsewhere(error.name)
        which = f"{what}: " if what else ""
        msg = f"{which}cannot import {target!r}: {type(error).__name__}: {error}{hint}"
        raise ComponentLoadError(msg) from error
    return found


def _elsewhere(name: str) -> str:
    """Say how a module that was not found may be found: by its right name, or where it lies."""
    from pkgutil import iter_modules

    here = [one.name for one in iter_modules([""])]
    return (
        did_you_mean(name, here) or f"; start where {name}.py lies, or install what it is part of"
    )


def object_with(given: Any, attribute: str, *, what: str) -> Any:
    """Give the object that has an attribute: the one given, or one that an import string names.

    The string may also name a function or a class that makes it, without arguments; so may a class
    that is given. `what` names the thing in errors. Raises `ParameterError` for a text that is no
    import string, `ComponentLoadError` where it cannot be imported, and `ModelError` for an object
    without the attribute.
    """
    found = given
    if isinstance(given, str):
        if not IMPORT_STRING.fullmatch(given):
            msg = f"{what} must read 'package.module:name', got {given!r}"
            raise ParameterError(msg)
        found = import_string(given, what=what)
    made = isinstance(found, type) or (isinstance(given, str) and not hasattr(found, attribute))
    if made and callable(found):
        found = found()
    if not hasattr(found, attribute):
        msg = f"{what} must have {attribute}, and {given!r} has not"
        raise ModelError(msg)
    return found
