"""What a reporter gets: the results of one run in one value."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from attrs import field, frozen

from ._report import Report

__all__ = ["Bundle"]


def _tuple(values: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(values)


@frozen
class Bundle:
    """Results that belong together; what there is none of is None, or empty.

    Each has `table()` and `as_dict()`.
    """

    report: Report | None = None
    judgement: Any = None
    comparison: Any = None
    explanations: tuple[Any, ...] = field(default=(), converter=_tuple)

    def named(self) -> dict[str, Any]:
        """Give the results that there are by their names."""
        found = {
            name: one
            for name in ("report", "judgement", "comparison")
            if (one := getattr(self, name)) is not None
        }
        several = len(self.explanations) > 1
        for number, one in enumerate(self.explanations, start=1):
            found[f"explanation {number}" if several else "explanation"] = one
        return found
