"""A plugin that is installed for as long as a `with` block lasts."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from .._components import KINDS
from .._hooks import PROJECT
from .._registry import Registry, default_registry
from ..errors import PlanError

__all__ = ["installed", "isolated"]

VARIABLE = "SEATRIAL_PLUGINS"


@contextmanager
def isolated() -> Iterator[Registry]:
    """Give a default registry in which nothing is installed, and the machine's own after it."""
    saved = os.environ.get(VARIABLE)
    os.environ[VARIABLE] = ""
    default_registry.cache_clear()
    try:
        yield default_registry()
    finally:
        if saved is None:
            del os.environ[VARIABLE]
        else:
            os.environ[VARIABLE] = saved
        default_registry.cache_clear()


@contextmanager
def installed(plugin: object, namespace: str | None = None) -> Iterator[Registry]:
    """Install a plugin alone: inside the block its names resolve, and no other plugin exists.

    `plugin` is a module or an object with `@hookimpl` functions; its namespace is that of its first
    component. Raises what the registry raises when the plugin breaks the contract.
    """
    with isolated() as registry:
        registry.register(plugin, namespace or _namespace_of(plugin))
        yield registry


def _namespace_of(plugin: object) -> str:
    for plural in KINDS:
        hook: Any = getattr(plugin, f"{PROJECT}_{plural}", tuple)
        for component in hook():
            return str(component.namespace)
    msg = f"{plugin!r} declares no component; name its namespace, as in installed(plugin, 'demo')"
    raise PlanError(msg)
