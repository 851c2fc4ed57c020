"""Experiments that an audit is tried on: what must be found there, or that nothing must."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from attrs import field, frozen

from .._cases import Case, Outcome
from .._components import Audit, Use
from .._importing import import_string
from .._plans import Plan
from ._results import NotExercised, expect

__all__ = ["Example", "examples_of"]


def _tuple(values: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(values)


@frozen
class Example:
    """A small experiment, and what an audit must find in it.

    `material` are cases, or the outcomes that an audit of outcomes reads. `finds` are the names of
    findings that must be among those given; without any, the audit must stay silent. `model` is
    what it looks at besides, None where it needs none.
    """

    material: tuple[Case, ...] | tuple[Outcome, ...] = field(converter=_tuple)
    finds: tuple[str, ...] = field(default=(), converter=_tuple)
    model: Any = field(default=None, kw_only=True)
    plan: Plan = field(factory=Plan, kw_only=True)


def examples_of(use: Use[Audit]) -> tuple[Example, ...]:
    """Make the examples that an audit declares, or raise `NotExercised` where it has none."""
    made: Any = use.component.examples
    if made is None:
        msg = "it declares no examples: examples='package.module:function', of each kind one"
        raise NotExercised(msg)
    if isinstance(made, str):
        made = import_string(made, what=f"examples of {use.component.name}")
    found = tuple(made())
    for one in found:
        told = f"its examples hold {one!r:.80}, not a seatrial.testing.Example"
        expect(isinstance(one, Example), told)
    return found
