"""Audits: how far the modalities of an encoder lie apart, and whether a model ignores one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from seatrial import Case, Finding
from seatrial.errors import ParameterError
from seatrial.kit import answer_of, cluster_of
from seatrial.protocols import Check
from seatrial.statistics import paired_drop

from ._controls import Control, controlled
from ._features import part
from ._gap import modality_gap

__all__ = ["modality_collapse", "modality_gap_audit"]

MIN_ARTICLES = 2
BRANCHES: tuple[tuple[str, Control], ...] = (
    ("images", "images-shuffled"),
    ("headlines", "headlines-shuffled"),
)


def _illustrated(cases: Sequence[Any]) -> list[Case]:
    """Give the order cases that have both headlines and both images, with the images opened."""
    names = ("title", "headline_1", "headline_2", "image_1", "image_2")
    found = []
    for one in cases:
        if isinstance(one.input, Mapping) and set(names) <= set(one.input):
            value = {name: part(one.input, name) for name in names}
            found.append(Case(one.id, value, one.target, one.groups, one.cluster))
    return found


def modality_gap_audit(*, confidence: float = 0.95, unshared: bool = False) -> Check:
    """Measure the gap between the images and the headlines of the cases, as the model embeds them.

    Towers that share no space (widths that differ, or `shared_space = False`) have no gap, and the
    finding says so; `unshared=True` measures it all the same where the widths agree.
    """

    def check(plan: Any, model: Any, cases: Sequence[Any], /) -> Iterable[Finding]:
        del plan
        shown = _illustrated(cases)
        if model is None or len({cluster_of(one) for one in shown}) < MIN_ARTICLES:
            return
        images, texts = (
            np.asarray(embed([one.input[f"{name}_{place}"] for one in shown for place in (1, 2)]))
            for embed, name in ((model.embed_image, "image"), (model.embed_text, "headline"))
        )
        stated = getattr(model, "shared_space", True)
        if images.shape[1] != texts.shape[1] or not (stated or unshared):
            yield Finding(
                "no-shared-space",
                "the image tower and the text tower share no space: their gap has no meaning",
                fix="read no alignment out of a picture of both; compare accuracies instead",
            )
            return
        clusters = [cluster_of(one) for one in shown for _ in (1, 2)]
        found = modality_gap(images, texts, paired=True, clusters=clusters, confidence=confidence)
        yield Finding(
            "modality-gap",
            f"the mean image and the mean headline are {found.gap:.3f} apart (unit embeddings; "
            f"{found.interval.low:.3f} to {found.interval.high:.3f}, without bias "
            f"{found.corrected:.3f})",
            effect=found.gap,
            interval=found.interval,
            count=found.clusters,
            fix="the size of the gap alone explains no accuracy: see shift_curve",
        )

    return check


def modality_collapse(
    *, margin: float = 0.05, confidence: float = 0.95, max_cases: int = 1000, seed: int = 0
) -> Check:
    """Shuffle the images, then the headlines, and see whether the model's accuracy notices.

    A finding is made where the accuracy certainly changes by less than `margin`: both ends of the
    interval of the drop, over articles, lie within it. So few cases find nothing. A model that
    guesses is found to ignore both.
    """
    if not 0 < margin < 1 or max_cases < 1:
        msg = f"margin is between 0 and 1 and max_cases above 0, got {margin} and {max_cases}"
        raise ParameterError(msg)

    def check(plan: Any, model: Any, cases: Sequence[Any], /) -> Iterable[Finding]:
        del plan
        shown = _illustrated(cases)[:max_cases]
        if model is None or len({cluster_of(one) for one in shown}) < MIN_ARTICLES:
            return
        yield from _collapsed(model, shown, margin, confidence, seed)

    return check


def _collapsed(
    model: Any, cases: list[Case], margin: float, confidence: float, seed: int
) -> Iterator[Finding]:
    clusters = [cluster_of(one) for one in cases]
    before = [answer_of(one).value for one in model([one.input for one in cases])]
    right = [float(one == case.target) for one, case in zip(before, cases, strict=True)]
    for name, control in BRANCHES:
        changed = controlled(cases, control, seed=seed)
        after = [answer_of(one).value for one in model([one.input for one in changed])]
        still = [float(one == case.target) for one, case in zip(after, cases, strict=True)]
        drop = paired_drop(right, still, clusters, confidence)
        if not (-margin < drop.low and drop.high < margin):
            continue
        moved = float(np.mean([one != other for one, other in zip(before, after, strict=True)]))
        yield Finding(
            f"{name}-ignored",
            f"with the {name} of other articles the accuracy falls by {drop.estimate:.3f} "
            f"({drop.low:.3f} to {drop.high:.3f}) and {moved:.0%} of the answers change: the model "
            f"ignores the {name}, or they say nothing about the order",
            level="warning",
            effect=drop.estimate,
            interval=drop.ends,
            count=len(cases),
            fix=f"train on the {name} alone: if that beats one half, the branch has collapsed",
        )
