"""Values as JSON and back: for comparing outputs, and for sending inputs to a fresh process."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Any

from .._cases import Case
from ._results import Skipped

__all__ = ["decode", "encode", "fingerprint"]


def encode(value: Any) -> Any:
    """Turn text, numbers, arrays, cases, and lists and mappings of these into plain JSON."""
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, Case):
        parts = [value.id, value.input, value.target, value.groups, value.cluster]
        return {"case": [encode(part) for part in parts]}
    if isinstance(value, Mapping):
        return {"mapping": [[encode(key), encode(one)] for key, one in value.items()]}
    if isinstance(value, list | tuple):
        return {type(value).__name__: [encode(one) for one in value]}
    if hasattr(value, "__array__"):
        import numpy as np

        array = np.asarray(value)
        data = b64encode(np.ascontiguousarray(array).tobytes()).decode()
        return {"array": [array.dtype.str, list(array.shape), data]}
    msg = f"values of type {type(value).__qualname__} cannot be compared or sent by the kit"
    raise Skipped(msg)


def decode(given: Any) -> Any:
    """Read back what `encode` wrote."""
    if not isinstance(given, dict):
        return given
    ((kind, parts),) = given.items()
    if kind == "case":
        return Case(*(decode(part) for part in parts))
    if kind == "mapping":
        return {decode(key): decode(one) for key, one in parts}
    if kind == "array":
        import numpy as np

        dtype, shape, data = parts
        return np.frombuffer(b64decode(data), dtype=dtype).reshape(shape).copy()
    return {"list": list, "tuple": tuple}[kind](decode(one) for one in parts)


def fingerprint(value: Any) -> str:
    """Write a value so that two are equal bit for bit exactly when their texts are."""
    return json.dumps(encode(value))
