"""What `run` was asked for: a plan or a specification, and how to stop."""

from __future__ import annotations

from typing import Any

from .._arguments import check_kind
from .._plans import Plan, Specification
from .._settings import whole
from .._values import number_of
from ..errors import PlanError

__all__ = ["is_sequential", "unpacked"]

DECIDED = "decided"


def unpacked(asked: Any, model: Any, cases: Any) -> tuple[Plan, Any, Any]:
    """Give the plan of what was asked, with the specification's model and cases by default."""
    if isinstance(asked, Specification):
        return (
            asked.plan(),
            asked.on_trial if model is None else model,
            asked.cases if cases is None else cases,
        )
    check_kind(asked, "plan", Plan, Specification)
    if not asked.metrics and not asked.perturbations:
        msg = "the plan has neither perturbations nor metrics, so there is nothing to learn"
        raise PlanError(msg)
    return asked, model, cases


def is_sequential(asked: Plan | Specification, stop: Any, budget: int | None) -> bool:
    """Tell whether a run stops when it is decided, and refuse what makes no sense."""
    if stop is not None and not callable(stop) and stop != DECIDED:
        msg = f"stop must be {DECIDED!r} or a function of the progress, got {stop!r}"
        raise PlanError(msg)
    if stop == DECIDED and not isinstance(asked, Specification):
        msg = "only a specification can be decided; a plan demands nothing"
        raise PlanError(msg)
    if budget is not None and (stop != DECIDED or whole(number_of(budget))):
        msg = f"budget is a positive number of records and goes with stop={DECIDED!r}"
        raise PlanError(msg)
    return bool(stop == DECIDED)
