"""Step order from pictures and words, and the gap between the modalities of an encoder.

Articles become pairs of steps, pairs become cases, and `order.fuse` trains a head on frozen towers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from seatrial import Adapter, hookimpl

if TYPE_CHECKING:
    from ._articles import (
        Article,
        Filtered,
        Step,
        filtered,
        read_articles,
        split_articles,
        write_articles,
    )
    from ._features import Cached
    from ._fusion import OrderModel, load
    from ._gap import Ends, ModalityGap, modality_gap
    from ._gap_measures import ShiftPoint, relative_gap, separability, shift_curve
    from ._generated import Hashed, generated_articles
    from ._importers import goal_step_csv, wikiplan_folder
    from ._pairs import Pair, all_pairs, cases_of, sample_pairs
    from ._plane import Plane, principal_plane

__all__ = [
    "Article",
    "Cached",
    "Ends",
    "Filtered",
    "Hashed",
    "ModalityGap",
    "OrderModel",
    "Pair",
    "Plane",
    "ShiftPoint",
    "Step",
    "all_pairs",
    "cases_of",
    "filtered",
    "fuse",
    "generated_articles",
    "goal_step_csv",
    "load",
    "modality_gap",
    "principal_plane",
    "read_articles",
    "relative_gap",
    "sample_pairs",
    "separability",
    "shift_curve",
    "split_articles",
    "wikiplan_folder",
    "write_articles",
]

fuse = Adapter(
    name="order.fuse",
    summary="A head on frozen towers tells whether two steps are in order.",
    factory="seatrial_order._fusion:fuse",
    needs=("embed_image", "embed_text"),
    loader="seatrial_order:load",
    samples="seatrial_order._samples:samples",
)


@hookimpl
def seatrial_adapters() -> tuple[Adapter, ...]:
    """Declare it."""
    return (fuse,)


_HOMES = {
    "Article": "_articles",
    "Cached": "_features",
    "Ends": "_gap",
    "Filtered": "_articles",
    "Hashed": "_generated",
    "ModalityGap": "_gap",
    "OrderModel": "_fusion",
    "Pair": "_pairs",
    "Plane": "_plane",
    "ShiftPoint": "_gap_measures",
    "Step": "_articles",
    "all_pairs": "_pairs",
    "cases_of": "_pairs",
    "filtered": "_articles",
    "generated_articles": "_generated",
    "goal_step_csv": "_importers",
    "load": "_fusion",
    "modality_gap": "_gap",
    "principal_plane": "_plane",
    "read_articles": "_articles",
    "relative_gap": "_gap_measures",
    "sample_pairs": "_pairs",
    "separability": "_gap_measures",
    "shift_curve": "_gap_measures",
    "split_articles": "_articles",
    "wikiplan_folder": "_importers",
    "write_articles": "_articles",
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
