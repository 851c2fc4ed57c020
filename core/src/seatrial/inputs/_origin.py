"""The distribution and version that a component comes from."""

from __future__ import annotations

from typing import Any

from .._components import Use
from .._registry import Registry, default_registry

__all__ = ["origin"]


def origin(use: Use[Any], registry: Registry | None = None) -> str:
    """Name the distribution and version that a component comes from."""
    registry = registry or default_registry()
    namespace = use.component.namespace
    return str(registry.source(namespace)) if namespace in registry.namespaces() else "local"
