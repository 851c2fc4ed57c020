"""Where a component comes from, and what its code is."""

from __future__ import annotations

from typing import Any

from .._components import Use
from .._registry import Registry, default_registry
from ._identity import Identity, of_component

__all__ = ["identity_of", "origin"]


def identity_of(use: Use[Any], registry: Registry | None = None) -> Identity:
    """Name the distribution and version of a component, and derive what its code is."""
    registry = registry or default_registry()
    namespace = use.component.namespace
    known = namespace in registry.namespaces()
    return of_component(use, str(registry.source(namespace)) if known else "local")


def origin(use: Use[Any], registry: Registry | None = None) -> str:
    """Name what a component is, as one text that records are stored under."""
    return identity_of(use, registry).text
