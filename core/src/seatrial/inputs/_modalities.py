"""Which modality a value has, and the carrier that knows how to treat it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, cast

from attrs import define, field

from .._carriers import Asset
from .._cases import Case
from .._components import Modality
from .._declaring import MODALITIES, NAME
from .._plans import Plan
from .._registry import Registry, default_registry
from .._values import PLAIN, FrozenMapping
from ..errors import PlanError, UnknownComponentError
from ..protocols import Carrier
from ._boundary import call

__all__ = ["Modalities", "core_modalities", "described", "modalities_of"]

RECOGNISED = ("text", "messages", "volume", "image", "mask", "array")
"""The order in which values are recognised: the narrower before the wider."""

UNWRITABLE = (*PLAIN, Asset)
"""Values that nobody can write to."""


@define(eq=False)
class Modalities:
    """Carriers by the name of their modality, and the modality of a value.

    Values of the core's modalities are recognised by what they are. Those of plugins are recognised
    only when their modality is `named`: by a component, by where the cases come from, or by their
    own class (an attribute `modality = "audio.clip"`). So recognising a value never imports a
    plugin that nobody named.
    """

    registry: Registry | None = None
    named: tuple[str, ...] = ()
    _carriers: dict[str, Carrier] = field(factory=dict, init=False, repr=False)

    def with_names(self, names: Iterable[str | None]) -> Modalities:
        """Give the same with more modalities of plugins that may be recognised."""
        more = [name for name in names if name and name not in MODALITIES + self.named]
        if not more:
            return self
        new = Modalities(self.registry, (*self.named, *dict.fromkeys(more)))
        new._carriers = self._carriers
        return new

    def modality(self, name: str) -> Modality:
        """Find the declaration of a modality; raises `UnknownComponentError`."""
        if name in MODALITIES:
            return _core().get(name, Modality)
        return (self.registry or default_registry()).get(name, Modality)

    def carrier(self, name: str) -> Carrier:
        """Give the carrier of a modality, built once."""
        if name not in self._carriers:
            made = call(f"modality {name}", self.modality(name).build)
            carrier = made if name in MODALITIES else Guarded(name, made)
            self._carriers[name] = cast("Carrier", carrier)
        return self._carriers[name]

    def holds(self, name: str, value: Any) -> bool:
        """Tell whether a value has a modality; an asset has the one that it names."""
        if isinstance(value, Asset):
            return value.modality == name
        return bool(self.carrier(name).holds(value))

    def recognise(self, value: Any) -> str | None:
        """Name the modality of a value; None where no known modality holds it."""
        if isinstance(value, str):
            return "text" if self.carrier("text").holds(value) else None
        if isinstance(value, Asset):
            return value.modality
        for name in (*self._own(value), *self.named, *RECOGNISED):
            if self.carrier(name).holds(value):
                return name
        return None

    def _own(self, value: Any) -> tuple[str, ...]:
        """Give the modality that the class of a value states, if there is one of that name."""
        name = getattr(type(value), "modality", None)
        if not isinstance(name, str) or not NAME.fullmatch(name):
            return ()
        try:
            self.modality(name)
        except UnknownComponentError:
            return ()
        return (name,)

    def misfit(self, name: str, value: Any) -> str | None:
        """Say why a value does not have a modality, None where it has."""
        if self.holds(name, value):
            return None
        return f"expected {self.modality(name).values} ({name}), got {described(value)}"

    def freeze(self, value: Any) -> Any:
        """Copy a value, mappings and sequences in it included, so that nobody can write to it.

        Lists stay lists and dictionaries stay dictionaries: these are new ones.
        """
        if isinstance(value, UNWRITABLE):
            return value
        if isinstance(value, dict):
            return {key: self.freeze(item) for key, item in value.items()}
        if isinstance(value, Mapping):
            return FrozenMapping({key: self.freeze(item) for key, item in value.items()})
        if type(value) in (list, tuple):
            return type(value)(self.freeze(item) for item in value)
        name = self.recognise(value)
        return value if name is None else self.carrier(name).freeze(value)

    def require(self, value: Any) -> tuple[str, Carrier]:
        """Give the modality and the carrier of a value, or raise `PlanError`."""
        if (name := self.recognise(value)) is None:
            msg = (
                f"{described(value)} has no known modality: use text, messages, numpy arrays, "
                "Volume or Asset, or name the modality of a plugin"
            )
            raise PlanError(msg)
        return name, self.carrier(name)


class Guarded:
    """A carrier of a plugin, every method of which is called through the boundary."""

    def __init__(self, name: str, carrier: Any) -> None:
        self._what = f"modality {name}"
        self._carrier = carrier

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._carrier, name)
        if not callable(found):
            return found
        return lambda *args, **kwargs: call(self._what, found, *args, **kwargs)


def modalities_of(
    plan: Plan, cases: Sequence[Case] = (), registry: Registry | None = None
) -> Modalities:
    """Give the modalities that may be recognised in a run: the core's and those that are named.

    A modality is named by a perturbation of the plan, and by where the cases come from.
    """
    named = [use.component.modality for use in plan.perturbations]
    return Modalities(registry).with_names([*getattr(cases, "modalities", ()), *named])


@cache
def core_modalities() -> Modalities:
    """Give the modalities of the core; a plugin's are recognised by their own class alone."""
    return Modalities()


@cache
def _core() -> Registry:
    return Registry()


def described(value: Any) -> str:
    """Say in a few words what a value is, for messages."""
    what = type(value).__name__
    shape, dtype = getattr(value, "shape", None), getattr(value, "dtype", None)
    if shape is not None and dtype is not None:
        return f"{what} of {dtype}, shape {tuple(shape)}{_range(value, dtype)}"
    if isinstance(value, Mapping):
        return f"a mapping with {', '.join(map(str, value)) or 'nothing in it'}"
    try:
        return f"{what} {value!r:.60}"
    except Exception:  # noqa: BLE001 - the value's own code may be wrong too
        return what


def _range(value: Any, dtype: Any) -> str:
    if getattr(dtype, "kind", "") != "f" or not value.size:
        return ""
    import numpy as np

    if not np.isfinite(value).all():
        return " with NaN or infinity"
    return f", values from {value.min():.4g} to {value.max():.4g}"
