"""One extraction of activations for all explainers of an experiment."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from attrs import define, field, frozen

__all__ = ["Shared"]


@define(eq=False)
class Shared:
    """A model whose activations at known inputs are computed once, when they are first asked for.

    `inputs` are all inputs of the experiment; `layers` and `poolings` are what is kept of them (and
    what `layers=None` then means). What goes beyond that is asked of the model itself.
    """

    model: Any
    inputs: Sequence[Any]
    layers: Sequence[int] | None
    poolings: Sequence[str]
    cache: Path | None = None
    _places: dict[Any, int] = field(init=False, repr=False)
    _whole: Any = field(default=None, init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self._places = {one: place for place, one in reversed(list(enumerate(self.inputs)))}

    def __call__(self, inputs: Sequence[Any], /) -> Any:
        """Answer as the model does."""
        return self.model(inputs)

    def __getattr__(self, name: str) -> Any:
        """Hand on what else the model can do."""
        return getattr(self.model, name)

    @property
    def activations(self) -> Any:
        """The attribute `activations`, where the model has it; see `Activates`."""
        inner = self.model.activations

        def read(
            inputs: Sequence[Any],
            /,
            *,
            layers: Sequence[int] | None = None,
            poolings: Sequence[str] = ("last",),
            tokens: Sequence[int] = (),
            cache: str | Path | None = None,
        ) -> Any:
            wanted = self.layers if layers is None else layers
            kept = self.layers is None or set(wanted or ()) <= set(self.layers)
            known = kept and not tokens and set(poolings) <= set(self.poolings)
            if not known or any(one not in self._places for one in inputs):
                return inner(
                    inputs,
                    layers=wanted,
                    poolings=poolings,
                    tokens=tokens,
                    cache=self.cache if cache is None else cache,
                )
            if self._whole is None:
                self._whole = inner(
                    self.inputs, layers=self.layers, poolings=self.poolings, cache=self.cache
                )
            rows = np.array([self._places[one] for one in inputs], dtype=np.intp)
            there = self._whole.layers if layers is None else tuple(layers)
            return _Rows(self._whole, rows, there, tuple(poolings))

        return read


@frozen(eq=False)
class _Rows:
    """The activations of some of the inputs."""

    whole: Any
    rows: Any
    layers: tuple[int, ...]
    poolings: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def predictions(self) -> Any:
        given = self.whole.predictions
        return None if given is None else [given[row] for row in self.rows]

    def at(self, layer: int, pooling: str, /) -> Any:
        """Read the vectors of one layer and pooling."""
        return self.whole.at(layer, pooling)[self.rows]

    def tokens(self, layer: int, /) -> Any:
        """Raise what the model raises: tokens were not asked for."""
        return self.whole.tokens(layer)
