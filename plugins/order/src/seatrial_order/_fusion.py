"""Late fusion of two frozen towers: a model that says whether two steps are in order."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from seatrial import Case, Prediction
from seatrial.errors import ParameterError, PlanError
from seatrial.kit import cluster_of, digest
from seatrial.protocols import Work

from ._features import MODALITIES, Modality, concatenated, key_of, step_rows
from ._head_file import HeadFile
from ._heads import HEADS, Head, HeadKind, trained
from ._rows import Floats

__all__ = ["OrderModel", "checked", "fuse", "named"]

TIE: Final = 1e-6  # log odds that rounding in a tower may change
HIDDEN: Final = 16


class OrderModel:
    """Two towers and a head: answers 1 where the steps are shown in their order, else 0.

    Where the antisymmetric head cannot tell the two steps apart, a coin decides that is fixed by
    their content: it gives the opposite answer to the swapped pair, and `details` say `tie`.
    """

    def __init__(self, towers: Any, head: Head, modality: Modality) -> None:
        self.towers, self.original = towers, towers
        self.head, self.modality = head, modality

    @property
    def identity(self) -> str:
        """The digest of what was learned, and what the towers say they are."""
        arrays = sorted(self.head.arrays.items())
        whole = json.dumps(
            [self.head.kind, [[name, digest(one.tobytes())] for name, one in arrays]]
        )
        return f"order:{self.modality}:{digest(whole)} of {named(self.towers)}"

    @property
    def shared_space(self) -> bool:
        """Whether its towers say that they share a space."""
        return bool(getattr(self.towers, "shared_space", True))

    def embed_text(self, texts: Sequence[str], /) -> Any:
        """Embed texts as the text tower does."""
        return self.towers.embed_text(texts)

    def embed_image(self, images: Sequence[Any], /) -> Any:
        """Embed images as the image tower does."""
        return self.towers.embed_image(images)

    def log_odds(self, inputs: Sequence[Any], /) -> Floats:
        """Give the log odds of "in order" for each pair."""
        if not len(inputs):
            return np.empty(0)
        return self.head(_rows(self.towers, inputs, self.modality, self.head.kind))

    def __call__(self, inputs: Sequence[Any], /) -> list[Prediction]:
        """Answer each pair, with the probability of both answers."""
        found = []
        for value, odds in zip(inputs, self.log_odds(inputs), strict=True):
            tie = self.head.kind == "antisymmetric" and abs(odds) <= TIE
            if tie:
                first, second = (key_of(value, place, self.modality) for place in (1, 2))
                answer = int(first < second)
            else:
                answer = int(odds > 0)
            p = float(1 / (1 + np.exp(-np.clip(odds, -500, 500))))
            said = {"1": p, "0": 1 - p}
            found.append(
                Prediction(answer, probabilities=said, details={"tie": True} if tie else {})
            )
        return found

    def save(self, path: str | Path) -> None:
        """Write what was learned to one .npz file, without the towers; `load` reads it."""
        HeadFile(self.head, self.modality, named(self.towers)).write(Path(path))


def fuse(
    *,
    modality: Modality = "both",
    head: HeadKind = "antisymmetric",
    hidden: int | None = None,
    penalties: Sequence[float] = (0.001, 0.01, 0.1, 1.0),
) -> Callable[..., OrderModel]:
    """Make the adapter that trains a head on the frozen towers of a model.

    `modality` is what the head sees beside the title: "text" (headlines), "vision" (images), "both"
    or nothing ("title", a control). `head` is "antisymmetric", with `hidden` units (by default
    16), or "linear", the paper's, which has none. `penalties` are what is chosen among; see
    `trained`.
    """
    if modality not in MODALITIES or head not in HEADS:
        msg = (
            f"the modality is one of {', '.join(MODALITIES)} and the head one of "
            f"{', '.join(HEADS)}, got {modality!r} and {head!r}"
        )
        raise ParameterError(msg)
    if hidden is None:
        hidden = 0 if head == "linear" else HIDDEN
    if head == "linear" and hidden:
        msg = f"a linear head has no hidden units: leave out hidden = {hidden}"
        raise ParameterError(msg)
    if hidden < 0 or not penalties or min(penalties) <= 0:
        msg = f"hidden units are 0 or more and penalties above 0, got {hidden} and {penalties}"
        raise ParameterError(msg)

    def adapt(model: Any, cases: Sequence[Case], /, *, seed: int, work: Work) -> OrderModel:
        del work
        checked(cases, "order.fuse")
        inputs = [one.input for one in cases]
        learned = trained(
            head,
            _rows(model, inputs, modality, head),
            np.array([float(one.target) for one in cases]),
            [cluster_of(one) for one in cases],
            hidden=hidden,
            penalties=penalties,
            seed=seed,
        )
        return OrderModel(model, learned, modality)

    return adapt


def checked(cases: Sequence[Case], adapter: str) -> None:
    """Refuse what has nothing to learn from."""
    if not cases:
        msg = f"{adapter} learns from cases, and there are none"
        raise PlanError(msg)
    if wrong := [one.id for one in cases if one.target not in (0, 1)]:
        msg = f"case {wrong[0]!r}: the target of a pair is 1 (in order) or 0 (swapped)"
        raise PlanError(msg)


def _rows(
    towers: Any, inputs: Sequence[Any], modality: Modality, kind: HeadKind
) -> tuple[Floats, ...]:
    if kind == "antisymmetric":
        return step_rows(towers, inputs, modality)
    return (concatenated(towers, inputs, modality),)


def named(model: Any) -> str:
    """Say what a model is: its identity, or else its class."""
    return str(getattr(model, "identity", None) or type(model).__qualname__)
