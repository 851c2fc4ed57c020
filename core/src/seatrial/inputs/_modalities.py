"""Which modality a value has, and the carrier that knows how to treat it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any, cast

from attrs import define, field

from .._carriers import Asset
from .._components import MODALITIES, Modality
from .._registry import Registry, default_registry
from ..errors import PlanError
from ..protocols import Carrier

__all__ = ["Modalities", "core_modalities"]

RECOGNISED = ("text", "messages", "volume", "image", "mask", "array")
"""The order in which values are recognised: the narrower before the wider."""


@define(eq=False)
class Modalities:
    """Carriers by the name of their modality, and the modality of a value.

    Values of the core's modalities are recognised by what they are. Those of plugins are recognised
    only when their modality is `named`, by a component or by where the cases come from; so
    recognising a value never imports a plugin that nobody named.
    """

    registry: Registry = field(factory=default_registry)
    named: tuple[str, ...] = ()
    _carriers: dict[str, Carrier] = field(factory=dict, init=False, repr=False)

    def with_names(self, names: Iterable[str | None]) -> Modalities:
        """Give the same with more modalities of plugins that may be recognised."""
        more = [name for name in names if name and name not in MODALITIES]
        return Modalities(self.registry, tuple(dict.fromkeys((*self.named, *more))))

    def modality(self, name: str) -> Modality:
        """Find the declaration of a modality; raises `UnknownComponentError`."""
        return self.registry.get(name, Modality)

    def carrier(self, name: str) -> Carrier:
        """Give the carrier of a modality, built once."""
        if name not in self._carriers:
            self._carriers[name] = cast("Carrier", self.modality(name).build())
        return self._carriers[name]

    def holds(self, name: str, value: Any) -> bool:
        """Tell whether a value has a modality; an asset has the one that it names."""
        if isinstance(value, Asset):
            return value.modality == name
        return bool(self.carrier(name).holds(value))

    def recognise(self, value: Any) -> str | None:
        """Name the modality of a value; None where no known modality holds it."""
        if isinstance(value, Asset):
            return value.modality
        for name in (*self.named, *RECOGNISED):
            if self.carrier(name).holds(value):
                return name
        return None

    def misfit(self, name: str, value: Any) -> str | None:
        """Say why a value does not have a modality, None where it has."""
        if self.holds(name, value):
            return None
        return f"expected {self.modality(name).values} ({name}), got {described(value)}"

    def require(self, value: Any) -> tuple[str, Carrier]:
        """Give the modality and the carrier of a value, or raise `PlanError`."""
        if (name := self.recognise(value)) is None:
            msg = (
                f"{described(value)} has no known modality: use text, messages, numpy arrays, "
                "Volume or Asset, or name the modality of a plugin"
            )
            raise PlanError(msg)
        return name, self.carrier(name)


@cache
def core_modalities() -> Modalities:
    """Give the modalities of the core alone, which need no plugin."""
    return Modalities(Registry())


def described(value: Any) -> str:
    """Say in a few words what a value is, for messages."""
    what = type(value).__name__
    shape, dtype = getattr(value, "shape", None), getattr(value, "dtype", None)
    if shape is not None and dtype is not None:
        bad = ""
        if getattr(dtype, "kind", "") == "f" and value.size:
            import numpy as np

            bad = "" if np.isfinite(value).all() else " with NaN or infinity"
        return f"{what} of {dtype}, shape {tuple(shape)}{bad}"
    return f"{what} {value!r:.60}"
