"""The JSON Schema of specifications, by which editors complete and check them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_type_hints

from attrs import NOTHING, fields

from ._concepts import CONCEPTS, RELATIONS
from ._demand_list import DEMANDS
from ._demands import Demand
from ._files import FORMAT
from ._json_schema import Schema, array_of, schema_of, titled
from ._plans import SCOPE, Priority, Specification
from ._requirements import COMMON
from ._settings import (
    FRACTION,
    NOT_NEGATIVE,
    Check,
    above_zero,
    label,
    number,
    prevalences,
    reference,
    reference_with_clean,
    rungs,
    slice_of_cases,
    text,
    whole,
)
from ._training import Training

__all__ = ["specification_schema"]

TEXT: Schema = {"type": "string", "minLength": 1}
NUMBER: Schema = {"type": "number"}
UNIT: Schema = {"type": "number", "minimum": 0, "maximum": 1}
NAMED: Schema = {"type": "object", "additionalProperties": True}
RATES: Schema = {"anyOf": [UNIT, array_of(UNIT)]}
SETTINGS: Mapping[Check, Schema] = {
    FRACTION: UNIT,
    NOT_NEGATIVE: {"type": "number", "minimum": 0},
    above_zero: {"type": "number", "exclusiveMinimum": 0, "maximum": 1},
    whole: {"type": "integer", "minimum": 1},
    rungs: {**array_of({"type": "integer", "minimum": 1}), "minItems": 1},
    text: TEXT,
    label: {"type": ["string", "integer", "boolean"]},
    slice_of_cases: {**NAMED, "minProperties": 1},
    prevalences: {
        "anyOf": [
            {"type": "number", "exclusiveMinimum": 0, "maximum": 1},
            array_of({"type": "number", "exclusiveMinimum": 0, "maximum": 1}),
        ]
    },
    reference: {
        "anyOf": [TEXT, {"type": "object", "minProperties": 1, "additionalProperties": RATES}]
    },
    reference_with_clean: {
        "anyOf": [
            TEXT,
            {"type": "object", "required": ["clean"], "additionalProperties": RATES},
        ]
    },
}
IMPORT = r"^[A-Za-z_][\w.]*:[A-Za-z_][\w.]*$|[./\\]"  # an import string, or a file


def specification_schema() -> Schema:
    """Give the schema; what it accepts may still be wrong, as where a name is of no component."""
    properties = {
        "format": {"const": FORMAT, "description": "the version of this format"},
        "extend": {
            **TEXT,
            "description": "another specification, whose keys hold where this one says nothing",
        },
        **_fields(
            Specification,
            {
                "title": TEXT,
                "model": _reference("a model"),
                "cases": {"anyOf": [_reference("cases"), array_of(_reference("cases"))]},
                "audits": array_of(_use("an audit")),
                "allow": array_of(TEXT),
                "scope": _closed(dict.fromkeys(SCOPE, TEXT)),
                "priorities": array_of(_priority()),
                "train": _training(),
            },
        ),
    }
    whole_file = {"required": ["format", *_required(Specification)]}
    return titled(
        "A specification of seatrial",
        {**_closed(properties), "anyOf": [whole_file, {"required": ["format", "extend"]}]},
    )


def _training() -> Schema:
    properties = _fields(
        Training,
        {
            "function": _imported("a function from cases to a model"),
            "cases": {"anyOf": [_reference("cases"), array_of(_reference("cases"))]},
        },
    )
    return {**_closed(properties), "required": _required(Training)}


def _priority() -> Schema:
    properties = _fields(
        Priority,
        {
            "name": TEXT,
            "perturbations": array_of(_use("a perturbation")),
            "where": NAMED,
            "severities": array_of({"type": "integer", "minimum": 1}),
            "relation": {"enum": list(RELATIONS)},
            "metric": _use("a metric"),
            "require": _require(),
            "concept": {"enum": list(CONCEPTS)},
            "weight": {"type": "number", "exclusiveMinimum": 0},
            "expected": {"anyOf": [NUMBER, _closed(dict.fromkeys(DEMANDS, NUMBER))]},
            "hazard": TEXT,
            "source": TEXT,
        },
    )
    removed = {"const": True, "description": "leave out the priority of this name (with extend)"}
    return {**_closed({**properties, "remove": removed}), "required": _required(Priority)}


def _fields(kind: type[Any], known: Mapping[str, Schema]) -> dict[str, Schema]:
    """Give the schema of every field: those that are known, the others by their annotation."""
    hints = get_type_hints(kind)
    return {one.name: known.get(one.name) or schema_of(hints[one.name]) for one in fields(kind)}


def _required(kind: type[Any]) -> list[str]:
    return [one.name for one in fields(kind) if one.default is NOTHING]


def _require() -> Schema:
    demands = {name: _demand(one) for name, one in DEMANDS.items()}
    common = {name: _setting(check) for name, check in COMMON.items()}
    common["confidence"] = {"type": "number", "minimum": 0.5, "exclusiveMaximum": 1}
    return _closed({**demands, **common, "all_of": array_of(_closed(demands))})


def _demand(demand: Demand) -> Schema:
    settings = {name: _setting(check) for name, check in demand.settings.items()}
    required = list(dict.fromkeys((demand.threshold, *demand.required)))
    table = {**_closed(settings), "required": required}
    said = {"description": demand.summary}
    return {**said, "anyOf": [settings[demand.threshold], table]} if demand.bare else said | table


def _setting(check: Check) -> Schema:
    """Give the schema of a setting; one whose check is not known here may hold anything."""
    if check in SETTINGS:
        return SETTINGS[check]
    return NUMBER if check.__qualname__ == number().__qualname__ else {}


def _closed(properties: Mapping[str, Schema]) -> Schema:
    return {"type": "object", "properties": dict(properties), "additionalProperties": False}


def _use(what: str) -> Schema:
    table = {
        "use": {**TEXT, "description": f"the name of {what}"},
        "params": NAMED,
        "on": {"anyOf": [TEXT, array_of(TEXT)]},
    }
    return {"anyOf": [TEXT, {**_closed(table), "required": ["use"]}]}


def _reference(what: str) -> Schema:
    """Give the schema of an import string, a factory with parameters, or a file."""
    return {"anyOf": [*_imported(what)["anyOf"], _file(what)]}


def _imported(what: str) -> Schema:
    named = {"type": "string", "pattern": IMPORT, "description": f"{what}, as module:name"}
    table = {**_closed({"use": named, "params": NAMED}), "required": ["use"]}
    return {"anyOf": [named, table]}


def _file(what: str) -> Schema:
    """Give the schema of a table that names a file."""
    said = {**TEXT, "description": f"the file that holds {what}"}
    return {"type": "object", "properties": {"file": said}, "required": ["file"]}
