"""Whether a changed value is still of its modality."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import isfinite
from typing import Any

from .._cases import Case

__all__ = ["misfit", "out_of_range", "with_nan"]


def misfit(clean: Any, changed: Any) -> str | None:
    """Say how a value no longer has the type, shape or dtype that it had."""
    if isinstance(clean, Case) and isinstance(changed, Case) and clean.id == changed.id:
        return misfit(clean.input, changed.input)
    if hasattr(clean, "dtype"):
        return _array_misfit(clean, changed)
    same_kind = isinstance(changed, Mapping if isinstance(clean, Mapping) else type(clean))
    if not same_kind or isinstance(clean, Case):
        return f"{_kind(clean)} became {_kind(changed)}: {changed!r:.80}"
    if isinstance(clean, Mapping):
        missing = sorted(map(str, clean.keys() ^ changed.keys()))
        told = f"the parts {', '.join(missing)} were added or lost" if missing else None
        return told or _first(misfit(clean[key], changed[key]) for key in clean)
    return _first(misfit(clean[0], one) for one in changed) if _several(clean) else None


def _several(value: Any) -> bool:
    return isinstance(value, tuple | list) and bool(value)


def _array_misfit(clean: Any, changed: Any) -> str | None:
    for name in ("dtype", "shape"):
        if not hasattr(changed, name):
            return f"an array became {_kind(changed)}"
        before, after = getattr(clean, name), getattr(changed, name)
        if before != after:
            return f"{name} {before} became {after}"
    return None


def _first(problems: Iterable[str | None]) -> str | None:
    return next((problem for problem in problems if problem), None)


def _kind(value: Any) -> str:
    return type(value).__qualname__


def out_of_range(modality: str, value: Any) -> str | None:
    """Say how a value leaves the range of its carrier."""
    if isinstance(value, Case):
        value = value.input
    if isinstance(value, Mapping | tuple | list):
        parts = value.values() if isinstance(value, Mapping) else value
        return _first(out_of_range(modality, one) for one in parts)
    if isinstance(value, str):
        held = value.encode(errors="replace").decode()
        return None if held == value else f"the text cannot be encoded as UTF-8: {value!a:.80}"
    if not _floating(value) or not value.size:
        return None
    low, high = float(value.min()), float(value.max())
    if not isfinite(low) or not isfinite(high):
        return f"the array holds {low} to {high}, which is not finite"
    wide = modality == "image" and (low < 0 or high > 1)
    return f"the image holds {low:.4g} to {high:.4g}, not [0, 1]" if wide else None


def _floating(value: Any) -> bool:
    return getattr(getattr(value, "dtype", None), "kind", "") == "f"


def with_nan(value: Any) -> Any:
    """Put NaN into a copy of a floating-point array; None for what cannot hold it."""
    if not _floating(value):
        return None
    spoilt = value.copy()
    spoilt.flat[spoilt.size // 2] = float("nan")
    return spoilt
