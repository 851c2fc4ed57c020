"""Late fusion of two frozen towers: a model that says whether two steps are in order."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from seatrial import Case, Prediction
from seatrial.errors import ModelError, ParameterError, PlanError
from seatrial.kit import cluster_of, digest, object_with, write_atomically
from seatrial.protocols import Work

from ._features import MODALITIES, Modality, concatenated, key_of, step_rows
from ._heads import HEADS, Head, HeadKind, trained
from ._rows import Floats

__all__ = ["OrderModel", "fuse", "load"]

TIE: Final = 1e-6  # log odds that rounding in a tower may change


class OrderModel:
    """Two towers and a head: answers 1 where the steps are shown in their order, else 0.

    Where the antisymmetric head cannot tell the two steps apart, a coin decides that is fixed by
    their content: it gives the opposite answer to the swapped pair, and `details` say `tie`.
    """

    def __init__(self, towers: Any, head: Head, modality: Modality) -> None:
        self.original, self.head, self.modality = towers, head, modality

    @property
    def identity(self) -> str:
        """The digest of what was learned, and what the towers say they are."""
        arrays = sorted(self.head.arrays.items())
        whole = json.dumps(
            [self.head.kind, [[name, digest(one.tobytes())] for name, one in arrays]]
        )
        return f"order:{self.modality}:{digest(whole)} of {_named(self.original)}"

    def embed_text(self, texts: Sequence[str], /) -> Any:
        """Embed texts as the text tower does."""
        return self.original.embed_text(texts)

    def embed_image(self, images: Sequence[Any], /) -> Any:
        """Embed images as the image tower does."""
        return self.original.embed_image(images)

    def log_odds(self, inputs: Sequence[Any], /) -> Floats:
        """Give the log odds of "in order" for each pair."""
        if not len(inputs):
            return np.empty(0)
        return self.head(_rows(self.original, inputs, self.modality, self.head.kind))

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
        write_atomically(Path(path), _dumped(self.head, self.modality, _named(self.original)))


def fuse(
    *,
    modality: Modality = "both",
    head: HeadKind = "antisymmetric",
    hidden: int = 16,
    penalties: Sequence[float] = (0.001, 0.01, 0.1, 1.0),
) -> Callable[..., OrderModel]:
    """Make the adapter that trains a head on the frozen towers of a model.

    `modality` is what the head sees beside the title: "text" (headlines), "vision" (images), "both"
    or nothing ("title", a control). `head` is "antisymmetric", with `hidden` units, or "linear",
    the paper's. `penalties` are what is chosen among; see `trained`.
    """
    if modality not in MODALITIES or head not in HEADS:
        msg = (
            f"the modality is one of {', '.join(MODALITIES)} and the head one of "
            f"{', '.join(HEADS)}, got {modality!r} and {head!r}"
        )
        raise ParameterError(msg)
    if hidden < 0 or not penalties or min(penalties) <= 0:
        msg = f"hidden units are 0 or more and penalties above 0, got {hidden} and {penalties}"
        raise ParameterError(msg)

    def adapt(model: Any, cases: Sequence[Case], /, *, seed: int, work: Work) -> OrderModel:
        del work
        if not cases:
            msg = "order.fuse learns from cases, and there are none"
            raise PlanError(msg)
        if wrong := [one.id for one in cases if one.target not in (0, 1)]:
            msg = f"case {wrong[0]!r}: the target of a pair is 1 (in order) or 0 (swapped)"
            raise PlanError(msg)
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


def _rows(
    towers: Any, inputs: Sequence[Any], modality: Modality, kind: HeadKind
) -> tuple[Floats, ...]:
    if kind == "antisymmetric":
        return step_rows(towers, inputs, modality)
    return (concatenated(towers, inputs, modality),)


def _named(model: Any) -> str:
    return str(getattr(model, "identity", None) or type(model).__qualname__)


def _dumped(head: Head, modality: str, original: str) -> bytes:
    facts = {"format": 1, "kind": head.kind, "modality": modality, "original": original}
    file = io.BytesIO()
    written = np.frombuffer(json.dumps(facts).encode(), np.uint8)
    arrays: dict[str, Any] = {**head.arrays, "facts": written}
    np.savez(file, **arrays)
    return file.getvalue()


def load(path: str | Path, *, model: Any = None) -> OrderModel:
    """Read a trained head; `model` is the pair of towers, or the import string of it.

    `path` is the file that `OrderModel.save` wrote, or the folder of `seatrial.Repaired.save`.
    Refuses towers with another identity than those it was trained on, with `ModelError`.
    """
    path = Path(path)
    path = path / "model" if path.is_dir() else path  # what `Repaired.save` writes
    try:
        with np.load(path, allow_pickle=False) as held:
            arrays = {name: held[name] for name in held.files}
        facts = json.loads(arrays.pop("facts").tobytes())
        kind, modality, original = (facts[one] for one in ("kind", "modality", "original"))
    except (OSError, ValueError, KeyError) as error:
        msg = f"{path} is no trained head of order.fuse: {error}"
        raise ModelError(msg) from error
    if model is None:
        msg = f"{path} holds a head and not its towers, {original}: pass model="
        raise ModelError(msg)
    towers = object_with(model, "embed_text", what="model")
    if _named(towers) != original:
        msg = f"{path} was trained on {original}, and these towers are {_named(towers)}"
        raise ModelError(msg)
    return OrderModel(towers, Head(kind, arrays), modality)
