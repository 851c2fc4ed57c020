"""Few-shot repair of vision-language models: SimNL, and the adapters it is measured against."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._pinned import fit, gradients, logits

__all__ = ["fit", "gradients", "logits"]

_HOMES = {"fit": "_pinned", "gradients": "_pinned", "logits": "_pinned"}


def __getattr__(name: str) -> Any:
    """Import what computes when it is first asked for: it loads torch."""
    if name not in _HOMES:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    from importlib import import_module

    value = getattr(import_module(f".{_HOMES[name]}", __name__), name)
    globals()[name] = value
    return value
