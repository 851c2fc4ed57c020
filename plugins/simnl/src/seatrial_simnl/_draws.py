"""What one cell of a protocol learns from: a few-shot draw, and what is held out to choose on."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from attrs import frozen

from seatrial import Case
from seatrial.errors import PlanError, StoreError

from ._features import Features
from ._sampling import TRUE_CLASS, few_shot

__all__ = ["Draw", "check_parts", "content", "draw", "held_out"]

MOST_VALIDATION = 4
"""How many validation images a class has at most, as in CoOp: min(shots, 4)."""


@frozen(eq=False)
class Draw:
    """Places of images in their features, their labels (which may be noisy), and their classes."""

    places: list[int]
    labels: list[str]
    blocks: list[str]

    def __len__(self) -> int:
        return len(self.places)


def draw(
    part: Features, shots: int, *, seed: int, noise: float = 0.0, without: Sequence[int] = ()
) -> Draw:
    """Draw `shots` images of each class, as `few_shot` does; a larger draw holds the smaller."""
    left_out = set(without)
    cases = [
        Case(name, place, target)
        for place, (name, target) in enumerate(zip(part.ids, part.targets, strict=True))
        if place not in left_out
    ]
    drawn = few_shot(cases, shots, seed=seed, classes=part.classes, noise=noise)
    return Draw(
        [case.input for case in drawn],
        [case.target for case in drawn],
        [case.groups.get(TRUE_CLASS, case.target) for case in drawn],
    )


def held_out(
    train: Features,
    validation: Features | None,
    shots: int,
    *,
    most: int,
    seed: int,
    noise: float,
) -> tuple[Features, Draw]:
    """Draw min(shots, 4) images of each class to choose on.

    They come from the validation part or, where there is none, from the training images that are
    left when the largest support set (`most` of each class) is drawn.
    """
    wanted = min(shots, MOST_VALIDATION)
    taken: list[int] = []
    source = train if validation is None else validation
    if validation is None:
        taken = draw(train, most, seed=seed).places
    left = np.delete(source.labels, taken)
    counts = np.bincount(left, minlength=len(source.classes))
    if counts.min() < wanted:
        short = source.classes[int(counts.argmin())]
        msg = (
            f"there is no validation set: {short!r} has {counts.min()} images besides the {most} "
            f"shots, and {wanted} are needed; give validation=, fewer shots, or selection='loo'"
        )
        raise PlanError(msg)
    return source, draw(source, wanted, seed=seed, noise=noise, without=taken)


def check_parts(train: Features, others: Iterable[tuple[str, Features]], shots: int) -> None:
    """Refuse parts that do not belong together, and more shots than there are images."""
    if len(train.classes) < 2:  # noqa: PLR2004 - of one there is nothing to tell apart
        msg = f"there must be two classes or more to tell apart, got {list(train.classes)!r}"
        raise PlanError(msg)
    missing = [name for name in ("template", "negative") if name not in train.texts]
    if missing:
        msg = f"the training features have no {missing[0]} prototypes: extract them with prompts="
        raise PlanError(msg)
    if not len(train.labels):
        msg = "the training features have no labels: extract them from cases with targets"
        raise PlanError(msg)
    counts = np.bincount(train.labels, minlength=len(train.classes))
    if counts.min() < shots:
        short = train.classes[int(counts.argmin())]
        msg = (
            f"{shots} shots are asked of {short!r}, which has {counts.min()} images to train on; "
            "give more images, or fewer shots"
        )
        raise PlanError(msg)
    for name, part in others:
        if not len(part.labels):
            msg = f"the features of {name!r} have no labelled image to be scored on"
            raise PlanError(msg)
        ours, theirs = train.facts.get("backbone"), part.facts.get("backbone")
        if ours != theirs:
            msg = (
                f"the features of {name!r} are stale: their backbone is {theirs!r}, and that of "
                f"the training features {ours!r}; extract them again"
            )
            raise StoreError(msg)


def content(part: Features) -> str:
    """Digest what features are: their arrays and the names that the rows have."""
    digest = hashlib.blake2b(digest_size=16)
    arrays: dict[str, Any] = {
        "labels": part.labels,
        "plain": part.plain,
        "keys": part.keys,
        "views": part.views,
        **part.texts,
    }
    digest.update(repr((part.ids, part.classes)).encode())
    for name, rows in sorted(arrays.items()):
        digest.update(f"{name} {rows.shape} {rows.dtype}".encode())
        digest.update(np.ascontiguousarray(rows).tobytes())
    return digest.hexdigest()
