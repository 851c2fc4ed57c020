"""JSON Schemas (2020-12) of values: what their fields hold, read from their annotations."""

from __future__ import annotations

import types
from collections.abc import Mapping, Sequence
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from attrs import fields, has

__all__ = ["DIALECT", "Schema", "array_of", "nullable", "object_of", "schema_of", "titled"]

Schema = dict[str, Any]
DIALECT = "https://json-schema.org/draft/2020-12/schema"
PLAIN: Mapping[Any, Schema] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": ["number", "null"]},  # what is not finite reads null
    bool: {"type": "boolean"},
    type(None): {"type": "null"},
}


def schema_of(kind: Any) -> Schema:
    """Give the schema of a type, as plain data of it is written.

    Every field of an attrs class is there, and there may be more in a later version.
    """
    if kind in PLAIN:
        return PLAIN[kind]
    if isinstance(kind, type) and has(kind):
        hints = get_type_hints(kind)
        return object_of({one.name: schema_of(hints[one.name]) for one in fields(kind)})
    origin, inside = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return {"anyOf": [schema_of(one) for one in inside]}
    if origin is Literal:
        return {"enum": list(inside)}
    return _container(origin, inside) if isinstance(origin, type) else {}


def _container(origin: type[Any], inside: Sequence[Any]) -> Schema:
    """Give the schema of a mapping, a list of one type, or a tuple with a type for each place."""
    if issubclass(origin, Mapping):
        return {"type": "object", "additionalProperties": schema_of(inside[1])}
    if not issubclass(origin, Sequence):
        return {}
    if len(inside) == 1 or Ellipsis in inside:
        return array_of(schema_of(inside[0]))
    items = [schema_of(one) for one in inside]
    return {"type": "array", "prefixItems": items, "items": False, "minItems": len(items)}


def object_of(properties: Mapping[str, Schema], *, optional: Sequence[str] = ()) -> Schema:
    """Give the schema of an object that has these properties, and perhaps more."""
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": dict(properties), "required": required}


def array_of(items: Schema) -> Schema:
    """Give the schema of a list."""
    return {"type": "array", "items": items}


def nullable(schema: Schema) -> Schema:
    """Give the schema of what may be null."""
    return {"anyOf": [schema, {"type": "null"}]}


def titled(title: str, schema: Schema) -> Schema:
    """Give a whole schema, with its dialect and a title."""
    return {"$schema": DIALECT, "title": title, **schema}
