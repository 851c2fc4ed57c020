"""Import what an import string names."""

from __future__ import annotations

import re
from importlib import import_module
from typing import Any

from .errors import ComponentLoadError

__all__ = ["IMPORT_STRING", "import_string"]

IMPORT_STRING = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_][\w.]*")


def import_string(target: str, *, what: str) -> Any:
    """Import `"package.module:name"`; `what` names the thing in the error."""
    module, _, path = target.partition(":")
    try:
        found: Any = import_module(module)
        for part in path.split("."):
            found = getattr(found, part)
    except (Exception, SystemExit) as error:
        msg = f"{what}: cannot import {target!r}: {type(error).__name__}: {error}"
        raise ComponentLoadError(msg) from error
    return found
