"""Reads a model's activations, and refuses what no probe can learn from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from attrs import frozen

from seatrial.errors import ModelError

__all__ = ["Inside", "inside", "tokens_of"]


@frozen(eq=False)
class Inside:
    """The activations of some inputs at the layers and poolings that were asked for."""

    layers: tuple[int, ...]
    poolings: tuple[str, ...]
    inputs: Sequence[Any]
    found: Any

    def table(self, layer: int, pooling: str) -> Any:
        """Read one layer and pooling: float32 [inputs, width], finite; raises `ModelError`."""
        table = np.asarray(self.found.at(layer, pooling), dtype=np.float32)
        if table.ndim != len(("inputs", "width")) or len(table) != len(self.inputs):
            msg = (
                f"activations of layer {layer} ({pooling}) have shape {table.shape} for "
                f"{len(self.inputs)} inputs: a model gives one row for each"
            )
            raise ModelError(msg)
        if not np.isfinite(table).all():
            place = int(np.flatnonzero(~np.isfinite(table).all(axis=1))[0])
            raise _not_finite(layer, self.inputs[place])
        return table


def inside(
    model: Any,
    inputs: Sequence[Any],
    *,
    layers: Sequence[int] | None,
    poolings: Sequence[str],
    cache: Any,
) -> Inside:
    """Run the inputs through the model once; `layers` None means all after the embedding."""
    found = model.activations(inputs, layers=layers, poolings=poolings, cache=cache)
    there = tuple(found.layers)
    wanted = tuple(one for one in there if one > 0) if layers is None else tuple(layers)
    if missing := sorted(set(wanted) - set(there)):
        msg = f"the model gives no layer {missing[0]}; it gives {', '.join(map(str, there))}"
        raise ModelError(msg)
    return Inside(wanted, tuple(poolings), inputs, found)


def tokens_of(model: Any, inputs: Sequence[Any], *, layer: int, cache: Any) -> list[Any]:
    """Read every token of one layer: float32 [tokens, width] for each input, finite."""
    found = model.activations(inputs, layers=(), poolings=(), tokens=(layer,), cache=cache)
    tokens = [np.asarray(one, dtype=np.float32) for one in found.tokens(layer)]
    for given, one in zip(inputs, tokens, strict=True):
        if not np.isfinite(one).all():
            raise _not_finite(layer, given)
    return tokens


def _not_finite(layer: int, given: Any) -> ModelError:
    return ModelError(
        f"layer {layer} gave NaN or infinity for the input {repr(given)[:80]}: leave that case "
        "out, or compute in float32"
    )
