"""Find plugins, import one at a time, and keep a broken one from hurting the others."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Iterable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar, overload

from attrs import field, frozen
from pluggy import PluginManager

from . import _builtin
from ._arguments import check_kind
from ._components import Component
from ._contract import components_of
from ._declaring import BUILT_IN
from ._hooks import PROJECT, Specs
from ._near import declared_names, full_name
from ._values import did_you_mean, with_article
from .errors import (
    PluginConflictError,
    PluginError,
    PluginLoadError,
    PluginWarning,
    UnknownComponentError,
)

if TYPE_CHECKING:
    from importlib.metadata import Distribution, EntryPoint
    from types import ModuleType

__all__ = ["OFFICIAL", "Registry", "Source", "default_registry"]

OFFICIAL = frozenset(
    {
        "albumentations",
        "audits",
        "clinical",
        "metrics",
        "nlpaug",
        "openai",
        "order",
        "posttrain",
        "probes",
        "ray",
        "report",
        "retrain",
        "simnl",
        "threats",
        "timm",
        "torchio",
        "transformers",
    }
)
"""Namespaces whose distributions we publish. Only these are ever suggested for installation:
advice to install an unclaimed name that stands in a file would be a supply-chain hole."""

BARE = {"html": "report"}
"""What people ask for by its bare name, and the official plugin that it comes with."""

C = TypeVar("C", bound=Component)


@frozen
class Source:
    """Where a plugin's values come from."""

    plugin: str
    distribution: str
    version: str

    def __str__(self) -> str:
        return f"{self.distribution} {self.version}".strip()


def _names(variable: str) -> frozenset[str] | None:
    value = os.environ.get(variable)
    return None if value is None else frozenset(part.strip() for part in value.split(",")) - {""}


def _source(namespace: str, distribution: Distribution | None) -> Source:
    if distribution is None:
        return Source(namespace, "local", "")
    return Source(namespace, distribution.metadata["Name"], distribution.version)


def _requirement(distribution: Distribution | None) -> str:
    """Quote what the plugin asks of the core beside what is installed."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        have = version(PROJECT)
    except PackageNotFoundError:
        have = "from a source tree"
    requirements = (distribution.requires if distribution else None) or ()
    asked = [
        line.partition(";")[0].strip()
        for line in requirements
        if re.match(rf"{PROJECT}(?![\w.-])", line)
    ]
    asks = f"it asks for {asked[0]}, and " if asked else ""
    return f"{asks}seatrial {have} is installed"


@frozen(eq=False)
class Registry:
    """Names to components, with every plugin imported only when its namespace is used.

    `Registry()` is empty and sees nothing of the machine; `Registry.installed()` reads the entry
    points of the group `seatrial` once and imports nothing.
    """

    _entries: Mapping[str, tuple[EntryPoint, ...]] = field(factory=dict)
    _closed: frozenset[str] = field(factory=frozenset)
    _manager: PluginManager = field(init=False, repr=False)
    _components: dict[str, dict[str, Component]] = field(init=False, factory=dict, repr=False)
    _sources: dict[str, Source] = field(init=False, factory=dict, repr=False)
    _broken: dict[str, PluginError] = field(init=False, factory=dict, repr=False)

    @_manager.default
    def _make_manager(self) -> PluginManager:
        manager = PluginManager(PROJECT)
        manager.add_hookspecs(Specs)
        return manager

    @classmethod
    def installed(
        cls, *, allow: Iterable[str] | None = None, block: Iterable[str] | None = None
    ) -> Registry:
        """Read which plugins are installed; import none.

        `allow` and `block` are namespaces, by default those of the environment variables
        `SEATRIAL_PLUGINS` (only these; empty means none) and `SEATRIAL_BLOCK` (not these).
        They act before anything is imported.
        """
        from importlib.metadata import entry_points

        allowed = _names("SEATRIAL_PLUGINS") if allow is None else frozenset(allow)
        blocked = (_names("SEATRIAL_BLOCK") or frozenset()) if block is None else frozenset(block)
        entries: dict[str, tuple[EntryPoint, ...]] = {}
        closed: set[str] = set()
        for entry in entry_points(group=PROJECT):
            if entry.name in blocked or (allowed is not None and entry.name not in allowed):
                closed.add(entry.name)
            else:
                entries[entry.name] = (*entries.get(entry.name, ()), entry)
        if allow is None and (unknown := sorted((allowed or frozenset()) - {*entries, *closed})):
            known = (*entries, *closed)
            told = ", ".join(f"{one!r}{did_you_mean(one, known)}" for one in unknown)
            msg = f"SEATRIAL_PLUGINS names what is not installed: {told}"
            warnings.warn(msg, PluginWarning, stacklevel=2)
        return cls(entries, frozenset(closed))

    def register(self, plugin: ModuleType | object, namespace: str) -> None:
        """Adopt a plugin that is not installed: a module or object with `@hookimpl` functions."""
        if namespace in self._entries or namespace in self._components:
            msg = f"the namespace {namespace!r} is already taken by {self.source(namespace)}"
            raise PluginConflictError(msg, plugin=namespace)
        self._adopt(plugin, Source(namespace, "local", ""))

    def namespaces(self) -> tuple[str, ...]:
        """List the namespaces of plugins that can be used, without importing any plugin."""
        return tuple(sorted({*self._entries, *self._components} - {BUILT_IN}))

    def source(self, namespace: str) -> Source:
        """Tell which distribution and version a namespace comes from, without importing it."""
        if namespace == BUILT_IN:
            self._load(BUILT_IN, namespace)
        if namespace in self._sources:
            return self._sources[namespace]
        if namespace not in self._entries:
            raise self._unknown(namespace, namespace)
        return _source(namespace, self._entries[namespace][0].dist)

    @overload
    def get(self, name: str) -> Component: ...
    @overload
    def get(self, name: str, kind: type[C]) -> C: ...
    def get(self, name: str, kind: type[Any] = Component) -> Any:
        """Give the component of that name; this imports its plugin and no other.

        Raises `UnknownComponentError` when there is none or it is of another kind, and a
        `PluginError` when the plugin exists but is broken.
        """
        check_kind(name, "the name of a component", str)
        built_in = self._load(BUILT_IN, name)
        namespace = BUILT_IN if name in built_in else name.partition(".")[0]
        known = namespace in OFFICIAL or self._is_installed(namespace)
        if kind.bare_names and "." not in name and not known:
            raise self._unknown_bare(name, kind)
        components = self._load(namespace, name)
        if name not in components:
            near = did_you_mean(name, components, after=f"{namespace}.")
            hint = near or (f"; it has {', '.join(components)}" if components else "")
            if name == namespace:
                msg = f"{name!r} is a namespace, not a component{hint}"
            else:
                msg = f"{namespace} has no {name!r}{hint}"
            raise UnknownComponentError(msg)
        found = components[name]
        if not isinstance(found, kind):
            is_, not_ = with_article(found.kind()), with_article(kind.kind())
            msg = f"{name!r} is {is_}, not {not_}"
            raise UnknownComponentError(msg)
        return found

    def all(self, kind: type[C] = Component) -> tuple[C, ...]:  # type: ignore[assignment]
        """List every component of one kind, the core's own last; this imports every plugin.

        A broken plugin is left out with a `PluginWarning`; with `SEATRIAL_STRICT=1` it raises.
        """
        check_kind(kind, "kind", type)
        found: list[C] = []
        for namespace in (*self.namespaces(), BUILT_IN):
            try:
                components = self._load(namespace, namespace)
            except PluginError as error:
                if os.environ.get("SEATRIAL_STRICT", "") not in ("", "0"):
                    raise
                warnings.warn(str(error), PluginWarning, stacklevel=2)
                continue
            found += [one for one in components.values() if isinstance(one, kind)]
        return tuple(found)

    def components(self, namespace: str) -> tuple[Component, ...]:
        """List what one plugin offers; this imports that plugin."""
        return tuple(self._load(namespace, namespace).values())

    def _named(self) -> dict[str, tuple[str, ...]]:
        """List the names of every namespace, of those not yet imported as their source has them."""
        return {
            one: tuple(self._components[one])
            if one in self._components
            else declared_names(one, self._entries[one][0])
            for one in self.namespaces()
        }

    def _is_installed(self, namespace: str) -> bool:
        return namespace in {*self._entries, *self._components, *self._closed}

    def _unknown_bare(self, name: str, kind: type[Component]) -> UnknownComponentError:
        """List what there is of a kind whose components have bare names."""
        built_in = self._load(BUILT_IN, name)
        own = [key for key, one in built_in.items() if isinstance(one, kind)]
        hint = did_you_mean(name, own) or full_name(name, self._named(), near=False)
        if name in BARE and not self._is_installed(BARE[name]):
            hint = f"; {name} comes with a plugin: pip install seatrial-{BARE[name]}"
        msg = f"there is no {kind.kind()} {name!r}; there are {', '.join(own)}{hint}"
        return UnknownComponentError(msg)

    def _unknown(self, namespace: str, name: str) -> UnknownComponentError:
        if namespace in self._closed:
            msg = (
                f"the plugin {namespace!r} is installed but switched off by SEATRIAL_PLUGINS or "
                "SEATRIAL_BLOCK"
            )
        elif namespace in OFFICIAL:
            msg = f"no installed plugin provides {name!r}; try: pip install seatrial-{namespace}"
        elif "." not in name:
            hint = full_name(name, {BUILT_IN: self._load(BUILT_IN, name), **self._named()})
            msg = f"there is no component {name!r}{hint or '; seatrial list shows all'}"
        else:
            near = did_you_mean(name, [one for names in self._named().values() for one in names])
            hint = near or did_you_mean(namespace, self.namespaces())
            msg = f"no installed plugin provides the namespace {namespace!r} of {name!r}{hint}"
        return UnknownComponentError(msg)

    def _load(self, namespace: str, name: str) -> dict[str, Component]:
        if namespace in self._components:
            return self._components[namespace]
        if namespace == BUILT_IN:
            return self._adopt(_builtin, Source(BUILT_IN, PROJECT, ""))
        if namespace in self._broken:
            raise self._broken[namespace].with_traceback(None)
        if namespace not in self._entries:
            raise self._unknown(namespace, name)
        try:
            return self._import(namespace, self._entries[namespace])
        except PluginError as error:
            self._broken[namespace] = error
            raise

    def _import(self, namespace: str, entries: tuple[EntryPoint, ...]) -> dict[str, Component]:
        if len(entries) > 1:
            claims = " and ".join(str(_source(namespace, entry.dist)) for entry in entries)
            msg = (
                f"{claims} both claim the namespace {namespace!r}; uninstall one, or keep it out "
                "with SEATRIAL_BLOCK"
            )
            raise PluginConflictError(msg, plugin=namespace)
        (entry,) = entries
        source = _source(namespace, entry.dist)
        try:
            plugin = entry.load()
        except (Exception, SystemExit) as error:
            msg = (
                f"the plugin {namespace!r} of {source} failed to import: {type(error).__name__}: "
                f"{error} ({_requirement(entry.dist)})"
            )
            raise PluginLoadError(msg, plugin=namespace) from error
        return self._adopt(plugin, source)

    def _adopt(self, plugin: object, source: Source) -> dict[str, Component]:
        """Take all of a plugin's values, or none."""
        components = components_of(plugin, source.plugin, str(source), self._manager)
        self._components[source.plugin] = components
        self._sources[source.plugin] = source
        return components


@cache
def default_registry() -> Registry:
    """Give the registry of the installed plugins, read once in a process."""
    return Registry.installed()
