"""Values as JSON with artifacts: the same value before and after storage, in every process.

Texts, numbers, sequences and mappings are written as they are. An array-valued part becomes
`{"$artifact": digest, "modality": name}`, and its bytes are handed on under that digest; an asset
becomes `{"$asset": path, "modality": name, "digest": digest}`, and a reference
`{"$reference": import string, "params": parameters}`, which is read back as one that is not
imported. A mapping whose own keys begin with
`$` has one more `$` before each of them.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from attrs import define, frozen

from .._carriers import Asset
from .._components import Use
from .._reference import Reference, StoredReference
from .._values import PLAIN, FrozenMapping, freeze
from .._writing import digest
from ..errors import PlanError
from ._assets import asset_digest, has_assets
from ._modalities import Modalities, core_modalities, described

__all__ = ["Encoded", "as_json", "decode", "encode", "name_content"]

ARTIFACT, ASSET, FLOAT, USE = "$artifact", "$asset", "$float", "$use"
REFERENCE = "$reference"
MARK = "$"
LARGEST = 2**63  # what SQLite and JSON readers elsewhere keep as a whole number

NO_ARTIFACTS: Mapping[str, bytes] = FrozenMapping()


@frozen
class Encoded:
    """A value as JSON text, the bytes of its array-valued parts by digest, and its own digest.

    `content` is the text without the paths of assets, where there are any.
    """

    text: str
    artifacts: Mapping[str, bytes] = NO_ARTIFACTS
    content: str | None = None

    @property
    def digest(self) -> str:
        """The name of the content: equal for equal values, wherever their assets lie."""
        return digest(self.text if self.content is None else self.content)


def encode(value: Any, modalities: Modalities | None = None, *, keep: bool = True) -> Encoded:
    """Write a value; with `keep=False` array-valued parts are only named, not written.

    Raises `PlanError` for what no modality holds and what JSON cannot say.
    """
    if type(value) is str:
        return Encoded(_text(value))
    writer = _Writer(modalities or core_modalities(), {} if keep else None)
    text = _text(writer.write(value))
    content = None
    if ASSET in text and has_assets(value):
        content = _text(_Writer(writer.modalities, None, paths=False).write(value))
    return Encoded(text, writer.artifacts or NO_ARTIFACTS, content)


def name_content(value: Any, modalities: Modalities | None = None) -> str:
    """Name the content of a value, without writing its arrays."""
    return encode(value, modalities, keep=False).digest


def as_json(value: Any, modalities: Modalities | None = None) -> Any:
    """Give a value as what JSON can write; arrays are only named, and components too."""
    return _Writer(modalities or core_modalities(), None).write(value)


def decode(text: str, fetch: Callable[[str], bytes], modalities: Modalities | None = None) -> Any:
    """Read a value back; `fetch` gives the bytes of an artifact by its digest."""
    return freeze(_decoded(json.loads(text), fetch, modalities or core_modalities()))


_to_text = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode


def _text(plain: Any) -> str:
    text = _to_text(plain)
    try:
        text.encode()
    except UnicodeEncodeError:
        msg = "a text has a lone surrogate, which cannot be written down"
        raise PlanError(msg) from None
    return text


@define
class _Writer:
    """Turns values into plain JSON, and gathers the artifacts where they are wanted."""

    modalities: Modalities
    artifacts: dict[str, bytes] | None
    paths: bool = True

    def write(self, value: Any) -> Any:
        if isinstance(value, np.generic):
            value = value.item()
        if isinstance(value, PLAIN):
            return _scalar(value)
        if isinstance(value, Mapping):
            return self._mapping(value)
        if isinstance(value, Asset):
            path = str(value.path) if self.paths else ""
            return {ASSET: path, "modality": value.modality, "digest": asset_digest(value)}
        if isinstance(value, Use | Reference):
            key, what = (
                (REFERENCE, value.use)
                if isinstance(value, Reference)
                else (USE, value.component.name)
            )
            return {key: what, "params": self.write(value.params)}
        name = self.modalities.recognise(value)
        if isinstance(value, list | tuple) and name in (None, "messages"):
            return [self.write(item) for item in value]
        if name is None:
            msg = f"{described(value)} cannot be stored; use text, numbers, arrays or Volumes"
            raise PlanError(msg)
        carrier = self.modalities.carrier(name)
        named = carrier.digest(value)
        if self.artifacts is not None:
            self.artifacts[named] = carrier.dump(value)
        return {ARTIFACT: named, "modality": name}

    def _mapping(self, value: Mapping[Any, Any]) -> dict[str, Any]:
        written = {_key(key): self.write(item) for key, item in value.items()}
        if len(written) < len(value):
            msg = f"keys of a mapping must differ as texts, got {', '.join(map(repr, value))}"
            raise PlanError(msg)
        return written


def _scalar(value: Any) -> Any:
    if isinstance(value, str):
        return str(value)
    if isinstance(value, float) and not math.isfinite(value):
        return {FLOAT: repr(float(value))}
    if isinstance(value, int) and not -LARGEST <= value < LARGEST:
        msg = f"whole numbers must fit in 64 bits, got one of {value.bit_length()} bits"
        raise PlanError(msg)
    return value


def _key(key: Any) -> str:
    if isinstance(key, np.generic):
        key = key.item()
    if not isinstance(key, str | int | float):
        msg = f"keys of mappings are texts or numbers, got {described(key)}"
        raise PlanError(msg)
    text = str(_scalar(key)) if isinstance(key, int) else str(key)
    return f"{MARK}{text}" if text.startswith(MARK) else text


def _decoded(value: Any, fetch: Callable[[str], bytes], modalities: Modalities) -> Any:
    if isinstance(value, list):
        return tuple(_decoded(item, fetch, modalities) for item in value)
    if not isinstance(value, dict):
        return value
    if ARTIFACT in value:
        return modalities.carrier(value["modality"]).load(fetch(value[ARTIFACT]))
    if FLOAT in value:
        return float(value[FLOAT])
    if ASSET in value:
        return Asset(value[ASSET], value["modality"])
    inside = {
        key.removeprefix(MARK): _decoded(item, fetch, modalities) for key, item in value.items()
    }
    return StoredReference(value[REFERENCE], inside["params"]) if REFERENCE in value else inside
