"""The components behind the labels of a run: those passed to it, or else those installed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any

from .._components import Component, Perturbation, Use
from .._registry import Registry
from .._right import REFUSALS
from ..errors import SeatrialError

__all__ = ["use_of", "without_answer"]


def use_of(
    label: str,
    given: Iterable[Use[Any]],
    stored: Iterable[Mapping[str, Any]],
    kind: type[Any],
    registry: Registry,
) -> Use[Any] | None:
    """Give the use of a label; None where there is none of this label."""
    for use in given:
        if use.label == label:
            return use
    return next((_bound(one, kind, registry) for one in stored if one["label"] == label), None)


def without_answer(labels: Iterable[str], use: Callable[[str], Use[Perturbation]]) -> Iterator[str]:
    """Give those labels of perturbations after which a question has no right answer any more."""
    for label in labels:
        with suppress(SeatrialError):  # one that is not installed
            if use(label).component.relation in REFUSALS:
                yield label


def _bound(stored: Mapping[str, Any], kind: type[Any], registry: Registry) -> Use[Any]:
    """Bind stored parameters to an installed component; those that are components too."""
    component: Component = registry.get(stored["name"], kind)
    params = dict(stored["params"])
    for key in component.components:
        if isinstance(params.get(key), Mapping):
            inner = {**params[key], "name": params[key]["$use"]}
            params[key] = _bound(inner, Component, registry)
    return Use(component, params, on=stored.get("on", ()))
