"""Searches over perturbations: what they may ask, and how badly the model fares on a candidate."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from attrs import define

from .._cases import Case, Prediction
from .._components import Metric, Perturbation, Use
from .._plans import Plan
from ..errors import ModelError, PlanError, SeatrialError, TrialError
from ..inputs._apply import Place

__all__ = ["Aim", "Place", "aimed_at", "budget_of", "loss_of", "maker", "unsearchable"]


@define
class Aim:
    """The loss that one search of one case, or of one part of it, is led by: see `Loss`."""

    label: str
    ask: Callable[[Sequence[Case]], list[float]]
    place: Place
    budget: int
    target: Any
    model: Any = None
    spent: int = 0

    @property
    def left(self) -> int:
        """How many queries may still be asked."""
        return self.budget - self.spent

    def spend(self, queries: int, /) -> None:
        """Count queries, and refuse more than the budget."""
        if queries > self.left:
            msg = (
                f"{self.label} asks for {self.spent + queries} queries where it may ask for "
                f"{self.budget}: it must stop when loss.left is 0"
            )
            raise TrialError(msg)
        self.spent += queries

    def __call__(self, candidates: Sequence[Any], /) -> list[float]:
        """Ask the model about candidates."""
        self.spend(len(candidates))
        return self.ask([self.place(one) for one in candidates])


def aimed_at(metrics: Iterable[Use[Metric]]) -> Use[Metric] | None:
    """Find the metric by which searches tell right from wrong: the first by case, with bounds."""
    for use in metrics:
        bounds = use.component.bounds
        if use.component.per_case and bounds is not None and bounds[0] < bounds[1]:
            return use
    return None


def loss_of(metric: Metric, score: float, target: Any, prediction: Prediction) -> float:
    """Tell how badly the model fares: 1 minus the normalised score, in [0, 1].

    Where the model gives the target's probability, it is the mean of that and 1 minus the
    probability: so a search is led by probabilities, and still no right answer is worse than a
    wrong one.
    """
    low, high = metric.bounds or (0.0, 1.0)
    if not math.isfinite(score):
        msg = f"{metric.name} gave {score} for a candidate"
        raise ModelError(msg)
    good = min(max((score - low) / (high - low), 0.0), 1.0)
    wrong = 1.0 - good if metric.higher_is_better else good
    if prediction.probabilities is None or str(target) not in prediction.probabilities:
        return wrong
    probability = min(max(float(prediction.probabilities[str(target)]), 0.0), 1.0)
    return (wrong + 1.0 - probability) / 2


def budget_of(use: Use[Perturbation], severity: int) -> int:
    """Read how many queries a search may ask for each input: the parameter `queries`."""
    parameters = use.component.parameters()
    given = use.component.rung(severity, use.params)
    known = parameters["queries"].default if "queries" in parameters else None
    queries = given.get("queries", known)
    if not isinstance(queries, int) or isinstance(queries, bool) or queries < 1:
        msg = f"{use.label} searches, so it needs queries, a whole number from 1 up"
        raise PlanError(msg)
    return queries


def unsearchable(use: Use[Perturbation], severities: Iterable[int], plan: Plan) -> Iterator[str]:
    """Say why a search cannot be led: by nothing, or without an end."""
    if not use.component.searches:
        return
    if aimed_at(plan.metrics) is None:
        yield (
            f"{use.label} searches for wrong answers, and the plan has no metric that tells right "
            "from wrong case by case: add one, as in metrics=['metrics.accuracy']"
        )
    for severity in severities:
        try:
            budget_of(use, severity)
        except SeatrialError as error:
            yield str(error)


def maker(use: Use[Perturbation], plan: Plan, origin: Callable[[Use[Any]], str]) -> str:
    """Name all that a perturbation's result depends on: for a search, also what it aims at."""
    origins = "; from ".join((origin(use), *(_named(one, origin) for one in use.parts())))
    metric = aimed_at(plan.metrics) if use.component.searches else None
    if metric is None:
        return origins
    origins += f"; against {metric.label} {metric.component.revision}, {origin(metric)}"
    return origins


def _named(use: Use[Any], origin: Callable[[Use[Any]], str]) -> str:
    return f"{use.component.name} {use.component.revision}, {origin(use)}"
