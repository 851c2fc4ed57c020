"""What the readers of the data files hand on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

from attrs import field, frozen

from seatrial import derive

__all__ = ["Item", "one_of"]

T = TypeVar("T")


@frozen(kw_only=True)
class Item:
    """One question before its options are put in order.

    `fact` is what is really independent: questions about one fact stand or fall together.
    """

    id: str
    fact: str
    question: str
    options: tuple[str, ...]
    refusals: tuple[str, ...]
    right: str
    topic: str
    scenario: str
    source: str
    drug: str
    extra: Mapping[str, str] = field(factory=dict)


def one_of(choices: Sequence[T], *path: str) -> T:
    """Choose by the name of the thing, so that changes elsewhere in the data do not matter."""
    return choices[derive(0, *path) % len(choices)]
