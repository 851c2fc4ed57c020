"""What an adapter gets to work with: a directory to resume in, and whom to tell its progress."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from attrs import field, frozen

from .._reference import Reference
from ..events import Trained
from ._telling import tell

__all__ = ["Workspace"]


def _tuple(values: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(values)


@frozen
class Workspace:
    """The `Work` of one repair."""

    directory: Path | None = None
    reference: Reference | None = None
    observers: tuple[Callable[[Trained], Any], ...] = field(default=(), converter=_tuple)
    _failed: set[int] = field(factory=set, init=False, repr=False, eq=False)

    def progress(self, done: int, total: int | None = None, /, **figures: float) -> None:
        """Tell how many steps are done, of how many, and figures of the last one."""
        tell(self.observers, Trained(done, total, figures), self._failed)
