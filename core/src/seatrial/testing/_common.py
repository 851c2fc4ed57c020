"""Checks of every kind of component, and what the checks of one kind share."""

from __future__ import annotations

import inspect
import sys
import tempfile
import tomllib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from .._components import (
    KINDS,
    Component,
    Executor,
    Metric,
    Modality,
    Perturbation,
    Use,
)
from .._hooks import PROJECT, hookimpl
from .._registry import Registry
from .._values import FrozenMapping, did_you_mean, freeze
from ..errors import ComponentLoadError, SeatrialError
from ._fresh import importable, imported
from ._results import NotExercised, expect
from ._samples import Samples

__all__ = ["CHECKS", "built", "declaring", "rungs"]

RESERVED = "on"


def rungs(use: Use[Any]) -> tuple[FrozenMapping, ...]:
    """List the parameters to build with: one set per rung, or what is bound."""
    component = use.component
    if not isinstance(component, Perturbation):
        return (use.params,)
    return tuple(component.rung(level + 1, use.params) for level in range(len(component.ladder)))


def signature_of(use: Use[Any]) -> inspect.Signature:
    """Read the factory's parameters, or skip: that it imports is another check."""
    try:
        return inspect.signature(use.component.load())
    except ComponentLoadError:
        msg = "its factory does not import"
        raise NotExercised(msg) from None


def built(use: Use[Any]) -> list[Any]:
    """Build every rung (other kinds: the one thing there is), or skip: another check builds."""
    signature = signature_of(use)
    for params in rungs(use):
        _needs_nothing_more(use, signature, params)
    try:
        return [use.component.build(params) for params in rungs(use)]
    except Exception as error:
        msg = f"it does not build: {error}"
        raise NotExercised(msg) from error


def _needs_nothing_more(
    use: Use[Any], signature: inspect.Signature, params: Mapping[str, Any]
) -> None:
    required = [
        name
        for name, parameter in signature.parameters.items()
        if parameter.default is parameter.empty
        and parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
        and name not in params
    ]
    if required:
        bound = ", ".join(f"{name}=..." for name in required)
        short = use.component.name.rpartition(".")[2].replace("-", "_")
        msg = f"it needs {', '.join(required)}: check a use of it, as in check({short}({bound}))"
        raise NotExercised(msg)


def declaring(components: Iterable[Component]) -> ModuleType:
    """Make a plugin that declares these components and nothing else."""
    plugin = ModuleType("declaring")
    for plural, kind in KINDS.items():
        if of_kind := tuple(one for one in components if isinstance(one, kind)):
            setattr(plugin, f"{PROJECT}_{plural}", hookimpl(lambda found=of_kind: found))
    return plugin


def declared_in(component: Component, factory: str) -> str:
    """Name the module whose import declares a component: its entry point, or one that holds it."""
    from importlib.metadata import entry_points

    for entry in entry_points(group=PROJECT, name=component.namespace):
        return entry.module
    package = factory.partition(":")[0].partition(".")[0]
    for name, module in sorted(sys.modules.items()):
        inside = name.partition(".")[0] == package
        if inside and any(value is component for value in vars(module).values()):
            return name
    msg = f"its plugin is not installed, and no module of {package!r} holds it"
    raise NotExercised(msg)


def check_declaration_imports_nothing_heavy(use: Use[Any], _: Samples) -> None:
    """Importing the plugin imports the standard library, attrs and seatrial, and nothing else.

    Listing what is installed would otherwise load every library of every plugin. Declare components
    in a light module, name each factory by an import string, and import the library where the
    factory is.
    """
    module = declared_in(use.component, importable(use.component.factory))
    heavy = imported(module)
    expect(not heavy, f"importing {module} also imports {', '.join(heavy)}")


def check_factory_imports(use: Use[Any], _: Samples) -> None:
    """The factory can be imported and called.

    Correct the import string, or add what is missing to the plugin's dependencies.
    """
    try:
        factory = use.component.load()
    except ComponentLoadError as error:
        raise AssertionError(str(error)) from error
    expect(callable(factory), f"{use.component.factory!r} is no function but {factory!r}")


def check_parameters_are_taken(use: Use[Any], _: Samples) -> None:
    """The factory takes every parameter of every rung, and none has a reserved name.

    Rename the parameters of the ladder, or those of the factory; `on` says in files which part of
    the input is meant, so no parameter may be called that.
    """
    signature = signature_of(use)
    expect(RESERVED not in signature.parameters, f"its factory has a parameter {RESERVED!r}")
    for level, params in enumerate(rungs(use), start=1):
        try:
            signature.bind_partial(**params)
        except TypeError as error:
            takes = ", ".join(signature.parameters) or "no parameters"
            msg = f"rung {level}: {error}; the factory takes {takes}"
            raise AssertionError(msg) from None


def check_it_builds(use: Use[Any], _: Samples) -> None:
    """The factory gives a callable at every rung (modalities and executors: their object).

    Mend the rung that is named, or let the factory return what it has made.
    """
    signature = signature_of(use)
    for level, params in enumerate(rungs(use), start=1):
        _needs_nothing_more(use, signature, params)
        try:
            signature.bind(**params)
        except TypeError:
            msg = "its parameters are not taken"
            raise NotExercised(msg) from None
        try:
            work = use.component.build(params)
        except Exception as error:
            msg = f"rung {level} does not build: {type(error).__name__}: {error}"
            raise AssertionError(msg) from error
        made = callable(work) or isinstance(use.component, Modality | Executor)
        expect(made and work is not None, f"rung {level} gives no callable but {work!r}")


def check_survives_a_file(use: Use[Any], _: Samples) -> None:
    """The ladder is plain data, and the component with its defaults is read from TOML as written.

    Let parameters be texts, whole and other numbers, true and false, and lists and mappings of
    these; turn them into other objects inside the factory.
    """
    for level, params in enumerate(rungs(use), start=1):
        for name, value in params.items():
            kind = type(value).__qualname__
            expect(_plain(value), f"rung {level}: {name} is a {kind}, which no file can hold")
    ladder = use.component.ladder[0] if isinstance(use.component, Perturbation) else {}
    defaults = {
        name: parameter.default
        for name, parameter in signature_of(use).parameters.items()
        if name not in ladder and name != RESERVED and _writable(parameter.default)
    }
    whole = Use(use.component, {**defaults, **use.params})
    try:
        back = _through_a_file(whole)
    except (SeatrialError, ValueError, TypeError) as error:
        msg = f"{whole.label} cannot be written to a file and read again: {error}"
        raise AssertionError(msg) from error
    expect(back == whole, f"{whole.label} comes back from a file as {back.label}")


def _plain(value: Any) -> bool:
    if isinstance(value, Use):
        return _plain(value.params)
    if isinstance(value, Mapping):
        return all(isinstance(key, str) and _plain(one) for key, one in value.items())
    if isinstance(value, tuple):
        return all(_plain(one) for one in value)
    return value is None or isinstance(value, str | int | float)


def _writable(value: Any) -> bool:
    """TOML has no null: a parameter that is None by default is left out of a file."""
    value = freeze(value)
    parts = value.values() if isinstance(value, Mapping) else value
    if isinstance(value, Mapping | tuple):
        return _plain(value) and all(_writable(one) for one in parts)
    return value is not None and _plain(value)


def _through_a_file(use: Use[Any]) -> Use[Any]:
    from .. import _files, _toml
    from .._plans import Plan

    component = use.component
    registry = Registry()
    used = {component, *(part.component for part in use.parts())}
    for namespace in sorted({one.namespace for one in used}):
        registry.register(declaring([one for one in used if one.namespace == namespace]), namespace)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "plan.toml"
        if isinstance(component, Perturbation):
            path.write_text(_files.dump_plan(Plan(perturbations=(use,))), encoding="utf-8")
            return _files.load_plan(path, registry=registry).perturbations[0]
        if isinstance(component, Metric):
            path.write_text(_files.dump_plan(Plan(metrics=(use,))), encoding="utf-8")
            return _files.load_plan(path, registry=registry).metrics[0]
        path.write_text(_toml.toml({"use": _toml.cell(use)}), encoding="utf-8")
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        return _files._use(registry, Component, table["use"])


TAGS: Mapping[str, str] = {
    "deterministic": "nothing is drawn: every seed gives the same output",
    "length-changing": "the shape of what comes out may be another than that of what went in",
}
"""The tags that the kit knows, and what each promises; a plugin's own is `namespace.tag`."""


def check_tags_are_known(use: Use[Any], _: Samples) -> None:
    """Every tag is known to the kit, or is written `namespace.tag`.

    Correct the spelling: an unknown tag would be a promise that nobody checks.
    """
    for tag in use.component.tags:
        hint = did_you_mean(tag, TAGS)
        expect(tag in TAGS or "." in tag, f"there is no tag {tag!r}{hint}; {', '.join(TAGS)}")


CHECKS: tuple[Callable[[Use[Any], Samples], None], ...] = (
    check_tags_are_known,
    check_declaration_imports_nothing_heavy,
    check_factory_imports,
    check_parameters_are_taken,
    check_it_builds,
    check_survives_a_file,
)
