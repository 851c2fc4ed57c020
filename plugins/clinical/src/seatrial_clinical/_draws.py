"""Draws from a seed: the same in every version of Python, and nested along a ladder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import TypeVar

from seatrial.errors import ParameterError

__all__ = ["Draw", "at_least", "draw_from", "number", "one_of", "some"]

T = TypeVar("T")

Draw = Callable[[], float]
"""Gives a number from 0 up to 1."""


def draw_from(seed: int) -> Draw:
    """Make the draws of one input; only `Random.random` is promised to stay as it is."""
    return Random(seed).random


def one_of(things: Sequence[T], draw: Draw) -> T:
    """Draw one thing."""
    return things[int(draw() * len(things))]


def some(things: Sequence[T], count: int, draw: Draw) -> list[T]:
    """Draw `count` things without replacement, or all of them.

    All are put in order, whatever the count: so the first ones do not depend on it, nor does what
    is drawn afterwards. A higher severity changes what a lower one changes alike, and more.
    """
    left = list(things)
    size = len(left)
    for index in range(size - 1):
        other = index + int(draw() * (size - index))
        left[index], left[other] = left[other], left[index]
    return left[:count]


def at_least(name: str, value: object, smallest: int = 1) -> int:
    """Check a whole number that a rung gives."""
    if isinstance(value, bool) or not isinstance(value, int) or value < smallest:
        msg = f"{name} must be a whole number from {smallest} up, got {value!r}"
        raise ParameterError(msg)
    return value


def number(name: str, value: object) -> float:
    """Check a number that a rung or a user gives."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        msg = f"{name} must be a number, got {value!r}"
        raise ParameterError(msg)
    return float(value)
