"""What `seatrial explain` and `seatrial repair` do and print."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from .._components import Adapter, Component, Explainer, Use
from .._files import load_specification
from .._registry import default_registry
from ..explaining._summary import side_by_side
from ..verbs._explain import explain
from ..verbs._repair import repair
from ._cases import loaded
from ._model import model_of
from ._output import echo, note, print_json, print_table

__all__ = ["explained", "repaired"]


def explained(
    directory: Path,
    names: Sequence[str],
    params: Mapping[str, Any],
    *,
    audits: Sequence[str],
    allow: Sequence[str],
    spec: Path | None,
    model: str | None,
    trust: bool,
    sheet: Path | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Explain the failures of a run by one explainer, or compare several on the same outcomes."""
    uses = _uses(names, params, Explainer)
    report = loaded(directory, None, spec, trust=trust)
    subject = _model(model, spec)
    found = explain(
        uses, report=report, model=subject, audits=audits, allow=allow, sheet=sheet, **options
    )
    if as_json:
        explanations = [one.as_dict() for one in found]
        print_json({"directory": str(directory), "explanations": explanations})
    else:
        comparable = len(found) > 1 and all(one.grade for one in found)
        print_table(side_by_side(found) if comparable else found[0].table())
    if sheet is not None and found[0].grade is not None:
        note(f"sheet: {sheet}")


def repaired(
    directory: Path | None,
    name: str,
    params: Mapping[str, Any],
    *,
    spec: Path | None,
    model: str | None,
    cases: str | None,
    metric: str | None,
    held_out: float | None,
    to: Path,
    seed: int,
    trust: bool,
    as_json: bool,
) -> None:
    """Train a repaired model and save it; the same command goes on where it stopped."""
    (use,) = _uses([name], params, Adapter)
    report = None if directory is None else loaded(directory, None, spec, trust=trust)
    fixed = repair(
        use,
        report=report,
        model=_model(model, spec),
        cases=cases,
        metric=metric,
        seed=seed,
        held_out=held_out,
        to=to,
    )
    counted = {"cases": len(fixed.case_ids), "clusters": len(fixed.learned_from)}
    if as_json:
        print_json({"adapter": use.label, **counted, "to": str(to)})
    else:
        echo(
            f"{use.label} learned from {counted['cases']:,} cases; verdicts leave out "
            f"{counted['clusters']:,} clusters\nrepaired model: {to}"
        )


def _model(given: str | None, spec: Path | None) -> Any:
    return model_of(given, None if spec is None else load_specification(spec))


def _uses(names: Sequence[str], params: Mapping[str, Any], kind: type[Component]) -> list[Use[Any]]:
    if params and len(names) > 1:
        msg = "--param is for one --with: compare several as they are, or explain with one"
        raise click.UsageError(msg)
    return [default_registry().get(name, kind)(**params) for name in names]
