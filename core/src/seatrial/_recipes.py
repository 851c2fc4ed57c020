"""A recipe: a repair as a file, with its adapter, model, training cases and seed."""

from __future__ import annotations

from attrs import field, frozen

from ._components import Adapter, Use
from ._reference import Reference

__all__ = ["Recipe"]


@frozen(kw_only=True)
class Recipe:
    """What `repair` is to do, as a TOML file says it."""

    adapter: Use[Adapter]
    model: Reference | None = None
    cases: Reference | tuple[Reference, ...] | None = None
    seed: int = field(default=0)
