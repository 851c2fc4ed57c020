"""What a run directory says about its run: in the database, and beside it for people."""

from __future__ import annotations

import json
import platform
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from attrs import evolve

from .._files import dump_plan, dump_specification
from .._plans import Plan, Specification
from .._reference import Reference
from .._registry import Registry
from .._seeds import SEED_SCHEME
from .._values import plain
from .._writing import write_atomically
from ..engine._workload import Workload
from ..inputs._encoding import as_json
from ..inputs._identity import of_reference
from ..inputs._loading import Cases
from ..inputs._models import Subject, named
from ..inputs._origin import origin
from ..inputs._trained import Trained
from ..runs._provenance import Provenance
from ._original import reference_of
from ._repaired import Repaired

__all__ = ["describe", "provenance", "write_description"]


def describe(
    work: Workload, subject: Subject, registry: Registry, cases: Sequence[Reference] = ()
) -> dict[str, Any]:
    """Name the model, the seed, and every perturbation and metric of a run, as plain data.

    `cases` say where the run can find its cases again.
    """
    plan = work.plan
    return {
        "model": _reference(subject.reference),
        "cases": [_reference(one) for one in cases],
        "identity": work.identity,
        "seed": plan.seed,
        "seed_scheme": SEED_SCHEME,
        "perturbations": [
            {
                "label": use.label,
                "name": use.component.name,
                "params": as_json(use.params),
                "on": list(use.on),
                "ladder": as_json(use.component.ladder),
                "revision": use.component.revision,
                "origin": source,
                **({"trains": True} if use.component.trains else {}),
            }
            for use, source in zip(plan.perturbations, work.origins, strict=True)
        ],
        "metrics": [
            {
                "label": use.label,
                "name": use.component.name,
                "params": as_json(use.params),
                "revision": use.component.revision,
                "origin": origin(use, registry),
                "higher_is_better": use.component.higher_is_better,
                "per_case": use.component.per_case,
                "reads": use.component.reads,
                "bounds": use.component.bounds,
            }
            for use in plan.metrics
        ],
    }


def provenance(
    asked: Plan | Specification, subject: Subject, cases: Sequence[Reference]
) -> Provenance:
    """Say where the model and the cases are from, and whose place the model takes."""
    place = reference_of(subject)
    own = asked.on_trial if isinstance(asked, Specification) else None
    model = subject.model
    same = own is model or own == place or (isinstance(model, Trained) and own is model.made_by)
    replaced = own is not None and not same
    return Provenance(
        None if place is None else str(place),
        named(own) if replaced else None,
        model.original_identity if isinstance(model, Repaired) else None,
        cases,
        [of_reference(one).text for one in cases],
    )


def _reference(reference: Reference | None) -> dict[str, Any] | None:
    if reference is None:
        return None
    return {"use": reference.use, "params": plain(reference.params)}


def write_description(directory: Path, asked: Plan | Specification, work: Workload) -> None:
    """Write, beside the database, what was asked and with which versions."""
    written = "specification.toml" if isinstance(asked, Specification) else "plan.toml"
    for name in ("specification.toml", "plan.toml"):
        text = _toml(asked) if name == written else None
        if text is None:
            (directory / name).unlink(missing_ok=True)
        else:
            write_atomically(directory / name, text)
    manifest = {
        "model": work.identity,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "versions": {name: version(name) for name in ("seatrial", "numpy", "scipy")},
        "plugins": dict(zip([u.label for u in work.plan.perturbations], work.origins, strict=True)),
        "seed_scheme": SEED_SCHEME,
    }
    write_atomically(directory / "manifest.json", json.dumps(manifest, indent=2) + "\n")


def _named(cases: Any) -> Any:
    """Give cases by the references that make just these; None where there are none."""
    if isinstance(cases, Cases):
        return None if cases.narrowed or not cases.references else cases.references
    given = cases if isinstance(cases, tuple) else (cases,)
    return cases if all(isinstance(one, Reference) for one in given) else None


def _toml(asked: Plan | Specification) -> str | None:
    """Write what was asked, without what only lives in this process; None if TOML cannot say it."""
    try:
        if isinstance(asked, Plan):
            return dump_plan(asked)
        return dump_specification(
            evolve(
                asked,
                model=asked.model if isinstance(asked.model, Reference) else None,
                cases=_named(asked.cases),
                train=asked.train if asked.train and asked.train.reference() else None,
            )
        )
    except (TypeError, ValueError):
        return None
