"""What `seatrial explain` and `seatrial repair` do and print."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from .._components import Adapter, Component, Explainer, Use
from .._files import load_recipe, load_specification
from .._recipes import Recipe
from .._registry import default_registry
from .._tables import Table
from .._values import plain
from ..explaining._summary import side_by_side
from ..verbs._explain import explain
from ..verbs._repair import repair
from ._cases import loaded
from ._model import model_of
from ._output import echo, note, print_json, print_table
from ._progress import training

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
    graded_on: Path | None,
    trust: bool,
    sheet: Path | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Explain the failures of a run by one explainer, or compare several on the same outcomes."""
    uses = _uses(names, params, Explainer)
    report = loaded(directory, None, spec, trust=trust)
    other = None if graded_on is None else loaded(graded_on, None, None, trust=trust)
    found = explain(
        uses,
        report=report,
        model=_model(model, spec),
        graded_on=other,
        audits=audits,
        allow=allow,
        sheet=sheet,
        **options,
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
    name: str | None,
    params: Mapping[str, Any],
    *,
    spec: Path | None,
    model: str | None,
    cases: str | None,
    metric: str | None,
    held_out: float | None,
    to: Path,
    seed: int | None,
    trust: bool,
    as_json: bool,
) -> None:
    """Train a repaired model and save it; the same command goes on where it stopped."""
    recipe = _recipe(directory, name)
    if recipe is None:
        (use,) = _uses([name or ""], params, Adapter)
        report = None if directory is None else loaded(directory, None, spec, trust=trust)
    else:
        use, report = recipe.adapter.component(**{**plain(recipe.adapter.params), **params}), None
    with training() as observers:
        fixed = repair(
            use,
            report=report,
            model=_model(model, spec) or (recipe and recipe.model),
            cases=cases or (recipe and recipe.cases),
            metric=metric,
            seed=(recipe.seed if recipe else 0) if seed is None else seed,
            held_out=held_out,
            to=to,
            observers=observers,
        )
    counted = {"cases": len(fixed.case_ids), "clusters": len(fixed.learned_from)}
    if as_json:
        print_json({"adapter": use.label, **counted, "to": str(to)})
    else:
        name = use.label if recipe is None else use.component.name
        echo(
            f"{name} learned from {counted['cases']:,} cases; verdicts leave out "
            f"{counted['clusters']:,} clusters\nrepaired model: {to}"
        )
        summary = getattr(fixed, "summary", None)
        if isinstance(summary, Table):
            print_table(summary)


def _recipe(path: Path | None, name: str | None) -> Recipe | None:
    """Read the recipe that is named in place of a run directory."""
    if path is None or path.suffix != ".toml":
        if name is None:
            msg = "say which adapter: --with NAME, or a recipe (a TOML file) that names it"
            raise click.UsageError(msg)
        return None
    if name is not None:
        msg = f"{path} names the adapter: leave --with out"
        raise click.UsageError(msg)
    return load_recipe(path)


def _model(given: str | None, spec: Path | None) -> Any:
    return model_of(given, None if spec is None else load_specification(spec))


def _uses(names: Sequence[str], params: Mapping[str, Any], kind: type[Component]) -> list[Use[Any]]:
    if params and len(names) > 1:
        msg = "--param is for one --with: compare several as they are, or explain with one"
        raise click.UsageError(msg)
    return [default_registry().get(name, kind)(**params) for name in names]
