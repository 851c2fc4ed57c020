"""Perturbations that a search draws its candidates from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .._components import Perturbation, import_string
from .._registry import default_registry
from .._seeds import derive
from ..errors import ParameterError

__all__ = ["borrowed", "draws_from"]


def borrowed(name: Any) -> Perturbation:
    """Find a perturbation by its name, or by the import string of its value."""
    if not isinstance(name, str):
        msg = f"perturbation must be a name, as in 'nlpaug.keyboard', got {name!r}"
        raise ParameterError(msg)
    if ":" in name:
        found = import_string(name, what="the perturbation to draw from")
    else:
        found = default_registry().get(name, Perturbation)
    if not isinstance(found, Perturbation) or found.searches or found.sees_case:
        msg = f"a search draws from a perturbation of single values, and {name} is none"
        raise ParameterError(msg)
    return found


def draws_from(name: str, severity: int, params: Mapping[str, Any]) -> Callable[[Any, int], Any]:
    """Make a source of candidates: of one rung, or (severity 0) of every rung in turn."""
    component = borrowed(name)
    levels = [severity] if severity else range(1, len(component.ladder) + 1)
    works = [component.at(level, params) for level in levels]

    def draw(value: Any, seed: int) -> Any:
        return works[seed % len(works)](value, seed=derive(seed, component.name))

    return draw
