"""The ways through a network: to its features, through its stages, and its last layer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from attrs import frozen

__all__ = ["Ways", "own_ways"]


@frozen
class Ways:
    """The ways through a module: to the features, through the stages, and the last layer."""

    features: Callable[[Any], Any]
    stages: Callable[[Any], tuple[Any, Sequence[Any]]]
    classifier: Any


def own_ways(module: Any) -> Ways:
    """Go through a module of this plugin."""
    return Ways(module.features, module.stages, module.classifier)
