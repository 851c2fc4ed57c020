"""What `seatrial explain` and `seatrial repair` do and print."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from .._components import Adapter, Component, Explainer, Use
from .._registry import default_registry
from ..errors import ModelError
from ..explaining._split import Lesson
from ..explaining._summary import as_dict, side_by_side, text_of
from ..inputs._loading import load_cases
from ..runs._report import Report
from ..verbs._explain import look_first, taught
from ..verbs._repair import repair
from ._output import echo, print_json, print_table

__all__ = ["explained", "repaired"]


def explained(
    directory: Path,
    names: Sequence[str],
    params: Mapping[str, Any],
    *,
    audits: Sequence[str],
    allow: Sequence[str],
    trust: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Explain the failures of a run by one explainer, or compare several on the same outcomes."""
    uses = _uses(names, params, Explainer)
    report = Report.load(directory, trust=trust)
    lesson = Lesson.of(report=report, outcomes=None, **options)
    look_first(lesson, audits, allow)
    found = [taught(use, lesson) for use in uses]
    table = side_by_side(found) if len(found) > 1 and not lesson.obstacle else found[0].table()
    if as_json:
        print_json({"directory": str(directory), "explanations": [as_dict(one) for one in found]})
    elif table.rows:
        print_table(table)
    else:
        echo(text_of(found[0]))


def repaired(
    name: str,
    params: Mapping[str, Any],
    *,
    model: str,
    cases: str,
    to: Path,
    seed: int,
    as_json: bool,
) -> None:
    """Build a repaired model and save it."""
    (use,) = _uses([name], params, Adapter)
    if to.exists():
        msg = f"{to} already exists; give --to a path where nothing stands yet"
        raise click.UsageError(msg)
    learnt = load_cases(cases)
    fixed = repair(use, model=model, cases=learnt, seed=seed)
    save = getattr(fixed, "save", None)
    if not callable(save):
        msg = (
            f"the model that {use.label} gives cannot be saved: it has no save(path). Repair it in "
            "Python (seatrial.repair) and use it there, or give its class a method save(path) and "
            "its module a function load(path)"
        )
        raise ModelError(msg)
    to.parent.mkdir(parents=True, exist_ok=True)
    save(to)
    if as_json:
        print_json({"adapter": use.label, "cases": len(learnt), "to": str(to)})
    else:
        echo(f"{use.label} learnt from {len(learnt):,} cases\nrepaired model: {to}")


def _uses(names: Sequence[str], params: Mapping[str, Any], kind: type[Component]) -> list[Use[Any]]:
    if params and len(names) > 1:
        msg = "--param is for one --with: compare several as they are, or explain with one"
        raise click.UsageError(msg)
    return [default_registry().get(name, kind)(**params) for name in names]
