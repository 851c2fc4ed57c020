"""Whether a function takes the parameters that a file or a user gives."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from ._values import did_you_mean

__all__ = ["misfit"]


def misfit(function: Callable[..., Any], params: Mapping[str, Any]) -> str | None:
    """Say why a function cannot take these parameters; None where it can, or has no signature.

    A parameter that it does not have is named before one that it lacks: the one is mostly the
    other, misspelled.
    """
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return None
    try:
        signature.bind(**params)
    except TypeError as error:
        names = list(signature.parameters)
        open_ended = any(one.kind is one.VAR_KEYWORD for one in signature.parameters.values())
        odd = [] if open_ended else [one for one in params if one not in names]
        why = str(error)
        if odd:
            why = f"got an unexpected keyword argument {odd[0]!r}{did_you_mean(odd[0], names)}"
        return f"{why}; it takes {', '.join(names) or 'no parameters'}"
    return None
