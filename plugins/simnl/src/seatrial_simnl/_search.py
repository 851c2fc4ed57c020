"""Choosing hyper-parameters: a whole grid of mixtures for the price of a few kernels.

Logits are linear in all hyper-parameters but the kernel's: for each kernel their parts are computed
once, and every mixture of them is one row of a small matrix product.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from math import isfinite
from typing import Any, Protocol

import torch
from attrs import frozen

from seatrial.errors import ParameterError

from ._kernel import Tensor

__all__ = ["Grid", "Mixed", "correct", "points", "table"]

BLOCK = 1 << 20
"""How many logits are held at once: 4 MiB, so that they stay in the cache."""


class Mixed(Protocol):
    """A classifier whose logits are a mixture of parts."""

    def seen(self, features: Tensor, /) -> tuple[Tensor, ...]:
        """Give what no hyper-parameter changes."""
        ...

    def parts(self, seen: tuple[Tensor, ...], /, **kernel: float) -> Tensor:
        """Give the parts [parts, queries, classes] under some kernel."""
        ...

    def mix(self, **weights: float) -> tuple[float, ...]:
        """Give the weight of each part."""
        ...


def points(grid: Sequence[float]) -> list[float]:
    """Give `low + i (high - low) / count` for `i` below `count`: the high end is left out.

    `grid` is (low, high, count).
    """
    try:
        low, high, count = map(float, grid)
    except (TypeError, ValueError) as error:
        msg = f"a grid is (low, high, points), got {grid!r}"
        raise ParameterError(msg) from error
    if not (isfinite(high - low) and count >= 1 and count.is_integer()):
        msg = f"a grid needs finite ends and 1 point or more, got {grid!r}"
        raise ParameterError(msg)
    count = int(count)
    return [low + i * (high - low) / count for i in range(count)]


@frozen
class Grid:
    """What is searched: kernels in the outer loop, mixtures in the inner one.

    Both map the name of a hyper-parameter to its points; the last name turns fastest.
    """

    kernels: Mapping[str, Sequence[float]]
    weights: Mapping[str, Sequence[float]]

    @staticmethod
    def _all(axes: Mapping[str, Sequence[float]]) -> list[dict[str, float]]:
        return [dict(zip(axes, values, strict=True)) for values in product(*axes.values())]

    def outer(self) -> list[dict[str, float]]:
        """List the kernels."""
        return self._all(self.kernels)

    def inner(self) -> list[dict[str, float]]:
        """List the mixtures."""
        return self._all(self.weights)

    def first(self, counts: Tensor) -> dict[str, float]:
        """Give the first point, in the order of the loops, that nothing surpasses."""
        return self._at(int(counts.argmax()))

    def nearest(self, counts: Tensor, start: Mapping[str, Any]) -> dict[str, float]:
        """Give, of the points that nothing surpasses, the one that is nearest to the start.

        On a handful of held-out images many points tie, and the first of them is a corner.
        """
        far = torch.zeros(counts.shape, dtype=torch.float64, device=counts.device)
        for dim, (loop, axes) in enumerate(
            ((self.outer(), self.kernels), (self.inner(), self.weights))
        ):
            squares = far.new_zeros(len(loop))
            for name, values in axes.items():
                here = far.new_tensor([one[name] for one in loop])
                squares += ((here - start[name]) / ((max(values) - min(values)) or 1.0)).square()
            far += squares.unsqueeze(1 - dim)
        far[counts < counts.max()] = torch.inf
        return self._at(int(far.argmin()))

    def _at(self, place: int) -> dict[str, float]:
        inner = self.inner()
        return {**self.outer()[place // len(inner)], **inner[place % len(inner)]}


def correct(parts: Tensor, mixes: Tensor, labels: Tensor) -> Tensor:
    """Count the right answers of each mixture [mixes, parts] on parts [parts, queries, classes]."""
    number, queries, classes = parts.shape
    counts = torch.zeros(len(mixes), dtype=torch.int64, device=parts.device)
    step = max(1, BLOCK // (len(mixes) * classes))
    for start in range(0, queries, step):
        some = parts[:, start : start + step]
        logits = (mixes @ some.reshape(number, -1)).view(len(mixes), -1, classes)
        counts += (logits.argmax(2) == labels[start : start + step]).sum(1)
    return counts


def table(model: Mixed, grid: Grid, features: Tensor, labels: Tensor) -> Tensor:
    """Count the right answers at every point of the grid: [kernels, mixtures]."""
    mixes = torch.tensor(
        [model.mix(**weights) for weights in grid.inner()], dtype=features.dtype
    ).to(features.device)
    seen = model.seen(features)
    rows = [correct(model.parts(seen, **kernel), mixes, labels) for kernel in grid.outer()]
    return torch.stack(rows)
