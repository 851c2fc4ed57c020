"""Values as JSON with artifacts: the same value before and after storage, in every process.

Texts, numbers, sequences and mappings are written as they are. An array-valued part becomes
`{"$artifact": digest, "modality": name}`, and its bytes are handed on under that digest. A mapping
whose own keys begin with `$` has one more `$` before each of them.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from attrs import frozen

from .._carriers import Asset
from .._values import freeze
from .._writing import digest
from ..errors import PlanError
from ._modalities import Modalities, core_modalities, described

__all__ = ["Encoded", "decode", "encode", "name_content"]

ARTIFACT = "$artifact"
ASSET = "$asset"
MARK = "$"
LARGEST = 2**63  # what SQLite and JSON readers elsewhere keep as a whole number


@frozen
class Encoded:
    """A value as JSON text, and the bytes of its array-valued parts by digest."""

    text: str
    artifacts: Mapping[str, bytes]

    @property
    def digest(self) -> str:
        """Name the content: equal for equal values."""
        return digest(self.text)


def encode(value: Any, modalities: Modalities | None = None, *, keep: bool = True) -> Encoded:
    """Write a value; with `keep=False` array-valued parts are only named, not written.

    Raises `PlanError` for what no modality holds and what JSON cannot say.
    """
    artifacts: dict[str, bytes] = {}
    plain = _encoded(value, modalities or core_modalities(), artifacts if keep else None)
    text = json.dumps(plain, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    try:
        text.encode()
    except UnicodeEncodeError:
        msg = "a text has a lone surrogate, which cannot be written down"
        raise PlanError(msg) from None
    return Encoded(text, artifacts)


def name_content(value: Any, modalities: Modalities | None = None) -> str:
    """Name the content of a value, without writing its arrays."""
    return encode(value, modalities, keep=False).digest


def decode(text: str, fetch: Callable[[str], bytes], modalities: Modalities | None = None) -> Any:
    """Read a value back; `fetch` gives the bytes of an artifact by its digest."""
    return freeze(_decoded(json.loads(text), fetch, modalities or core_modalities()))


def _encoded(value: Any, modalities: Modalities, artifacts: dict[str, bytes] | None) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, str | int | float):
        return _scalar(value)
    if isinstance(value, Mapping):
        return {_key(key): _encoded(item, modalities, artifacts) for key, item in value.items()}
    if isinstance(value, Asset):
        return {ASSET: str(value.path), "modality": value.modality}
    name = modalities.recognise(value)
    if isinstance(value, list | tuple) and name in (None, "messages"):
        return [_encoded(item, modalities, artifacts) for item in value]
    if name is None:
        msg = f"{described(value)} cannot be stored: values are texts, numbers, arrays and Volumes"
        raise PlanError(msg)
    carrier = modalities.carrier(name)
    named = carrier.digest(value)
    if artifacts is not None:
        artifacts[named] = carrier.dump(value)
    return {ARTIFACT: named, "modality": name}


def _scalar(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return {ARTIFACT: repr(float(value)), "modality": "float"}
    if isinstance(value, int) and not -LARGEST <= value < LARGEST:
        msg = f"whole numbers must fit in 64 bits, got one of {value.bit_length()} bits"
        raise PlanError(msg)
    return value


def _key(key: Any) -> str:
    if not isinstance(key, str):
        key = str(key)
    return f"{MARK}{key}" if key.startswith(MARK) else key


def _decoded(value: Any, fetch: Callable[[str], bytes], modalities: Modalities) -> Any:
    if isinstance(value, list):
        return tuple(_decoded(item, fetch, modalities) for item in value)
    if not isinstance(value, dict):
        return value
    if ARTIFACT in value:
        name = value["modality"]
        if name == "float":
            return float(value[ARTIFACT])
        return modalities.carrier(name).load(fetch(value[ARTIFACT]))
    if ASSET in value:
        return Asset(value[ASSET], value["modality"])
    return {
        key.removeprefix(MARK) if key.startswith(MARK) else key: _decoded(item, fetch, modalities)
        for key, item in value.items()
    }
