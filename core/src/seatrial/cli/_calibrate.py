"""What `seatrial calibrate` measures and prints."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._components import Perturbation
from .._registry import default_registry
from ..verbs._calibrate import calibrate
from ._output import echo, print_json, print_table

__all__ = ["calibrated"]


def calibrated(
    name: str, cases: str, seeds: int, params: Mapping[str, Any], *, as_json: bool
) -> None:
    """Calibrate a perturbation on cases, and print the rungs measured and proposed."""
    use = default_registry().get(name, Perturbation)(**params)
    found = calibrate(use, cases, seeds=seeds)
    if as_json:
        print_json(found.as_dict())
        return
    for at, table in enumerate(found.tables()):
        if at:
            echo()
        print_table(table)
