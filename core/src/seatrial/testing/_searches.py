"""A loss for searches that are checked: the farther from the input, the worse for the model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from attrs import define

from .._cases import Case

__all__ = ["SampleLoss", "led"]


@define
class SampleLoss:
    """Tells how far candidates lie, as if that were how badly a model fares on them.

    It counts queries and refuses none, so that overspending is found by the check of budgets alone.
    """

    clean: Any
    budget: int
    model: Any = None
    target: Any = 0
    spent: int = 0

    @property
    def left(self) -> int:
        """How many queries may still be asked."""
        return max(self.budget - self.spent, 0)

    def spend(self, queries: int, /) -> None:
        """Count queries."""
        self.spent += queries

    def __call__(self, candidates: Sequence[Any], /) -> list[float]:
        """Measure how far each candidate lies."""
        from ..inputs._distance import distance

        self.spend(len(candidates))
        far = (distance(_carried(self.clean), _carried(one)) for one in candidates)
        return [min(one or 0.0, 1.0) for one in far]


def led(work: Callable[..., Any], budget: int, model: Any = None) -> Callable[..., Any]:
    """Give a search the sample loss, so that it is called like any other perturbation."""
    return lambda value, /, *, seed: work(value, seed=seed, loss=SampleLoss(value, budget, model))


def _carried(value: Any) -> Any:
    return value.input if isinstance(value, Case) else value
