"""The verbs `audit`, `explain` and `repair`: build a component, check its needs, let it work."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar, cast

from .._cases import Case, Outcome
from .._components import Adapter, Audit, Component, Explainer, Model, Use
from .._findings import Explanation, Finding
from .._plans import Plan, Specification
from .._registry import Registry, default_registry
from .._seeds import derive
from ..errors import ModelError, PlanError
from ._models import subject_of
from ._report import Report
from ._work import lacking, load_cases

__all__ = ["audit", "explain", "repair"]

C = TypeVar("C", bound=Component)


def _bound(given: Any, kind: type[C], registry: Registry | None) -> Use[C]:
    if isinstance(given, str):
        given = (registry or default_registry()).get(given, kind)
    use = Use(given) if isinstance(given, Component) else given
    if not isinstance(use, Use) or not isinstance(use.component, kind):
        msg = f"expected a component of the kind {kind.kind()}, got {given!r}"
        raise PlanError(msg)
    return use


def _ready(use: Use[Any], model: Any) -> Any:
    if gaps := lacking(model, use):
        raise ModelError("; ".join(gaps))
    return use.build()


def audit(
    plan: Plan | Specification,
    /,
    model: Any = None,
    cases: Any = None,
    *,
    audits: Iterable[Any] | None = None,
    registry: Registry | None = None,
) -> tuple[Finding, ...]:
    """Check the experiment itself before compute is spent; give what was found, errors first.

    `audits` are the audits to run, by default every one that is installed.
    """
    if isinstance(plan, Specification):
        model = plan.model if model is None else model
        cases = plan.cases if cases is None else cases
        plan = plan.plan()
    chosen = (registry or default_registry()).all(Audit) if audits is None else audits
    uses = [_bound(one, Audit, registry) for one in chosen]
    subject = subject_of(model)
    gathered = load_cases(cases)
    found = [
        finding
        for use in uses
        for finding in _ready(use, subject.model)(plan, subject.model, gathered)
    ]
    levels = ("error", "warning", "note")
    return tuple(sorted(found, key=lambda finding: levels.index(finding.level)))


def explain(
    explainer: Any,
    /,
    *,
    report: Report | None = None,
    outcomes: Sequence[Outcome] | None = None,
    model: Any = None,
    metric: str | None = None,
    seed: int = 0,
    registry: Registry | None = None,
) -> Explanation:
    """Ask an explainer which unseen cases the model will fail on, and why.

    It learns from the outcomes of a report (or from `outcomes`); `metric` names the per-case metric
    that tells right from wrong. Explainers that look inside the model get `model`, or that of the
    report. With too few right or wrong answers to learn from, the explanation says so.
    """
    use = _bound(explainer, Explainer, registry)
    if outcomes is None:
        if report is None:
            msg = "explain needs a report, or outcomes"
            raise PlanError(msg)
        outcomes = tuple(report.outcomes(metric))
    if model is None and report is not None and use.component.needs:
        model = report.model
    subject = None if model is None else subject_of(model).model
    if use.component.needs and subject is None:
        needs = ", ".join(use.component.needs)
        msg = f"{use.label} looks inside the model (it needs {needs}): pass model="
        raise ModelError(msg)
    work = _ready(use, subject)
    found = work(subject, outcomes, seed=derive(seed, use.component.name))
    if not isinstance(found, Explanation):
        msg = f"{use.label} must give an Explanation, got {type(found).__qualname__}"
        raise PlanError(msg)
    return found


def repair(
    adapter: Any,
    /,
    *,
    model: Any,
    cases: Iterable[Case] | Any,
    seed: int = 0,
    registry: Registry | None = None,
) -> Model:
    """Make a repaired model; the original stays as it was.

    `cases` are the cases (or the preferences of a report) that the adapter learns from.
    """
    use = _bound(adapter, Adapter, registry)
    subject = subject_of(model).model
    learn = _ready(use, subject)
    fixed: Any = learn(subject, tuple(cases), seed=derive(seed, use.component.name))
    if not callable(fixed):
        msg = f"{use.label} must give a model, got {type(fixed).__qualname__}"
        raise PlanError(msg)
    return cast("Model", fixed)
