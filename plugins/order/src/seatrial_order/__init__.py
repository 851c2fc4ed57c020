"""Step order from pictures and words, and the gap between the modalities of an encoder.

Articles become pairs of steps, and pairs become cases. `order.fuse` trains a head on frozen towers,
`order.fine-tune` trains the towers too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from seatrial import Adapter, Audit, hookimpl

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
    from ._card import Card, card
    from ._chart import accuracy_chart, story_chart
    from ._controls import controlled
    from ._drawing import Drawing
    from ._features import Cached
    from ._fusion import OrderModel
    from ._gap import Ends, ModalityGap, modality_gap
    from ._gap_measures import ShiftPoint, relative_gap, separability, shift_curve
    from ._generated import Hashed, generated_articles
    from ._importers import goal_step_csv, wikiplan_folder
    from ._pairs import Pair, all_pairs, cases_of, sample_pairs
    from ._plane import Plane, principal_plane
    from ._random_towers import random_towers
    from ._recipe import preset
    from ._scores import (
        Accuracy,
        Decoded,
        Paired,
        accuracy_by,
        decoded,
        paired,
        right_in_one,
        swap_consistency,
        swapped,
    )
    from ._shifted import Shifted
    from ._stories import StoryTrend, accuracy_by_stories
    from ._towers import Towers, towers
    from ._tuned import TunedModel, load

__all__ = [
    "Accuracy",
    "Article",
    "Cached",
    "Card",
    "Decoded",
    "Drawing",
    "Ends",
    "Filtered",
    "Hashed",
    "ModalityGap",
    "OrderModel",
    "Pair",
    "Paired",
    "Plane",
    "ShiftPoint",
    "Shifted",
    "Step",
    "StoryTrend",
    "Towers",
    "TunedModel",
    "accuracy_by",
    "accuracy_by_stories",
    "accuracy_chart",
    "all_pairs",
    "card",
    "cases_of",
    "controlled",
    "decoded",
    "filtered",
    "fine_tune",
    "fuse",
    "generated_articles",
    "goal_step_csv",
    "load",
    "modality_collapse",
    "modality_gap",
    "modality_gap_audit",
    "paired",
    "preset",
    "principal_plane",
    "random_towers",
    "read_articles",
    "relative_gap",
    "right_in_one",
    "sample_pairs",
    "separability",
    "shift_curve",
    "split_articles",
    "story_chart",
    "swap_consistency",
    "swapped",
    "towers",
    "wikiplan_folder",
    "write_articles",
]

fuse = Adapter(
    name="order.fuse",
    summary="A head on frozen towers tells whether two steps are in order.",
    factory="seatrial_order._fusion:fuse",
    needs=("embed_image", "embed_text"),
    loader="seatrial_order:load",
    takes_assets=True,
    samples="seatrial_order._samples:samples",
)

fine_tune = Adapter(
    name="order.fine-tune",
    summary="Two towers are trained to tell whether two steps are in order.",
    factory="seatrial_order._fine_tuning:fine_tune",
    needs=("order.trainable",),
    loader="seatrial_order:load",
    takes_assets=True,
    samples="seatrial_order._samples:trainable_samples",
)

modality_gap_audit = Audit(
    name="order.modality-gap",
    summary="How far the images and the headlines lie apart, as the model embeds.",
    factory="seatrial_order._audits:modality_gap_audit",
    needs=("embed_image", "embed_text"),
    examples="seatrial_order._samples:gap_examples",
    samples="seatrial_order._samples:samples",
)

modality_collapse = Audit(
    name="order.modality-collapse",
    summary="The accuracy is the same with the images, or words, of other articles.",
    factory="seatrial_order._audits:modality_collapse",
    examples="seatrial_order._samples:collapse_examples",
)


@hookimpl
def seatrial_adapters() -> tuple[Adapter, ...]:
    """Declare both."""
    return (fuse, fine_tune)


@hookimpl
def seatrial_audits() -> tuple[Audit, ...]:
    """Declare both."""
    return (modality_gap_audit, modality_collapse)


_HOMES = {
    "Accuracy": "_scores",
    "Article": "_articles",
    "Cached": "_features",
    "Card": "_card",
    "Decoded": "_scores",
    "Drawing": "_drawing",
    "Ends": "_gap",
    "Filtered": "_articles",
    "Hashed": "_generated",
    "ModalityGap": "_gap",
    "OrderModel": "_fusion",
    "Pair": "_pairs",
    "Paired": "_scores",
    "Plane": "_plane",
    "ShiftPoint": "_gap_measures",
    "Shifted": "_shifted",
    "Step": "_articles",
    "StoryTrend": "_stories",
    "Towers": "_towers",
    "TunedModel": "_tuned",
    "accuracy_by": "_scores",
    "accuracy_by_stories": "_stories",
    "accuracy_chart": "_chart",
    "all_pairs": "_pairs",
    "card": "_card",
    "cases_of": "_pairs",
    "controlled": "_controls",
    "decoded": "_scores",
    "filtered": "_articles",
    "generated_articles": "_generated",
    "goal_step_csv": "_importers",
    "load": "_tuned",
    "modality_gap": "_gap",
    "paired": "_scores",
    "preset": "_recipe",
    "principal_plane": "_plane",
    "random_towers": "_random_towers",
    "read_articles": "_articles",
    "relative_gap": "_gap_measures",
    "right_in_one": "_scores",
    "sample_pairs": "_pairs",
    "separability": "_gap_measures",
    "shift_curve": "_gap_measures",
    "split_articles": "_articles",
    "story_chart": "_chart",
    "swap_consistency": "_scores",
    "swapped": "_scores",
    "towers": "_towers",
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
