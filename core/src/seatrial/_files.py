"""Specifications and plans to and from TOML, with every mistake reported at once, in its place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import fields_dict

from ._arguments import as_path
from ._components import Adapter, Audit, Component, Metric, Perturbation, Use
from ._extending import Place, read_table, whole_table
from ._plans import Plan, Priority, Specification
from ._recipes import Recipe
from ._reference import Reference
from ._registry import Registry, default_registry
from ._requirements import is_of_require, requirement_problems
from ._table_options import (
    ANSWERS,
    CASES,
    as_table,
    file_reference,
    option_problems,
    referred,
)
from ._toml import as_toml, toml, toml_key
from ._training import Training
from ._values import did_you_mean
from .errors import FileError, PlanError

if TYPE_CHECKING:
    from cattrs import Converter

__all__ = [
    "dump_plan",
    "dump_specification",
    "load_plan",
    "load_recipe",
    "load_specification",
]

FORMAT = 1
WHOLE = "a whole number"
PATH = re.compile(r"[\w.\[\]-]+", re.ASCII)


class _Problems(Exception):  # noqa: N818 - several problems of one value, each with its key
    def __init__(self, problems: Iterable[tuple[str, str]], *, paths: bool = False) -> None:
        super().__init__()
        self.problems = tuple(
            (key if paths and PATH.fullmatch(key) else toml_key(key), problem)
            for key, problem in problems
        )


def load_specification(path: str | Path, *, registry: Registry | None = None) -> Specification:
    """Read a specification from TOML.

    Only the plugins that it names are imported, never its model or cases. Raises `FileError` with
    one line for every mistake: `pharmacy.toml.priorities[2].perturbations[0]: nlpaug has no ...`.
    What concerns several keys at once is checked as soon as each is right by itself.
    """
    found: Specification = _load(as_path(path, "path"), Specification, registry)
    return found


def load_plan(path: str | Path, *, registry: Registry | None = None) -> Plan:
    """Read a plan from TOML; the errors are those of `load_specification`."""
    found: Plan = _load(as_path(path, "path"), Plan, registry)
    return found


def load_recipe(path: str | Path, *, registry: Registry | None = None) -> Recipe:
    """Read a recipe from TOML: an adapter with its parameters, and what it trains on.

    A `file` that lies beside the recipe is taken from there, wherever the recipe names it. The
    errors are those of `load_specification`.
    """
    found: Recipe = _load(as_path(path, "path"), Recipe, registry)
    return found


def dump_specification(specification: Specification) -> str:
    """Write a specification as TOML that `load_specification` reads back equal."""
    return toml({"format": FORMAT, **as_toml(specification)})


def dump_plan(plan: Plan) -> str:
    """Write a plan as TOML that `load_plan` reads back equal.

    What narrows it is not written: a specification that compiles to it is a file of its own.
    """
    return toml({"format": FORMAT, **as_toml(plan, omit=("narrowed",))})


def _load(path: Path, cls: type[Any], registry: Registry | None) -> Any:
    from cattrs.errors import BaseValidationError

    table, places = whole_table(path) if cls is Specification else (read_table(path), ())
    if cls is Recipe:
        table = _with_files(path.parent, table)
    problems = []
    if (given := table.pop("format", None)) != FORMAT or isinstance(given, bool):
        problems.append(
            f"{path.name}.format: this seatrial reads format = {FORMAT}, "
            + ("which is missing" if given is None else f"not {given!r}")
        )
    for unused in ("narrowed",) if cls is Plan else ():
        if unused in table:
            problems.append(f"{path.name}.{unused}: a file cannot set this")
            del table[unused]
    try:
        found = _converter(registry or default_registry(), path.parent).structure(table, cls)
    except BaseValidationError as error:
        problems += [_placed(line, path.name, places) for line in _lines(error, path.name)]
    if problems:
        raise FileError(str(path), tuple(problems))
    return found


def _placed(line: str, name: str, places: tuple[Place, ...]) -> str:
    """Say of a problem in a priority in which file that stands, and at what place there."""
    found = re.match(rf"{re.escape(name)}\.priorities\[(\d+)\]", line)
    if found is None or int(found[1]) >= len(places):
        return line
    place = places[int(found[1])]
    return f"{place.text}{line[found.end() :]}{place.hint}"


def _converter(registry: Registry, folder: Path) -> Converter:
    """Make the cattrs converter that resolves names in one registry, and files in a folder."""
    from cattrs import Converter

    converter = Converter(forbid_extra_keys=True, detailed_validation=True)
    for kind, word in ((str, "text"), (int, WHOLE), (float, "a number")):
        converter.register_structure_hook(kind, partial(_primitive, kind, word))
    fields: dict[type[Any], Mapping[str, Any]] = {
        Priority: {
            "name": partial(_new, set()),
            "perturbations": partial(_list, partial(_use, registry, Perturbation)),
            "where": _mapping,
            "severities": partial(_list, partial(_primitive, int, WHOLE)),
            "metric": partial(_use, registry, Metric),
            "require": _require,
            "expected": _expected,
            "relation": partial(_primitive, str, "text"),
        },
        Specification: {
            "priorities": partial(_list, lambda one: converter.structure(one, Priority)),
            "model": partial(_reference, ANSWERS, folder),
            "cases": partial(_cases, folder),
            "audits": partial(_list, partial(_use, registry, Audit)),
            "allow": partial(_list, partial(_primitive, str, "text")),
            "train": lambda one: converter.structure(one, Training),
        },
        Training: {
            "function": partial(_reference, ANSWERS, folder),
            "cases": partial(_cases, folder),
        },
        Recipe: {
            "adapter": partial(_use, registry, Adapter),
            "model": partial(_reference, ANSWERS, folder),
            "cases": partial(_cases, folder),
        },
        Plan: {
            "perturbations": partial(_list, partial(_use, registry, Perturbation)),
            "metrics": partial(_list, partial(_use, registry, Metric)),
            "severities": partial(_list, partial(_primitive, int, WHOLE)),
            "audits": partial(_list, partial(_use, registry, Audit)),
            "allow": partial(_list, partial(_primitive, str, "text")),
        },
    }
    for cls, hooks in fields.items():
        converter.register_structure_hook(cls, _structure_attrs(cls, hooks, converter))
    return converter


def _structure_attrs(cls: type[Any], hooks: Mapping[str, Any], converter: Converter) -> Any:
    """Structure an attrs class field by field, so that one mistake does not hide the next."""
    from attrs import NOTHING, resolve_types

    resolve_types(cls)

    def structure(value: Any, _: Any) -> Any:
        from cattrs.errors import AttributeValidationNote, ClassValidationError

        if not isinstance(value, Mapping):
            msg = f"must be a table, got {value!r}"
            raise TypeError(msg)
        attributes = fields_dict(cls)
        errors: list[Exception] = []
        given: dict[str, Any] = {}
        for key, one in value.items():
            if key not in attributes:
                place = "; it belongs into require" if is_of_require(key) else ""
                hint = place or did_you_mean(key, attributes)
                errors.append(_Problems([(key, f"no such key{hint}")]))
                continue
            hook = hooks.get(key) or (
                lambda item, kind=attributes[key].type: converter.structure(item, kind)
            )
            try:
                given[key] = _checked(attributes[key], hook(one))
            except Exception as error:  # noqa: BLE001 - whatever is wrong is reported, in its place
                error.add_note(AttributeValidationNote(f"in {key}", key, None))
                errors.append(error)
        missing = [
            name
            for name, attribute in attributes.items()
            if attribute.default is NOTHING and name not in value
        ]
        errors += [_Problems([(name, "is missing")]) for name in missing]
        if not errors:
            try:
                found = cls(**given)
            except Exception as error:  # noqa: BLE001 - as above
                errors.append(error)
            else:
                problem = found.problem() if isinstance(found, Priority) else None
                if problem is None:
                    return found
                errors.append(PlanError(problem))
        msg = f"{cls.__name__} is wrong"
        raise ClassValidationError(msg, errors, cls)

    return structure


def _checked(attribute: Any, value: Any) -> Any:
    """Convert and validate one field by itself, as the constructor would."""
    if attribute.converter is not None:
        value = attribute.converter(value)
    if attribute.validator is not None:
        attribute.validator(None, attribute, value)
    return value


def _lines(error: BaseException, place: str) -> list[str]:
    """Flatten an exception tree of cattrs to lines, each with its place."""
    if isinstance(error, BaseExceptionGroup):
        return [line for one in error.exceptions for line in _lines(one, place + _step(one))]
    if isinstance(error, _Problems):
        return [f"{place}.{key}: {problem}" for key, problem in error.problems]
    return [f"{place}: {' '.join(str(error).splitlines())}"]


def _step(error: BaseException) -> str:
    from cattrs.errors import AttributeValidationNote, IterableValidationNote

    for note in getattr(error, "__notes__", ()):
        if isinstance(note, AttributeValidationNote):
            return f".{note.name}"
        if isinstance(note, IterableValidationNote):
            return f"[{note.index}]"
    return ""


def _primitive(kind: type[Any], word: str, value: Any, _: Any = None) -> Any:
    accepted = (int, float) if kind is float else kind
    if not isinstance(value, accepted) or (isinstance(value, bool) and kind is not bool):
        msg = f"must be {word}, got {value!r}"
        raise TypeError(msg)
    return value


def _list(item: Any, values: Any) -> tuple[Any, ...]:
    from cattrs.errors import IterableValidationError, IterableValidationNote

    if not isinstance(values, list):
        msg = f"must be a list, got {values!r}"
        raise TypeError(msg)
    found, errors = [], []
    for index, value in enumerate(values):
        try:
            found.append(item(value))
        except Exception as error:  # noqa: BLE001 - as above
            error.add_note(IterableValidationNote(f"at {index}", index, None))
            errors.append(error)
    if errors:
        msg = "list is wrong"
        raise IterableValidationError(msg, errors, list)
    return tuple(found)


def _new(known: set[str], value: Any) -> str:
    """Take a name that no priority before it has."""
    name: str = _primitive(str, "text", value)
    if name in known:
        msg = f"another priority is already named {name!r}"
        raise ValueError(msg)
    known.add(name)
    return name


def _mapping(value: Any) -> Any:
    if not isinstance(value, Mapping):
        msg = f"must be a table, got {value!r}"
        raise TypeError(msg)
    return value


def _expected(value: Any) -> Any:
    return value if isinstance(value, Mapping) else _primitive(float, "a number or a table", value)


def _require(value: Any) -> Any:
    if problems := requirement_problems(_mapping(value)):
        raise _Problems(problems, paths=True)
    return value


def _use(registry: Registry, kind: type[Component], value: Any) -> Use[Any]:
    """Turn "nlpaug.ocr" or { use = "nlpaug.ocr", params = {...}, on = "question" } into a use."""
    if isinstance(value, str):
        value = {"use": value}
    if not isinstance(value, Mapping) or not isinstance(value.get("use"), str):
        msg = f"must be a name or a table with use = 'name', got {value!r}"
        raise TypeError(msg)
    if extra := [key for key in value if key not in ("use", "params", "on")]:
        raise _Problems(
            (key, f"no such key{did_you_mean(key, ('use', 'params', 'on'))}") for key in extra
        )
    on = value.get("on", [])
    parts = [on] if isinstance(on, str) else on
    if not isinstance(parts, list) or not all(isinstance(part, str) for part in parts):
        msg = f"on must name a part of the input, or a list of parts, got {on!r}"
        raise ValueError(msg)
    component = registry.get(value["use"], kind)
    params = {
        key: _use(registry, Component, one) if key in component.components else one
        for key, one in _mapping(value.get("params", {})).items()
    }
    return Use(component, params, on=on)


def _reference(use: str, folder: Path, value: Any, _: Any = None) -> Reference:
    """Turn "module:name", { use = "module:name", params = {...} } or { file = ... } into one.

    `use` is what reads a file. A path that lies beside the specification is taken from there.
    """
    if isinstance(value, str):
        found: Reference = referred(value, use)
        value = as_table(found)
        if value is None:
            return found
    if not isinstance(value, Mapping) or not {"use", "file"} & value.keys():
        msg = (
            "must be an import string or a table with use = 'package.module:name' or "
            f"file = 'name.csv', got {value!r}"
        )
        raise TypeError(msg)
    if "file" in value:
        return _file(use, folder, value)
    if extra := [key for key in value if key not in ("use", "params")]:
        raise _Problems(
            (key, f"no such key{did_you_mean(key, ('use', 'params'))}") for key in extra
        )
    return Reference(value["use"], _mapping(value.get("params", {})))


def _file(use: str, folder: Path, table: Mapping[str, Any]) -> Reference:
    options = {key: one for key, one in table.items() if key != "file"}
    problems = list(option_problems(options, use))
    if not isinstance(table["file"], str) or not table["file"]:
        problems.insert(0, ("file", f"must be the path of a file, got {table['file']!r}"))
    if problems:
        raise _Problems(problems)
    return file_reference({**table, "file": _beside(folder, table["file"])}, use)


def _beside(folder: Path, name: str) -> str:
    """Give the path of a file that lies beside the specification; of others it stays as it is."""
    path = (folder / name).absolute()
    if not path.exists():
        return name
    here = Path.cwd()
    return (path.relative_to(here) if path.is_relative_to(here) else path).as_posix()


def _with_files(folder: Path, value: Any) -> Any:
    """Give a table in which each `file` that lies beside the recipe has the path from here."""
    if isinstance(value, list):
        return [_with_files(folder, one) for one in value]
    if not isinstance(value, dict):
        return value
    inside = {key: _with_files(folder, one) for key, one in value.items()}
    if isinstance(inside.get("file"), str):
        inside["file"] = _beside(folder, inside["file"])
    return inside


def _cases(folder: Path, value: Any) -> Any:
    one = partial(_reference, CASES, folder)
    return _list(one, value) if isinstance(value, list) else one(value)
