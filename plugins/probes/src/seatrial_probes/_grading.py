"""Answers of a changed model, told right from wrong just as the outcomes were."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from attrs import frozen

from seatrial import Outcome, Prediction
from seatrial.errors import ModelError, PlanError

__all__ = ["SURE", "Judged", "Right", "has", "judged"]

SURE: Final = 0.975
"""One-sided confidence at either end of an interval, so that it holds 95 %."""

Right = Callable[[Any, Prediction], bool]
"""Tells from a case's target and a model's answer whether the answer is right."""

Booleans = npt.NDArray[np.bool_]


@frozen(eq=False)
class Judged:
    """Outcomes, and the way in which they were judged."""

    outcomes: tuple[Outcome, ...]
    rule: Right

    @property
    def inputs(self) -> list[Any]:
        """What the model was given."""
        return [one.input for one in self.outcomes]

    @property
    def clusters(self) -> list[str]:
        """The independent unit of each outcome."""
        return [one.case.cluster or one.case.id for one in self.outcomes]

    @property
    def failed(self) -> Booleans:
        """Whether each answer was wrong."""
        return np.array([not one.right for one in self.outcomes], dtype=bool)

    @property
    def independent(self) -> bool:
        """Whether no two outcomes belong to one unit."""
        return len(set(self.clusters)) == len(self.outcomes)

    def only(self, here: npt.NDArray[Any]) -> Judged:
        """Keep the outcomes where a mask is true."""
        kept = [one for one, on in zip(self.outcomes, here, strict=True) if on]
        return Judged(tuple(kept), self.rule)

    def rights(self, model: Any, inputs: Sequence[Any] | None = None) -> Booleans:
        """Ask a model the inputs (by default the very same) and tell which answers are right."""
        answers = list(model(self.inputs if inputs is None else inputs))
        if len(answers) != len(self.outcomes):
            msg = f"the model gave {len(answers)} answers to {len(self.outcomes)} inputs"
            raise ModelError(msg)
        said = [one if isinstance(one, Prediction) else Prediction(one) for one in answers]
        each = zip(self.outcomes, said, strict=True)
        return np.array([bool(self.rule(one.case.target, answer)) for one, answer in each])


def judged(outcomes: Sequence[Outcome], right: Right | None = None) -> Judged:
    """Take outcomes with the rule `right`, by default that an answer equals the target.

    The rule must judge the outcomes' own answers as they were judged: else an effect would be one
    of the rule and not of the model. Raises `PlanError` where it does not, and for no outcomes.
    """
    if not outcomes:
        msg = "there are no outcomes to test on"
        raise PlanError(msg)
    rule = right or _equal
    other = [
        one.case.id
        for one in outcomes
        if one.prediction is not None and bool(rule(one.case.target, one.prediction)) != one.right
    ]
    if other:
        how = "the rule right= tells" if right else "equality with the target tells"
        msg = (
            f"{how} {len(other)} of {len(outcomes)} answers otherwise than the outcomes do "
            f"({other[0]!r} first): give right=, a function of target and prediction that tells as "
            "the metric did"
        )
        raise PlanError(msg)
    return Judged(tuple(outcomes), rule)


def has(model: Any, *needs: str, to: str) -> None:
    """Raise `ModelError` for a model that lacks what a test needs."""
    if lacking := [one for one in needs if not hasattr(model, one)]:
        msg = f"to {to}, a model needs {', '.join(lacking)}, and {type(model).__name__} has not"
        raise ModelError(msg)


def _equal(target: Any, answer: Prediction) -> bool:
    return bool(answer.value == target)
