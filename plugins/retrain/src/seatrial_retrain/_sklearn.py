"""Train a clone of a scikit-learn estimator on clean and perturbed cases mixed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from seatrial import Case, Outcome
from seatrial.errors import PlanError
from seatrial.protocols import Work

from ._estimator import Estimator
from ._stored import taken_apart

__all__ = ["sklearn"]

LARGEST_SEED = 2**32


def sklearn() -> Callable[..., Estimator]:
    """Make the adapter: every example counts once, clean or perturbed.

    What the report measured is what it learns from; to train on more, or on what the original was
    trained on, pass `cases=[*training, *seatrial.perturbed(plan, training)]` to `repair`.
    """

    def adapt(
        model: Any, examples: Sequence[Case | Outcome], /, *, seed: int, work: Work
    ) -> Estimator:
        del work
        learner = _clone(model.estimator, seed)
        inputs, targets = _examples(examples)
        _fit(learner, inputs, targets)
        return Estimator(learner, refusals=getattr(model, "refusals", ()))

    return adapt


def _clone(estimator: Any, seed: int) -> Any:
    """Copy an estimator without what it learned; refuse now what could not be stored later."""
    from sklearn.base import clone

    learner = clone(estimator)
    taken_apart(learner)
    unset = [
        name
        for name, value in learner.get_params().items()
        if name.rpartition("__")[2] == "random_state" and value is None
    ]
    return learner.set_params(**dict.fromkeys(unset, seed % LARGEST_SEED))


def _examples(examples: Sequence[Case | Outcome]) -> tuple[list[Any], list[Any]]:
    inputs, targets = [], []
    for one in examples:
        case = one.case if isinstance(one, Outcome) else one
        if not isinstance(case.target, str | int | float):
            msg = (
                f"retrain.sklearn: case {case.id!r} has the target {case.target!r:.60}; an "
                "estimator learns a class or a number"
            )
            raise PlanError(msg)
        inputs.append(one.input)
        targets.append(case.target)
    return inputs, targets


def _fit(learner: Any, inputs: Sequence[Any], targets: Sequence[Any]) -> None:
    """Fit in one thread: the last bits of a sum depend on how many threads share it."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        learner.fit(inputs, targets)
