"""Which parts of an input a perturbation acts on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from .._cases import Case
from .._components import Perturbation, Use
from ..errors import PlanError

__all__ = ["AXES", "parts_of"]


AXES: Mapping[str, tuple[int, ...]] = {"image": (2, 3), "volume": (4,)}


def parts_of(use: Use[Perturbation], case: Case) -> tuple[str | None, ...]:
    """Tell which parts of a case's input a perturbation acts on; None stands for all of it."""
    if use.component.sees_case:
        return (None,)
    if not isinstance(case.input, Mapping):
        if use.on:
            msg = (
                f"{use.label}: the input of case {case.id!r} has no parts, so there is no "
                f"{use.on[0]!r} to act on"
            )
            raise PlanError(msg)
        return (None,)
    if missing := [part for part in use.on if part not in case.input]:
        there = ", ".join(case.input)
        msg = f"{use.label}: case {case.id!r} has no part {missing[0]!r}; it has {there}"
        raise PlanError(msg)
    if use.on:
        return use.on
    fitting = [name for name, part in case.input.items() if _carries(use.component.modality, part)]
    if len(fitting) != 1:
        what = f"{len(fitting)} parts ({', '.join(fitting)})" if fitting else "no part"
        msg = (
            f"{use.label}: case {case.id!r} has {what} of modality {use.component.modality!r}; "
            f"say which one to act on, as in {use.component.name.rpartition('.')[2]}(on=...)"
        )
        raise PlanError(msg)
    return (fitting[0],)


def _carries(modality: str, value: Any) -> bool:
    if modality == "text":
        return isinstance(value, str)
    if modality == "messages":
        return isinstance(value, tuple) and all(isinstance(turn, Mapping) for turn in value)
    if modality in AXES:
        return isinstance(value, np.ndarray) and value.ndim in AXES[modality]
    return not isinstance(value, str)
