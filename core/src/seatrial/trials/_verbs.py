"""The verbs `audit` and `repair`: build a component, check its needs, let it work."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, cast

from .._cases import Case, Outcome
from .._components import Adapter, Audit, Model, Use
from .._findings import Finding
from .._plans import Plan, Specification
from .._registry import Registry, default_registry
from .._seeds import derive
from ..errors import PlanError
from ._auditing import Material, Seen, look, suits
from ._binding import bound, ready
from ._models import subject_of
from ._report import Report
from ._work import load_cases

__all__ = ["audit", "repair"]


def audit(
    subject: Plan | Specification | Report | Sequence[Outcome],
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
    the audits to run, by default every one that is installed (with the parameters that the plan
    gives it), can look at this, and finds in the model what it needs. Without a model, those that
    need none look. Nothing is raised for what is found: `run` and `explain` stop at errors, this
    verb lists them.
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
    plan, model, material = _auditable(subject, model, cases, metric)
    known = None if model is None else subject_of(model).model
    if audits is None:
        bare = {one.name: Use(one) for one in (registry or default_registry()).all(Audit)}
        named = {use.component.name for use in plan.audits}
        uses = (*plan.audits, *(use for name, use in bare.items() if name not in named))
        return look([use for use in uses if suits(use, known, material)], plan, known, material)
    return look([bound(one, Audit, registry) for one in audits], plan, known, material)


def _auditable(
    subject: Any, model: Any, cases: Any, metric: str | None
) -> tuple[Plan, Any, Material]:
    """Give the plan, the model and what there is to look at: cases, or outcomes."""
    if isinstance(subject, Specification):
        model = subject.model if model is None else model
        cases = subject.cases if cases is None else cases
        subject = subject.plan()
    if isinstance(subject, Plan):
        return subject, model, load_cases(cases)
    if isinstance(subject, Report):
        model = subject.model if model is None else model
        return subject.plan or Plan(), model, tuple(subject.outcomes(metric))
    if isinstance(subject, Sequence) and all(isinstance(one, Outcome) for one in subject):
        return Plan(), model, tuple(subject)
    msg = f"audit takes a Plan, a Specification, a Report or outcomes, got {subject!r:.80}"
    raise PlanError(msg)


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
    use = bound(adapter, Adapter, registry)
    subject = subject_of(model).model
    learn = ready(use, subject)
    fixed: Any = learn(subject, tuple(cases), seed=derive(seed, use.component.name))
    if not callable(fixed):
        msg = f"{use.label} must give a model, got {type(fixed).__qualname__}"
        raise PlanError(msg)
    return cast("Model", fixed)
