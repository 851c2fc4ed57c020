"""The verb `audit`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .._arguments import check_kind, listed
from .._cases import Outcome
from .._components import Audit, Use
from .._findings import Finding
from .._plans import Plan, Specification
from .._reference import StoredReference
from .._registry import Registry, default_registry
from ..auditing._audits import Material, Seen, look, suits
from ..engine._workload import check
from ..inputs._binding import bound_all
from ..inputs._boundary import call
from ..inputs._loading import load_cases
from ..inputs._models import subject_of
from ..runs._report import Report

__all__ = ["audit", "seen"]


def audit(
    subject: Plan | Specification | Report | Iterable[Outcome],
    /,
    model: Any = None,
    cases: Any = None,
    *,
    audits: Iterable[Any] | None = None,
    metric: str | None = None,
    registry: Registry | None = None,
) -> tuple[Finding, ...]:
    """Check the experiment itself before compute is spent; give what was found, errors first.

    A plan or a specification is audited with its `cases`; a report or outcomes also with what the
    model made of them (`metric` is the per-case metric that tells right from wrong). `audits` are
    the audits to run, by default those of the plan and every other one that is installed and works
    without parameters, if it can look at this and finds in the model what it needs. Without a
    model, those that need none look. Nothing is raised for what is found: `run` and `explain` stop
    at errors, this verb lists them. Raises `PlanError` where the plan does not fit the cases.
    """
    return seen(subject, model, cases, audits, metric, registry).findings


def seen(
    subject: Any,
    model: Any = None,
    cases: Any = None,
    audits: Iterable[Any] | None = None,
    metric: str | None = None,
    registry: Registry | None = None,
) -> Seen:
    """Do what `audit` does, and tell also which audits looked."""
    named = None if audits is None else bound_all(audits, Audit, registry)
    needed = any(use.component.needs for use in named or ())
    plan, model, material = _auditable(subject, model, cases, metric, needed=needed)
    known = None if model is None else subject_of(model).model
    if named is None:
        bare = {one.name: Use(one) for one in (registry or default_registry()).all(Audit)}
        own = {use.component.name for use in plan.audits}
        others = [use for name, use in bare.items() if name not in own]
        chosen = [use for use in plan.audits if suits(use, known, material)]
        chosen += [use for use in others if suits(use, known, material) and _needs_nothing(use)]
        return look(chosen, plan, known, material)
    return look(named, plan, known, material)


def _needs_nothing(use: Use[Audit]) -> bool:
    """Tell whether an audit can be built without parameters."""
    return all(
        one.default is not one.empty or one.kind in (one.VAR_POSITIONAL, one.VAR_KEYWORD)
        for one in call(use.label, use.component.parameters).values()
    )


def _auditable(
    subject: Any, model: Any, cases: Any, metric: str | None, *, needed: bool
) -> tuple[Plan, Any, Material]:
    """Give the plan, the model and what there is to look at: cases, or outcomes.

    A model that a run directory names is left alone where no audit that was named needs one.
    """
    if isinstance(subject, Specification):
        model = subject.on_trial if model is None else model
        cases = subject.cases if cases is None else cases
        subject = subject.plan()
    if isinstance(subject, Plan):
        loaded = load_cases(cases)
        check(subject, loaded, built=())
        return subject, model, loaded
    if isinstance(subject, Report):
        model = subject.model if model is None else model
        if isinstance(model, StoredReference) and not needed:
            model = None
        return subject.plan or Plan(), model, tuple(subject.outcomes(metric))
    if isinstance(subject, str | Mapping) or not isinstance(subject, Iterable):
        check_kind(
            subject,
            "what is audited, where it is no list of outcomes,",
            Plan,
            Specification,
            Report,
        )
    return Plan(), model, listed(subject, "outcomes", Outcome)
