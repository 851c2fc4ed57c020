"""What every metric refuses: no cases, unequal lengths, missing and NaN targets."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Number
from typing import Any

from seatrial.errors import MetricError

__all__ = ["case_at", "is_nan", "paired", "texts"]


def case_at(place: int, count: int) -> str:
    """Name a case by its place; one that is scored alone has none worth naming."""
    return f"case {place}" if count > 1 else "the case"


def paired(
    name: str, targets: Sequence[Any], predictions: Sequence[Any], *, targets_needed: bool = True
) -> None:
    """Refuse input on which no metric is defined; `name` stands in the error."""
    if len(targets) != len(predictions):
        msg = f"{name}: {len(targets)} targets but {len(predictions)} answers; give one per case"
        raise MetricError(msg)
    if not len(targets):
        msg = f"{name}: there are no cases to score"
        raise MetricError(msg)
    for place, (target, prediction) in enumerate(zip(targets, predictions, strict=True)):
        if targets_needed and target is None:
            case = case_at(place, len(targets))
            msg = f"{name}: {case} has no target; give it one, or leave it out"
            raise MetricError(msg)
        if is_nan(target) or is_nan(prediction):
            msg = f"{name}: {case_at(place, len(targets))} has NaN as its target or answer"
            raise MetricError(msg)


def is_nan(value: Any) -> bool:
    """Whether this is a number, of Python or numpy, that is not a number."""
    if isinstance(value, str):  # the commonest by far, and asking for Number is slow
        return False
    return isinstance(value, Number) and value != value  # noqa: PLR0124 - only NaN differs from itself


def texts(name: str, case: str, value: Any) -> tuple[str, ...]:
    """Give one text, or several that are all right, as a tuple of texts."""
    found = (value,) if isinstance(value, str) else value
    if not (isinstance(found, list | tuple) and found and all(isinstance(t, str) for t in found)):
        msg = f"{name}: {case}: expected a text or a list of texts, got {value!r}"
        raise MetricError(msg)
    return tuple(found)
