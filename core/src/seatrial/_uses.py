"""Read what people write into fields of plans: uses, components with nothing bound, and names."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ._components import Audit, Component, Metric, Perturbation, Use
from ._registry import default_registry
from ._values import with_article
from .errors import PlanError

__all__ = ["allowed_of", "audits_of", "metric_of", "metrics_of", "perturbations_of"]


def _use(value: Any, kind: type[Component]) -> Use[Any]:
    """Take a use, a component with nothing bound, or the name of an installed one."""
    if isinstance(value, str):
        value = default_registry().get(value, kind)
    if isinstance(value, Component):
        value = Use(value)
    if not isinstance(value, Use) or not isinstance(value.component, kind):
        got = repr(value)
        if isinstance(value, Use):
            got = f"the {value.component.kind()} {value.label}"
        msg = f"expected {with_article(kind.kind())}, or the name of one, got {got}"
        raise PlanError(msg)
    return value.resolved(lambda name: default_registry().get(name))


def perturbations_of(values: Iterable[Any]) -> tuple[Use[Perturbation], ...]:
    """Read one perturbation or several."""
    return tuple(_use(value, Perturbation) for value in _listed(values))


def metrics_of(values: Iterable[Any]) -> tuple[Use[Metric], ...]:
    """Read one metric or several."""
    return tuple(_use(value, Metric) for value in _listed(values))


def audits_of(values: Iterable[Any]) -> tuple[Use[Audit], ...]:
    """Read one audit or several; they must be able to look before there are outcomes."""
    found = tuple(_use(value, Audit) for value in _listed(values))
    for use in found:
        if use.component.reads != "cases":
            msg = (
                f"{use.label} reads outcomes, and before a run there are none: name it to explain "
                "(audits=...), or audit the finished run"
            )
            raise PlanError(msg)
        if use.on:
            msg = f"{use.label}: an audit looks at whole cases, so leave out on"
            raise PlanError(msg)
    return found


def allowed_of(values: Iterable[Any]) -> tuple[str, ...]:
    """Read the names of findings that stop nothing."""
    found = tuple(_listed(values))
    if wrong := [one for one in found if not isinstance(one, str)]:
        msg = f"allow names findings, as in 'gold-in-prompt', got {wrong[0]!r}"
        raise PlanError(msg)
    return found


def metric_of(value: Any) -> Use[Metric] | None:
    """Read a metric, or none."""
    return None if value is None else _use(value, Metric)


def _listed(values: Any) -> Iterable[Any]:
    """Take a single value for a list of one."""
    alone = isinstance(values, str | Component | Use) or not isinstance(values, Iterable)
    return (values,) if alone else values
