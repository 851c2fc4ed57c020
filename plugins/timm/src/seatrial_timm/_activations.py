"""Activations of an image classifier: what leaves its stages, pooled over positions."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from attrs import define
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file, save

from seatrial import Prediction
from seatrial.errors import ModelError
from seatrial.kit import digest, write_atomically

from ._tower import ImageTower

__all__ = ["POOLINGS", "StageActivations", "activations"]

Rows = NDArray[np.float32]

POOLINGS = ("mean", "max")
SCHEME = 1
"""Raised whenever the same images would give other activations: older files no longer count."""


@define(eq=False)
class StageActivations:
    """What leaves the stages of an image classifier, one row for each image.

    `layers` count from 1, the first stage (a residual stage, a transformer block); `predictions`
    were given in the same forward pass.
    """

    layers: tuple[int, ...]
    poolings: tuple[str, ...]
    predictions: Sequence[Prediction]
    _rows: Mapping[str, Rows]
    _kept: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.predictions)

    def at(self, layer: int, pooling: str, /) -> Rows:
        """Read one layer and pooling: float32 [images, channels]."""
        found = self._rows.get(f"{layer}.{pooling}")
        if found is None:
            msg = (
                f"layer {layer} with the pooling {pooling!r} was not read; there are the layers "
                f"{_listed(self.layers)} with {_listed(self.poolings)}"
            )
            raise ModelError(msg)
        return found

    def tokens(self, layer: int, /) -> Sequence[Rows]:
        """Read every position of one layer, row by row: float32 [positions, channels] each."""
        if layer not in self._kept:
            msg = (
                f"the positions of layer {layer} were not kept (kept: {_listed(self._kept)}); "
                f"ask for activations with tokens=({layer},)"
            )
            raise ModelError(msg)
        return list(self._rows[f"{layer}.tokens"])


def activations(
    tower: ImageTower,
    answered: Any,
    images: Sequence[Any],
    *,
    layers: Sequence[int] | None,
    poolings: Sequence[str],
    tokens: Sequence[int],
    cache: str | Path | None,
) -> StageActivations:
    """Run the images through the tower once; `answered` makes predictions of logits."""
    if wrong := [one for one in poolings if one not in POOLINGS]:
        msg = f"an image has no pooling {wrong[0]!r}: poolings are {_listed(POOLINGS)}"
        raise ModelError(msg)
    asked = [None if layers is None else list(layers), list(poolings), list(tokens)]
    file = None
    if cache is not None:
        seen = [[str(one.dtype), one.shape, digest(one.tobytes())] for one in map(_array, images)]
        key = digest(json.dumps([SCHEME, tower.identity, asked, seen]))
        file = Path(cache) / f"{key}.safetensors"
    rows = _stored(file)
    if rows is None:
        rows = _computed(tower, images, layers, poolings, tokens)
        if file is not None:
            file.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(file, save(rows))
    known = rows["layers"].tolist()
    return StageActivations(
        tuple(known), tuple(poolings), answered(rows["logits"]), rows, tuple(tokens)
    )


def _array(value: Any) -> NDArray[Any]:
    return np.ascontiguousarray(value)


def _stored(file: Path | None) -> dict[str, NDArray[Any]] | None:
    if file is None or not file.is_file():
        return None
    try:
        return load_file(file)
    except (OSError, SafetensorError):
        return None


def _computed(
    tower: ImageTower,
    images: Sequence[Any],
    layers: Sequence[int] | None,
    poolings: Sequence[str],
    tokens: Sequence[int],
) -> dict[str, NDArray[Any]]:
    parts: dict[str, list[NDArray[Any]]] = {}
    count = 0
    with torch.inference_mode():
        for batch in tower.batches(images):
            logits, maps = tower.stages(batch)
            parts.setdefault("logits", []).append(logits.float().cpu().numpy())
            count = len(maps)
            for name, values in _pooled(maps, layers, poolings, tokens):
                parts.setdefault(name, []).append(values)
    wanted = list(range(1, count + 1) if layers is None else layers)
    empty = {"logits": np.empty((0, len(tower.classifier)), np.float32)}
    empty |= {
        f"{one}.{pooling}": np.empty((0, 0), np.float32) for one in wanted for pooling in poolings
    }
    empty |= {f"{one}.tokens": np.empty((0, 0, 0), np.float32) for one in tokens}
    found = {name: np.concatenate(several) for name, several in parts.items()}
    return {**empty, **found, "layers": np.array(wanted, np.int64)}


def _pooled(
    maps: Sequence[Any],
    layers: Sequence[int] | None,
    poolings: Sequence[str],
    tokens: Sequence[int],
) -> Iterator[tuple[str, Rows]]:
    for layer in [*(layers or ()), *tokens]:
        if not 1 <= layer <= len(maps):
            msg = f"there is no layer {layer}: this model has 1 to {len(maps)}"
            raise ModelError(msg)
    for layer, values in enumerate(maps, start=1):
        flat = values.float().flatten(2)
        if layers is None or layer in layers:
            for pooling in poolings:
                pooled = flat.mean(2) if pooling == "mean" else flat.amax(2)
                yield f"{layer}.{pooling}", pooled.cpu().numpy()
        if layer in tokens:
            yield f"{layer}.tokens", np.ascontiguousarray(flat.transpose(1, 2).cpu().numpy())


def _listed(values: Sequence[Any]) -> str:
    return ", ".join(map(str, values)) or "none"
