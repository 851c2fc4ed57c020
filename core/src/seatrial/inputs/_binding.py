"""Bind what a verb is given to a component of the right kind, and build it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

from .._components import Component, Use
from .._importing import import_string
from .._registry import Registry, default_registry
from .._values import with_article
from ..errors import ModelError, PlanError
from ._boundary import call
from ._needs import lacking

__all__ = ["bound", "bound_all", "built", "imported", "ready"]

C = TypeVar("C", bound=Component)


def bound(given: Any, kind: type[C], registry: Registry | None) -> Use[C]:
    """Take a use, a component with nothing bound, or the name of one in the registry."""
    if isinstance(given, str):
        given = (registry or default_registry()).get(given, kind)
    use = Use(given) if isinstance(given, Component) else given
    if not isinstance(use, Use) or not isinstance(use.component, kind):
        msg = f"expected {with_article(kind.kind())}, or the name of one, got {given!r:.80}"
        raise PlanError(msg)
    return use


def bound_all(given: Any, kind: type[C], registry: Registry | None) -> list[Use[C]]:
    """Take one component, or several in a list."""
    several = isinstance(given, Iterable) and not isinstance(given, str)
    return [bound(one, kind, registry) for one in (given if several else (given,))]


def ready(use: Use[Any], model: Any) -> Any:
    """Build a component, after checking that the model has what it needs."""
    if gaps := lacking(model, use):
        raise ModelError("; ".join(gaps))
    return built(use)


def built(use: Use[Any], severity: int | None = None) -> Any:
    """Build a component, or a perturbation at one severity: its factory is other people's code."""
    if severity is None:
        return call(use.label, use.build)
    return call(use.label, use.component.at, severity, use.params)


def imported(use: Use[Any], declared: Any, what: str) -> Any:
    """Give a function that a component declares beside its factory, itself or by import string."""
    if not isinstance(declared, str):
        return declared
    return call(use.label, import_string, declared, what=f"{what} of {use.label}")
