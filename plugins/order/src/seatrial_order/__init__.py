"""Step order from pictures and words, and the gap between the modalities of an encoder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._gap import Ends, ModalityGap, modality_gap
    from ._gap_measures import ShiftPoint, relative_gap, separability, shift_curve
    from ._plane import Plane, principal_plane

__all__ = [
    "Ends",
    "ModalityGap",
    "Plane",
    "ShiftPoint",
    "modality_gap",
    "principal_plane",
    "relative_gap",
    "separability",
    "shift_curve",
]

_HOMES = {
    "Ends": "_gap",
    "ModalityGap": "_gap",
    "Plane": "_plane",
    "ShiftPoint": "_gap_measures",
    "modality_gap": "_gap",
    "principal_plane": "_plane",
    "relative_gap": "_gap_measures",
    "separability": "_gap_measures",
    "shift_curve": "_gap_measures",
}


def __getattr__(name: str) -> Any:
    """Import what computes when it is first asked for: it loads numpy."""
    if name not in _HOMES:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    from importlib import import_module

    value = getattr(import_module(f".{_HOMES[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
