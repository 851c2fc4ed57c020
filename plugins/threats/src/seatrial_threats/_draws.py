"""Candidates that a search draws from another perturbation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from seatrial import Perturbation, Use, derive
from seatrial.errors import ParameterError

__all__ = ["draws_from"]


def draws_from(of: Any, severity: int) -> Callable[[Any, int], Any]:
    """Make a source of candidates: of one rung, or (severity 0) of every rung in turn."""
    component = of.component if isinstance(of, Use) else None
    if not isinstance(component, Perturbation) or component.searches or component.sees_case:
        msg = (
            "of must be a perturbation of single values that searches for nothing itself, as in "
            f"of=keyboard() or of='nlpaug.keyboard', got {of.label if component else repr(of)}"
        )
        raise ParameterError(msg)
    levels = [severity] if severity else range(1, len(component.ladder) + 1)
    works = [component.at(level, of.params) for level in levels]

    def draw(value: Any, seed: int) -> Any:
        return works[seed % len(works)](value, seed=derive(seed, component.name))

    return draw
