"""The JSON Schemas of what the commands print with --json."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .._findings import Finding
from .._graded import BaselineGrade, Grade
from .._json_schema import Schema, array_of, nullable, object_of, schema_of, titled
from .._specification_schema import specification_schema
from .._verdicts import OUTCOMES, Verdict
from ..inputs._incidents import Incident
from ..judging._comparison import Comparison
from ..judging._pareto import Pareto
from ..judging._safety_case import Argument
from ..runs._distances import CellDistances
from ..runs._records import Accounting, Cell, ErrorCount
from ..verbs._forecast import Forecast

__all__ = ["SCHEMAS"]

TEXT: Schema = {"type": "string"}
WHOLE: Schema = {"type": "integer"}
TRUTH: Schema = {"type": "boolean"}
ANY: Schema = {}
NUMBER: Schema = {"type": ["number", "null"]}
PLACE: Mapping[str, Schema] = {"directory": TEXT}


def _fields(kind: type[Any]) -> dict[str, Schema]:
    found: dict[str, Schema] = schema_of(kind)["properties"]
    return found


def _judgement() -> dict[str, Schema]:
    return {
        "format": WHOLE,
        "title": TEXT,
        "model": TEXT,
        "outcome": {"enum": list(OUTCOMES)},
        "verdicts": array_of(schema_of(Verdict)),
        "notes": array_of(TEXT),
        "scope": {"type": "object", "additionalProperties": TEXT},
        "arguments": array_of(schema_of(Argument)),
    }


def _report() -> dict[str, Schema]:
    used = object_of({"label": TEXT, "name": TEXT, "params": ANY, "revision": WHOLE})
    return {
        "format": WHOLE,
        "model": TEXT,
        "seed": WHOLE,
        "perturbations": array_of(used),
        "metrics": array_of(used),
        "accounting": schema_of(Accounting),
        "errors": array_of(schema_of(ErrorCount)),
        "findings": array_of(schema_of(Finding)),
        "cells": array_of(schema_of(Cell)),
    }


def _explanation() -> Schema:
    grade = _fields(Grade)
    grade["baselines"] = array_of(object_of({"name": TEXT, **_fields(BaselineGrade)}))
    return object_of(
        {
            "summary": TEXT,
            "findings": array_of(schema_of(Finding)),
            "auroc": NUMBER,
            "interval": nullable(array_of(NUMBER)),
            "baselines": {"type": "object", "additionalProperties": NUMBER},
            "grade": nullable(object_of(grade)),
            "details": {"type": "object"},
        }
    )


def _show() -> Schema:
    texts = array_of(TEXT)
    parameter = {"name": TEXT, "type": TEXT, "default": nullable(TEXT), "ladder": TRUTH}
    of_all = {
        **dict.fromkeys(("name", "kind", "summary", "source"), TEXT),
        "revision": WHOLE,
        "needs": texts,
        "parameters": array_of(object_of(parameter)),
    }
    of_some = {
        "modality": TEXT,
        "ladder": array_of({"type": "object"}),
        "preview": array_of(object_of({"severity": WHOLE, "text": TEXT, "distance": NUMBER})),
    }
    return object_of({**of_all, **of_some}, optional=list(of_some))


def _record() -> Schema:
    """Give the schema of a record; groups, parts of the input and scores stand beside these."""
    text = nullable(TEXT)
    fields = {
        **dict.fromkeys(("record", "case", "cluster", "perturbation", "status"), TEXT),
        **dict.fromkeys(("severity", "replicate"), WHOLE),
        "wrong": nullable(TRUTH),
        **dict.fromkeys(("target", "answer", "clean_answer", "error"), text),
        "distance": NUMBER,
        "changed": TRUTH,
    }
    return object_of(fields)


def _replay() -> Schema:
    answer = object_of(
        {
            "answer": ANY,
            "refused": nullable(TRUTH),
            "scores": {"type": "object"},
            "error": nullable(TEXT),
        }
    )
    return object_of(
        {
            "record": TEXT,
            "input": ANY,
            "prompt": nullable(TEXT),
            "target": ANY,
            "recorded": answer,
            "now": answer,
            "same": TRUTH,
        }
    )


def _listed(*names: str) -> Schema:
    return array_of(object_of(dict.fromkeys(names, TEXT)))


def _audit() -> Schema:
    finding = object_of({**_fields(Finding), "allowed": TRUTH})
    return object_of({"audits": array_of(TEXT), "findings": array_of(finding)})


def _repair() -> Schema:
    return object_of({"adapter": TEXT, "cases": WHOLE, "clusters": WHOLE, "to": TEXT})


def _compare() -> Schema:
    trade_offs = schema_of(Pareto)["properties"]["standings"]
    return object_of({**_fields(Comparison), "trade_offs": trade_offs}, optional=["trade_offs"])


def _calibrate() -> Schema:
    rung = object_of(
        {
            "parameters": ANY,
            "measured": WHOLE,
            "distance": NUMBER,
            "smallest": NUMBER,
            "largest": NUMBER,
            "similarity": NUMBER,
        }
    )
    counts = {"name": TEXT, "cases": WHOLE, "seeds": WHOLE, "rising": {"type": "number"}}
    return object_of({**counts, "rungs": array_of(rung), "proposed": array_of(rung)})


def _coverage() -> Schema:
    names = array_of(TEXT)
    incidents = array_of(schema_of(Incident))
    found = {"title": TEXT, "incidents": incidents, "uncovered": names, "without_incident": names}
    return object_of(found)


def _distances() -> Schema:
    cells = array_of(schema_of(CellDistances))
    return object_of({"bounds": array_of(NUMBER), "cells": cells, "left_out": array_of(TEXT)})


def _outputs() -> dict[str, Callable[[], Schema]]:
    return {
        "list": lambda: _listed("name", "kind", "summary", "source"),
        "show": _show,
        "calibrate": _calibrate,
        "audit": _audit,
        "run": lambda: object_of({**PLACE, **_judgement(), "report": object_of(_report())}),
        "run --dry-run": lambda: schema_of(Forecast),
        "judge": lambda: object_of(_judgement()),
        "cases": lambda: array_of(_record()),
        "replay": _replay,
        "report": lambda: object_of(_report()),
        "compare": _compare,
        "explain": lambda: object_of({**PLACE, "explanations": array_of(_explanation())}),
        "repair": _repair,
        "new-plugin": lambda: object_of({"folder": TEXT, "files": array_of(TEXT)}),
        "coverage": _coverage,
        "report --within": _distances,
        "check": lambda: _listed("component", "check", "outcome", "reason"),
    }


def _named(name: str, make: Callable[[], Schema]) -> Callable[[], Schema]:
    return lambda: titled(f"What seatrial {name} --json prints", make())


SCHEMAS: Mapping[str, Callable[[], Schema]] = {
    "specification": specification_schema,
    **{name: _named(name, make) for name, make in _outputs().items()},
}
"""What makes each schema, by what it is of."""
