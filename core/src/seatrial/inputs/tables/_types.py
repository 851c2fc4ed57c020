"""What a cell holds: its type as stated, as found out, or as it was kept."""

from __future__ import annotations

import ast
import json
import math
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np

from ..._carriers import Asset
from ...errors import PlanError
from ._delimited import decoded

__all__ = ["is_empty", "kept", "number_columns", "typed"]

NUMBER = re.compile(r"[+-]?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
NO_NUMBER = ("", "nan", "na", "n/a", "null", "none")
"""What programs write into a column of numbers where there is none."""

TRUE, FALSE = ("true", "yes", "1"), ("false", "no", "0")
LARGEST = 2**63
AXES = 3


def is_empty(value: Any) -> bool:
    """Tell whether a cell holds nothing: None, NaN, or a text without anything but space."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return True
    if isinstance(value, float | np.floating):
        return math.isnan(value)
    return type(value).__name__ in ("NAType", "NaTType")


def number_columns(columns: Iterable[str], rows: Iterable[Mapping[str, str]]) -> set[str]:
    """Find the columns of texts that hold nothing but numbers, as they are written plainly.

    A number with a leading zero (`007`) is a name, and one that 64 bits do not hold too.
    """
    left = set(columns)
    filled: set[str] = set()
    for row in rows:
        for name in tuple(left):
            value = row[name].strip()
            if value.lower() in NO_NUMBER:
                continue
            filled.add(name)
            if not _is_number(value):
                left.discard(name)
        if not left:
            break
    return left & filled


def _is_number(value: str) -> bool:
    found = NUMBER.fullmatch(value)
    if found is None:
        return False
    if found[1] or found[2]:
        return math.isfinite(float(value))
    return -LARGEST <= int(value) < LARGEST


def as_number(value: str) -> int | float | None:
    """Read a number of such a column."""
    if value.strip().lower() in NO_NUMBER:
        return None
    found = NUMBER.fullmatch(value.strip())
    return int(value) if found and not (found[1] or found[2]) else float(value)


def typed(value: Any, kind: str, folder: Path) -> Any:
    """Read a cell as the type that is stated; raises `PlanError` with what is wrong.

    A type that is none of `KINDS` is a modality: the cell names a file, which becomes an `Asset`.
    """
    value = kept(value)
    if kind == "text":
        return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    if kind in ("integer", "number"):
        return _number(value, kind)
    if kind == "boolean":
        return _truth(value)
    if kind == "json":
        return _parsed(value)
    if not isinstance(value, str):
        msg = f"the path of a file is wanted, got {value!r:.60}"
        raise PlanError(msg)
    path = folder / value
    if not path.exists():
        msg = f"{path} does not exist, and the type {kind!r} is that of a file"
        raise PlanError(msg)
    return decoded(path, None) if kind == "text-file" else Asset(path, kind)


def _number(value: Any, kind: str) -> int | float:
    if isinstance(value, str) and _is_number(value.strip()):
        value = as_number(value)
    wrong = isinstance(value, bool) or not isinstance(value, int | float)
    if not wrong and kind == "integer" and value == int(value):
        return int(value)
    if wrong or kind == "integer":
        what = "a whole number" if kind == "integer" else "a number"
        msg = f"{value!r:.60} is not {what}"
        raise PlanError(msg)
    found: int | float = value
    return found


def _truth(value: Any) -> bool:
    word = str(value).strip().lower()
    if word in TRUE or word in FALSE:
        return word in TRUE
    msg = f"{value!r:.60} is neither true nor false"
    raise PlanError(msg)


def _parsed(value: Any) -> Any:
    """Read JSON, or the literals of Python, which pandas writes into CSV in its place."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        pass
    try:
        return ast.literal_eval(value.strip())
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        msg = f"{value!r:.60} is not JSON"
        raise PlanError(msg) from None


def kept(value: Any) -> Any:
    """Give a value of a library as one of Python's: numbers, dates as text, pictures as arrays."""
    if isinstance(value, Mapping):
        return {str(key): kept(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [kept(item) for item in value]
    if isinstance(value, bytes | bytearray):
        msg = f"{len(value):,} bytes are neither text nor a number"
        raise PlanError(msg)
    if isinstance(value, np.generic):
        value = value.item()
    elif isinstance(value, Decimal):
        value = int(value) if value == value.to_integral_value() else float(value)
    elif type(value).__module__.partition(".")[0] == "PIL":
        value = _picture(value)
    return value.isoformat() if hasattr(value, "isoformat") else value


def _picture(picture: Any) -> Any:
    found = np.asarray(picture if picture.mode in ("L", "RGB") else picture.convert("RGB"))
    return found[:, :, None] if found.ndim < AXES else found
