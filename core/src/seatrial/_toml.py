"""Write attrs values as TOML."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, time
from typing import Any

from ._components import Use
from ._plans import Priority
from ._reference import Reference
from ._table_options import written
from ._training import Training
from ._values import plain
from .errors import PlanError

__all__ = ["as_toml", "cell", "toml", "toml_key"]


def as_toml(value: Any, omit: tuple[str, ...] = ()) -> dict[str, Any]:
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
        table[attribute.name] = cell(one)
    return table


def cell(value: Any) -> Any:
    """Write a value as TOML has it: a name, a table, a list or a plain value."""
    if isinstance(value, Use):
        name = value.component.name
        params = {
            key: cell(one) if isinstance(one, Use) else plain(one)
            for key, one in value.params.items()
        }
        bound = {"params": params, "on": list(value.on)}
        given = {key: one for key, one in bound.items() if one}
        return {"use": name, **given} if given else name
    if isinstance(value, Reference):
        return written(value)
    if isinstance(value, Priority | Training):
        return as_toml(value)
    if isinstance(value, tuple):
        return [cell(one) for one in value]
    if isinstance(value, str | int | float | Mapping):
        return plain(value)
    msg = f"{value!r} cannot be written to a file; give an import string instead"
    raise PlanError(msg)


def toml(table: Mapping[str, Any]) -> str:
    """Write TOML: plain values first, then one [[name]] block for each table of a list."""
    blocks = {key: value for key, value in table.items() if key == "priorities"}
    lines = [
        f"{toml_key(key)} = {_inline(value)}" for key, value in table.items() if key not in blocks
    ]
    for key, tables in blocks.items():
        for one in tables:
            lines += ["", f"[[{toml_key(key)}]]"]
            lines += [f"{toml_key(name)} = {_inline(value)}" for name, value in one.items()]
    return "\n".join(lines) + "\n"


def toml_key(key: str) -> str:
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
        inner = ", ".join(f"{toml_key(key)} = {_inline(one)}" for key, one in value.items())
        return f"{{ {inner} }}" if inner else "{}"
    if isinstance(value, list):
        return f"[{', '.join(_inline(one) for one in value)}]"
    if isinstance(value, date | time):
        return value.isoformat()
    msg = f"TOML cannot hold {value!r}"
    raise PlanError(msg)
