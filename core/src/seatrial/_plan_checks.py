"""What the fields of priorities, plans and specifications may hold."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from attrs import frozen

from ._settings import Check
from ._values import FrozenMapping, did_you_mean, frozen_mapping, number_of
from .errors import PlanError

__all__ = [
    "Named",
    "as_severities",
    "figures",
    "named",
    "numbers",
    "one_of",
    "setting",
    "some_looks",
]

MAX_LOOKS = 10


def as_severities(values: Any) -> tuple[int, ...]:
    given = values if isinstance(values, Iterable) else (values,)
    found = tuple(number_of(one) for one in given)
    for one in found:
        if not isinstance(one, int) or isinstance(one, bool) or one < 1:
            msg = (
                "severities are whole numbers from 1 up (0, clean, is always measured), "
                f"got {one!r}"
            )
            raise PlanError(msg)
    return tuple(sorted(set(found)))


def named(_: Any, attribute: Any, value: Any) -> None:
    if not isinstance(value, str) or not value.strip():
        msg = f"{attribute.name} must be some text, got {value!r}"
        raise PlanError(msg)


@frozen
class Named:
    """What a validator's message calls a value that is no field of its own."""

    name: str


def one_of(choices: Sequence[str]) -> Callable[[Any, Any, Any], None]:
    def check(_: Any, attribute: Any, value: Any) -> None:
        if value not in choices:
            known = did_you_mean(str(value), choices) or f"; there are {', '.join(choices)}"
            msg = f"there is no {attribute.name} {value!r}{known}"
            raise PlanError(msg)

    return check


def figures(value: Any) -> Any:
    """Freeze a table of expected figures; one number stays as it is."""
    return frozen_mapping(value) if isinstance(value, Mapping) else number_of(value)


def numbers(_: Any, __: Any, value: Any) -> None:
    """Refuse expected figures that are no numbers."""
    for one in value.values() if isinstance(value, FrozenMapping) else (value,):
        number = isinstance(one, int | float) and not isinstance(one, bool)
        if value is not None and not number:
            msg = (
                "expected must be a number, the figure that you expect to measure, or a table "
                f"of them by requirement, got {value!r}"
            )
            raise PlanError(msg)


def setting(check: Check) -> Callable[[Any, Any, Any], None]:
    """Give the validator of a field that a check of settings holds for."""

    def validate(_: Any, attribute: Any, value: Any) -> None:
        if problem := check(value):
            msg = f"{attribute.name} {problem}"
            raise PlanError(msg)

    return validate


def some_looks(_: Any, __: Any, looks: Any) -> None:
    """Refuse what is no small number of looks."""
    whole = isinstance(looks, int) and not isinstance(looks, bool)
    if not whole or not 1 <= looks <= MAX_LOOKS:
        msg = f"looks must be a whole number from 1 to {MAX_LOOKS}, got {looks!r}"
        raise PlanError(msg)
