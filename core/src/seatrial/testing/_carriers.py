"""Whether a changed value is still of its modality."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .._carriers import Volume
from .._cases import Case
from ..inputs._modalities import described
from ..protocols import Carrier

__all__ = ["misfit", "out_of_range", "with_nan"]


def misfit(clean: Any, changed: Any, *, shape: bool = True) -> str | None:
    """Say how a value no longer has the type, dtype and, if it must, the shape that it had."""
    if isinstance(clean, Case) and isinstance(changed, Case) and clean.id == changed.id:
        clean, changed = clean.input, changed.input
    if isinstance(clean, Volume) and isinstance(changed, Volume):
        clean, changed = clean.array, changed.array
    if hasattr(clean, "dtype"):
        return _array_misfit(clean, changed, shape)
    if isinstance(clean, Case) or not isinstance(changed, _like(clean)):
        return f"{_kind(clean)} became {_kind(changed)}: {changed!r:.80}"
    return _part_misfit(clean, changed, shape)


def _like(value: Any) -> Any:
    if isinstance(value, Mapping):
        return Mapping
    return (list, tuple) if isinstance(value, list | tuple) else type(value)


def _part_misfit(clean: Any, changed: Any, shape: bool) -> str | None:
    pairs: Iterable[tuple[Any, Any]] = ()
    if isinstance(clean, Mapping):
        if missing := sorted(map(str, clean.keys() ^ changed.keys())):
            return f"the parts {', '.join(missing)} were added or lost"
        pairs = [(clean[key], changed[key]) for key in clean]
    elif isinstance(clean, list | tuple) and (shape or len(clean) == len(changed)):
        pairs = zip(clean, changed, strict=False)
    return _first(misfit(one, other, shape=shape) for one, other in pairs)


def _array_misfit(clean: Any, changed: Any, shape: bool) -> str | None:
    for name in ("dtype", "shape") if shape else ("dtype",):
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


def out_of_range(carrier: Carrier, value: Any) -> str | None:
    """Say that a value is none of its modality any more: out of range, not finite, not encodable.

    Named parts and sequences of a case's input are looked at one by one.
    """
    if isinstance(value, Case):
        value = value.input
    if carrier.holds(value):
        return None
    if isinstance(value, Mapping | tuple | list) and value:
        parts = value.values() if isinstance(value, Mapping) else value
        return _first(out_of_range(carrier, one) for one in parts)
    return f"it is no value of the modality any more: {described(value)}"


def _floating(value: Any) -> bool:
    return getattr(getattr(value, "dtype", None), "kind", "") == "f"


def with_nan(value: Any) -> Any:
    """Put NaN into a copy of a floating-point array; None for what cannot hold it."""
    if isinstance(value, Volume):
        spoilt = with_nan(value.array)
        return None if spoilt is None else Volume(spoilt, value.affine)
    if not _floating(value) or not value.size:
        return None
    spoilt = value.copy()
    spoilt.flat[spoilt.size // 2] = float("nan")
    return spoilt
