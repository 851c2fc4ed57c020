"""Which cases of a run were judged before, and at which look."""

from __future__ import annotations

from attrs import frozen

__all__ = ["Looked"]


@frozen
class Looked:
    """The look at which each case was first judged, in the order of the cases.

    `planned` is how many looks were planned at the first one, and `gone` how many cases were judged
    before and are no longer asked for.
    """

    looks: tuple[int, ...]
    planned: int
    gone: int
