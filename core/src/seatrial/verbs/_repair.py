"""The verb `repair`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from .._cases import Case
from .._components import Adapter
from .._registry import Registry
from .._seeds import derive
from ..errors import PlanError
from ..inputs._binding import bound, ready
from ..inputs._boundary import call
from ..inputs._models import subject_of
from ..protocols import Model

__all__ = ["repair"]


def repair(
    adapter: Any,
    /,
    *,
    model: Any,
    cases: Iterable[Case] | Any,
    seed: int = 0,
    registry: Registry | None = None,
) -> Model:
    """Make a repaired model; the original stays as it was.

    `cases` are the cases (or the preferences of a report) that the adapter learns from.
    """
    use = bound(adapter, Adapter, registry)
    subject = subject_of(model).model
    learn = ready(use, subject)
    seed = derive(seed, use.component.name)
    fixed: Any = call(use.label, learn, subject, tuple(cases), seed=seed)
    if not callable(fixed):
        msg = f"{use.label} must give a model, got {type(fixed).__qualname__}"
        raise PlanError(msg)
    return cast("Model", fixed)
