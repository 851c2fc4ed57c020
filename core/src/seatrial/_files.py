"""Specifications and plans to and from TOML, with every mistake reported at once, in its place."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from datetime import date, time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import fields_dict

from ._components import Audit, Component, Metric, Perturbation, Use
from ._extending import read_table, whole_table
from ._plans import Plan, Priority, Specification
from ._reference import Reference
from ._registry import Registry, default_registry
from ._requirements import requirement_problems
from ._values import did_you_mean, plain
from .errors import FileError, PlanError

if TYPE_CHECKING:
    from cattrs import Converter

__all__ = ["dump_plan", "dump_specification", "load_plan", "load_specification"]

FORMAT = 1
WHOLE = "a whole number"
PATH = re.compile(r"[\w.\[\]-]+", re.ASCII)


class _Problems(Exception):  # noqa: N818 - several problems of one value, each with its key
    def __init__(self, problems: Iterable[tuple[str, str]], *, paths: bool = False) -> None:
        super().__init__()
        self.problems = tuple(
            (key if paths and PATH.fullmatch(key) else _key(key), problem)
            for key, problem in problems
        )


def load_specification(path: str | Path, *, registry: Registry | None = None) -> Specification:
    """Read a specification from TOML.

    Only the plugins that it names are imported, never its model or cases. Raises `FileError` with
    one line for every mistake: `pharmacy.toml.priorities[2].perturbations[0]: nlpaug has no ...`.
    What concerns several keys at once is checked as soon as each is right by itself.
    """
    found: Specification = _load(Path(path), Specification, registry)
    return found


def load_plan(path: str | Path, *, registry: Registry | None = None) -> Plan:
    """Read a plan from TOML; the errors are those of `load_specification`."""
    found: Plan = _load(Path(path), Plan, registry)
    return found


def dump_specification(specification: Specification) -> str:
    """Write a specification as TOML that `load_specification` reads back equal."""
    return _toml({"format": FORMAT, **_table(specification)})


def dump_plan(plan: Plan) -> str:
    """Write a plan as TOML that `load_plan` reads back equal.

    What narrows it is not written: a specification that compiles to it is a file of its own.
    """
    return _toml({"format": FORMAT, **_table(plan, omit=("narrowed",))})


def _load(path: Path, cls: type[Any], registry: Registry | None) -> Any:
    from cattrs.errors import BaseValidationError

    table = whole_table(path) if cls is Specification else read_table(path)
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
        found = _converter(registry or default_registry()).structure(table, cls)
    except BaseValidationError as error:
        problems += _lines(error, path.name)
    if problems:
        raise FileError(str(path), tuple(problems))
    return found


def _converter(registry: Registry) -> Converter:
    """Make the cattrs converter that resolves names in one registry."""
    from cattrs import Converter

    converter = Converter(forbid_extra_keys=True, detailed_validation=True)
    for kind, word in ((str, "text"), (int, WHOLE), (float, "a number")):
        converter.register_structure_hook(kind, partial(_primitive, kind, word))
    converter.register_structure_hook(Reference, _reference)
    fields: dict[type[Any], Mapping[str, Any]] = {
        Priority: {
            "name": partial(_new, set()),
            "perturbations": partial(_list, partial(_use, registry, Perturbation)),
            "where": _mapping,
            "severities": partial(_list, partial(_primitive, int, WHOLE)),
            "metric": partial(_use, registry, Metric),
            "require": _require,
            "relation": partial(_primitive, str, "text"),
        },
        Specification: {
            "priorities": partial(_list, lambda one: converter.structure(one, Priority)),
            "model": _reference,
            "cases": _cases,
            "audits": partial(_list, partial(_use, registry, Audit)),
            "allow": partial(_list, partial(_primitive, str, "text")),
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
                errors.append(_Problems([(key, f"no such key{did_you_mean(key, attributes)}")]))
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


def _reference(value: Any, _: Any = None) -> Reference:
    """Turn "module:name" or { use = "module:name", params = {...} } into a reference."""
    if isinstance(value, str):
        return Reference(value)
    if not isinstance(value, Mapping) or "use" not in value:
        msg = f"must be an import string or a table with use = 'package.module:name', got {value!r}"
        raise TypeError(msg)
    if extra := [key for key in value if key not in ("use", "params")]:
        raise _Problems(
            (key, f"no such key{did_you_mean(key, ('use', 'params'))}") for key in extra
        )
    return Reference(value["use"], _mapping(value.get("params", {})))


def _cases(value: Any) -> Any:
    return _list(_reference, value) if isinstance(value, list) else _reference(value)


def _table(value: Any, omit: tuple[str, ...] = ()) -> dict[str, Any]:
    """Write an attrs value as a table, without the fields that hold their default."""
    from attrs import NOTHING, Factory, fields

    table: dict[str, Any] = {}
    for attribute in fields(type(value)):
        if attribute.name in omit:
            continue
        one = getattr(value, attribute.name)
        default = attribute.default
        if isinstance(default, Factory):  # type: ignore[arg-type]
            default = default.factory()
        if default is not NOTHING and one == default:
            continue
        table[attribute.name] = _cell(one)
    return table


def _cell(value: Any) -> Any:
    if isinstance(value, Use):
        name = value.component.name
        params = {
            key: _cell(one) if isinstance(one, Use) else plain(one)
            for key, one in value.params.items()
        }
        bound = {"params": params, "on": list(value.on)}
        given = {key: one for key, one in bound.items() if one}
        return {"use": name, **given} if given else name
    if isinstance(value, Reference):
        named = {"use": value.use, "params": plain(value.params)}
        return value.use if value.params is None else named
    if isinstance(value, Priority):
        return _table(value)
    if isinstance(value, tuple):
        return [_cell(one) for one in value]
    if isinstance(value, str | int | float | Mapping):
        return plain(value)
    msg = f"{value!r} cannot be written to a file; give an import string instead"
    raise PlanError(msg)


def _toml(table: Mapping[str, Any]) -> str:
    """Write TOML: plain values first, then one [[name]] block for each table of a list."""
    blocks = {key: value for key, value in table.items() if key == "priorities"}
    lines = [f"{_key(key)} = {_inline(value)}" for key, value in table.items() if key not in blocks]
    for key, tables in blocks.items():
        for one in tables:
            lines += ["", f"[[{_key(key)}]]"]
            lines += [f"{_key(name)} = {_inline(value)}" for name, value in one.items()]
    return "\n".join(lines) + "\n"


def _key(key: str) -> str:
    bare = key.replace("-", "").replace("_", "")
    return key if bare.isalnum() and bare.isascii() else _inline(key)


def _inline(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, Mapping):
        inner = ", ".join(f"{_key(key)} = {_inline(one)}" for key, one in value.items())
        return f"{{ {inner} }}" if inner else "{}"
    if isinstance(value, list):
        return f"[{', '.join(_inline(one) for one in value)}]"
    if isinstance(value, date | time):
        return value.isoformat()
    msg = f"TOML cannot hold {value!r}"
    raise PlanError(msg)
