"""A model whose towers were trained with its head, and reading any saved order model."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from seatrial.errors import ModelError
from seatrial.kit import object_with

from ._features import Modality
from ._fusion import OrderModel, named
from ._head_file import HeadFile
from ._heads import Head

__all__ = ["TunedModel", "load"]

HEAD, WEIGHTS = "head.npz", "towers.safetensors"


class TunedModel(OrderModel):
    """An order model whose towers were trained too.

    `original` are the towers that it began with, unchanged. `epochs` has the mean training loss of
    each epoch and, where some articles were held out, its accuracy on them; `losses` has the loss
    of every step. Both are of the training, and are not saved.
    """

    def __init__(
        self,
        towers: Any,
        head: Head,
        modality: Modality,
        *,
        original: Any,
        epochs: Sequence[Mapping[str, float]] = (),
        losses: Sequence[float] = (),
    ) -> None:
        super().__init__(towers, head, modality)
        self.original, self.epochs, self.losses = original, tuple(epochs), tuple(losses)

    def save(self, path: str | Path) -> None:
        """Write the head and the weights of both towers to a new folder; `load` reads it."""
        from safetensors.torch import save_file

        folder = Path(path)
        folder.mkdir(parents=True, exist_ok=True)
        weights = self.towers.module.state_dict()
        save_file(
            {name: one.cpu().contiguous().clone() for name, one in weights.items()},
            folder / WEIGHTS,
        )
        HeadFile(self.head, self.modality, named(self.original)).write(folder / HEAD)


def load(path: str | Path, *, model: Any = None) -> OrderModel:
    """Read a saved order model; `model` is its pair of towers, or the import string of it.

    `path` is what `save` wrote, or the folder of `seatrial.Repaired.save`. The towers are those
    before training: the weights of a fine-tuned model are in its own folder. Refuses towers with
    another identity than those it was trained on, with `ModelError`.
    """
    path = Path(path)
    path = path / "model" if (path / "model").exists() else path  # what `Repaired.save` writes
    found = HeadFile.read(path / HEAD if path.is_dir() else path)
    if model is None:
        msg = f"{path} holds no towers; they are {found.original}: pass model="
        raise ModelError(msg)
    towers = object_with(model, "embed_text", what="model")
    if named(towers) != found.original:
        msg = f"{path} was trained on {found.original}, and these towers are {named(towers)}"
        raise ModelError(msg)
    if not path.is_dir():
        return OrderModel(towers, found.head, found.modality)
    return TunedModel(_with(towers, path / WEIGHTS), found.head, found.modality, original=towers)


def _with(towers: Any, file: Path) -> Any:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    module = copy.deepcopy(towers.module)
    try:
        module.load_state_dict(load_file(file))
    except (OSError, SafetensorError, RuntimeError) as error:
        msg = f"{file} does not hold the weights of these towers: {error}"
        raise ModelError(msg) from error
    return towers.with_module(module)
