"""Read what a plugin declares, and say which line to change when it breaks the contract."""

from __future__ import annotations

from inspect import getattr_static, isroutine, unwrap
from typing import TYPE_CHECKING, Any

from pluggy import HookimplOpts, PluginManager, PluginValidationError

from ._components import KINDS, Component
from ._hooks import PROJECT
from .errors import PluginContractError, PluginLoadError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["components_of"]

PREFIX = f"{PROJECT}_"
MARK = f"{PROJECT}_impl"


def _place(function: Any) -> str:
    code = getattr(unwrap(function), "__code__", None)
    return f"{code.co_filename}:{code.co_firstlineno}" if code else repr(function)


def _hooks(plugin: object) -> dict[str, tuple[Callable[..., Any], HookimplOpts | None]]:
    """Find the functions that look like hooks, without touching lazy attributes."""
    found = {}
    for name in vars(plugin) if hasattr(plugin, "__dict__") else dir(plugin):
        static = getattr_static(plugin, name)
        mark = getattr(static, MARK, None)
        if mark is not None or (name.startswith(PREFIX) and isroutine(static)):
            found[name] = (getattr(plugin, name), mark)
    if not isinstance(plugin, type) and not hasattr(plugin, "__path__"):
        for name in dir(type(plugin)):
            if name.startswith(PREFIX) and name not in found:
                function = getattr(plugin, name)
                found[name] = (function, getattr(function, MARK, None))
    return found


def components_of(
    plugin: object, namespace: str, source: str, manager: PluginManager
) -> dict[str, Component]:
    """Collect every component that a plugin declares, or raise for the first breach.

    Hook implementations are called one at a time, not through pluggy's relay, which would lose the
    results of all plugins when one raises, and would hide which plugin a value came from.
    """

    def breach(message: str) -> PluginContractError:
        return PluginContractError(f"the plugin {namespace!r} of {source}: {message}", plugin=namespace)

    hooks = _hooks(plugin)
    known = {f"{PREFIX}{plural}": kind for plural, kind in KINDS.items()}
    for name, (function, mark) in hooks.items():
        if name not in known:
            if mark is not None and not mark["optionalhook"]:
                import difflib

                close = difflib.get_close_matches(name, known, n=1)
                hint = f"; did you mean {close[0]}?" if close else ""
                msg = (
                    f"{_place(function)}: seatrial has no hook {name!r}{hint} (a hook of a newer "
                    "seatrial may be marked @hookimpl(optionalhook=True))"
                )
                raise breach(msg)
        elif mark is None:
            msg = f"{_place(function)}: add @hookimpl above 'def {name}'"
            raise breach(msg)
    try:
        manager.register(plugin, namespace)
    except (PluginValidationError, ValueError) as error:
        raise breach(f"{error}") from error
    components: dict[str, Component] = {}
    try:
        for name, kind in known.items():
            if name in hooks:
                function = hooks[name][0]
                for value in _returned(function, name, namespace, source):
                    _check(value, kind, namespace, components, f"{_place(function)}: {name}", breach)
                    components[value.name] = value
    except BaseException:
        manager.unregister(plugin)
        raise
    return components


def _returned(function: Callable[[], Any], name: str, namespace: str, source: str) -> list[Any]:
    try:
        return list(function())
    except Exception as error:
        msg = (
            f"the plugin {namespace!r} of {source}: {_place(function)}: {name}() raised "
            f"{type(error).__name__}: {error}"
        )
        raise PluginLoadError(msg, plugin=namespace) from error


def _check(
    value: Any,
    kind: type[Component],
    namespace: str,
    components: dict[str, Component],
    where: str,
    breach: Callable[[str], PluginContractError],
) -> None:
    if not isinstance(value, kind):
        what = f"{value.name!r}, {value.kind()}" if isinstance(value, Component) else repr(value)
        raise breach(f"{where} must return {kind.__name__} values, got {what}")
    if value.namespace != namespace:
        raise breach(
            f"{where}: the component {value.name!r} must be named '{namespace}.…', like the entry point"
        )
    if value.name in components:
        raise breach(f"{where}: the name {value.name!r} is declared twice")
