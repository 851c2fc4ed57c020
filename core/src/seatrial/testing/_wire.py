"""Values as JSON and back: for comparing results, and for sending values to a fresh process."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Any

import attrs

from .._importing import import_string
from ._results import NotExercised

__all__ = ["decode", "encode", "fingerprint"]


def encode(value: Any) -> Any:
    """Turn texts, numbers, arrays, attrs values, lists and mappings of these into plain JSON."""
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, bytes):
        return {"bytes": b64encode(value).decode()}
    if isinstance(value, Mapping):
        return {"mapping": [[encode(key), encode(one)] for key, one in value.items()]}
    if isinstance(value, list | tuple):
        return {type(value).__name__: [encode(one) for one in value]}
    if hasattr(value, "__array__"):
        import numpy as np

        array = np.asarray(value)
        if not array.dtype.hasobject:
            data = b64encode(np.ascontiguousarray(array).tobytes()).decode()
            return {"array": [array.dtype.str, list(array.shape), data]}
    if attrs.has(type(value)):
        fields = [one.name for one in attrs.fields(type(value)) if one.init]
        held = [[name, encode(getattr(value, name))] for name in fields]
        return {"attrs": [f"{type(value).__module__}:{type(value).__qualname__}", held]}
    msg = f"values of type {type(value).__qualname__} cannot be compared or sent by the kit"
    raise NotExercised(msg)


def decode(given: Any) -> Any:
    """Read back what `encode` wrote."""
    if not isinstance(given, dict):
        return given
    ((kind, parts),) = given.items()
    if kind == "bytes":
        return b64decode(parts)
    if kind == "attrs":
        made = import_string(parts[0], what="a value")
        return made(**{name.lstrip("_"): decode(one) for name, one in parts[1]})
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
