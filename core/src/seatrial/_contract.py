"""Read what a plugin declares, and say which line to change when it breaks the contract."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from inspect import Parameter, getattr_static, signature, unwrap
from types import ModuleType
from typing import TYPE_CHECKING, Any

from pluggy import HookimplOpts, PluginManager, PluginValidationError

from ._components import KINDS, Component
from ._hooks import PROJECT
from ._values import did_you_mean, with_article
from .errors import PluginContractError, PluginLoadError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["components_of"]

PREFIX = f"{PROJECT}_"
MARK = f"{PROJECT}_impl"


def _place(function: Any) -> str:
    code = getattr(unwrap(function), "__code__", None)
    return f"{code.co_filename}:{code.co_firstlineno}" if code else repr(function)


class _Hooks:
    """A plugin's hooks and nothing else: pluggy looks at every attribute of what it checks."""

    def __init__(self, hooks: Mapping[str, Callable[..., Any]]) -> None:
        vars(self).update(hooks)


def _hooks(plugin: object) -> dict[str, tuple[Callable[..., Any], HookimplOpts | None]]:
    """Find the functions that look like hooks, without waking lazy attributes or proxies.

    Functions are recognised by their type alone: `isinstance` would ask a proxy for its class.
    """
    found: dict[str, tuple[Callable[..., Any], HookimplOpts | None]] = {}
    for name in tuple(vars(plugin) if isinstance(plugin, ModuleType) else dir(plugin)):
        static = getattr_static(plugin, name, None)
        if issubclass(type(static), (staticmethod, classmethod)):
            static = static.__func__
        if hasattr(type(static), "__get__") and not hasattr(type(static), "__set__"):
            mark = getattr(static, MARK, None)
            if mark is not None or name.startswith(PREFIX):
                found[(mark and mark["specname"]) or name] = (getattr(plugin, name), mark)
    return found


def components_of(
    plugin: object, namespace: str, source: str, manager: PluginManager
) -> dict[str, Component]:
    """Collect every component that a plugin declares, or raise for the first breach.

    Hook implementations are called one at a time, not through pluggy's relay, which would lose the
    results of all plugins when one raises, and would hide which plugin a value came from.
    """

    def breach(message: str) -> PluginContractError:
        msg = f"the plugin {namespace!r} of {source}: {message}"
        return PluginContractError(msg, plugin=namespace)

    hooks = _hooks(plugin)
    known = {f"{PREFIX}{plural}": kind for plural, kind in KINDS.items()}
    for name, (function, mark) in hooks.items():
        if name not in known:
            if mark is not None and not mark["optionalhook"]:
                hint = did_you_mean(name, known, after=PREFIX)
                msg = (
                    f"{_place(function)}: seatrial has no hook {name!r}{hint} (a hook of a newer "
                    "seatrial may be marked @hookimpl(optionalhook=True))"
                )
                raise breach(msg)
        elif mark is None:
            msg = f"{_place(function)}: add @hookimpl above 'def {name}'"
            raise breach(msg)
        elif asked := _asked(function):
            msg = f"{_place(function)}: {name} gets no arguments, but asks for {', '.join(asked)}"
            raise breach(msg)
    components: dict[str, Component] = {}
    for name, kind in known.items():
        if name in hooks:
            function = hooks[name][0]
            for value in _returned(function, name, namespace, source):
                if problem := _problem(value, kind, namespace, components):
                    msg = f"{_place(function)}: {name} {problem}"
                    raise breach(msg)
                components[value.name] = value
    try:
        manager.register(
            _Hooks({name: function for name, (function, _) in hooks.items()}), namespace
        )
    except (PluginValidationError, ValueError) as error:
        msg = " ".join(str(error).split())
        raise breach(msg) from error
    return components


def _asked(function: Callable[..., Any]) -> list[str]:
    """List the arguments without which a hook cannot be called."""
    variadic = (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)
    return [
        name
        for name, parameter in signature(function).parameters.items()
        if parameter.default is Parameter.empty and parameter.kind not in variadic
    ]


def _returned(
    function: Callable[[], Any], name: str, namespace: str, source: str
) -> tuple[Any, ...]:
    """Call one hook; what is no collection is handed on, to be named as what it is."""
    try:
        found = function()
        return tuple(found) if isinstance(found, Iterable) else (found,)
    except (Exception, SystemExit) as error:
        msg = (
            f"the plugin {namespace!r} of {source}: {_place(function)}: {name}() raised "
            f"{type(error).__name__}: {error}"
        )
        raise PluginLoadError(msg, plugin=namespace) from error


def _problem(
    value: Any, kind: type[Component], namespace: str, components: Mapping[str, Component]
) -> str | None:
    if not isinstance(value, kind):
        what = (
            f"{value.name!r}, {with_article(value.kind())}"
            if isinstance(value, Component)
            else repr(value)
        )
        return f"must return {kind.__name__} values in a tuple, got {what}"
    if value.namespace != namespace:
        return f"returns {value.name!r}, which must be named '{namespace}.…', like the entry point"
    if value.name in components:
        return f"returns {value.name!r}, which is declared twice"
    return None
