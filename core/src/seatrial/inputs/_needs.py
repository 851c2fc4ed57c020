"""What a component needs of a model, and the model lacks."""

from __future__ import annotations

from typing import Any

from .._components import Use
from .._declaring import attribute_of
from ._boundary import call

__all__ = ["lacking"]


def lacking(model: Any, use: Use[Any]) -> list[str]:
    """Name the attributes that a component needs of a model and the model does not have."""
    return [
        f"{use.label} needs a model with the attribute {attribute_of(need)!r}, and this one "
        "has none"
        for need in use.component.needs
        if not call("the model", hasattr, model, attribute_of(need))
    ]
