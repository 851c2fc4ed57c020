"""What a case says, as a digest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from .._cases import Case
from .._components import Use
from ..errors import PlanError

__all__ = ["_digest", "attributes_digest", "case_digest", "content_of"]


def content_of(value: Any) -> Any:
    """Turn any carrier into something that JSON can write, with arrays as a hash of their bytes."""
    if isinstance(value, np.ndarray):
        digest = hashlib.blake2b(np.ascontiguousarray(value).tobytes(), digest_size=16).hexdigest()
        return {"array": digest, "shape": list(value.shape), "dtype": str(value.dtype)}
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, Use):
        return {"use": value.component.name, "params": content_of(value.params)}
    if isinstance(value, Mapping):
        return {str(key): content_of(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [content_of(item) for item in value]
    if value is None or isinstance(value, str | int | float):
        return value
    what = type(value).__qualname__
    msg = f"a value of type {what} cannot be identified; use text, numbers or arrays"
    raise PlanError(msg)


def _digest(value: Any) -> bytes:
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def case_digest(case: Case) -> bytes:
    """Hash what a case says; two cases with one digest are the same measurement."""
    try:
        return _digest([case.id, content_of(case.input), content_of(case.target)])
    except PlanError as error:
        msg = f"case {case.id!r}: {error}"
        raise PlanError(msg) from error


def attributes_digest(case: Case) -> bytes:
    """Hash what only a perturbation that sees the whole case can know of it."""
    return _digest([content_of(case.groups), case.cluster])
