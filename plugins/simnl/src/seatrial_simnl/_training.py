"""Training by AdamW with cosine annealing, in batches of consecutive rows of a given order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import cos, pi
from typing import Any

import torch

from ._kernel import Tensor
from ._state import State
from ._steps import Adam

__all__ = ["RestingSimilarities", "cosine", "train"]

KEPT = 1 << 26
"""How many similarities between views and keys are kept: 256 MiB in float32."""


def cosine(step: int, steps: int) -> float:
    """Give the fraction of the learning rate that cosine annealing leaves at a step."""
    return (1 + cos(pi * step / steps)) / 2


class RestingSimilarities:
    """Similarities of the keys to the rows of each view, computed once where there is room.

    The products of all rows with all keys are most of a step's work, and neither ever changes.
    """

    def __init__(self, keys: Tensor, views: Sequence[Tensor], uses: int) -> None:
        self._keys, self._views = keys, views
        self._kept: dict[int, Tensor] = {}
        room = len(views) * len(keys) * len(views[0]) <= KEPT
        self._keep = room and uses > len(views)

    def of(self, view: int, rows: Tensor) -> Callable[[slice], Tensor] | None:
        """Give what gives [keys, some] for some of the rows, or None where none is kept."""
        if not self._keep:
            return None
        if view not in self._kept:
            self._kept[view] = self._views[view] @ self._keys.T
        kept = self._kept[view]
        return lambda some: kept.index_select(0, rows[some]).T.contiguous()


def train(
    state: State,
    views: Sequence[Tensor],
    labels: Tensor,
    order: Callable[[int], Tensor],
    *,
    leave_out: bool = False,
    after_epoch: Callable[[int], Any] | None = None,
) -> list[float]:
    """Train in place; give the mean loss of each epoch.

    Epoch `e` sees `views[e % len(views)]` [rows, width] in the order `order(e)`. `leave_out` says
    that row `i` of a view is key `i` itself, and leaves that key out of the row's logits.
    """
    how = state.switches
    epochs = how.epochs or 0
    batches = -(-len(views[0]) // how.batch_size)
    resting = RestingSimilarities(state.cache.positive.keys, views, epochs)
    slow, fast = state.residuals[:3], state.residuals[3:]
    lr = how.lr or 0.0
    rates = (lr, lr * how.lr_mult_neg)
    rules = [Adam(part, eps=how.eps, weight_decay=how.weight_decay) for part in (slow, fast)]
    losses = []
    half = torch.autocast(
        state.residuals.device.type,
        dtype=getattr(torch, how.dtype),
        enabled=how.dtype != "float32",
    )
    with torch.no_grad(), half:
        for epoch in range(epochs):
            view = epoch % len(views)
            rows_in_order = order(epoch)
            total = torch.zeros((), device=labels.device)
            for place, rows in enumerate(rows_in_order.split(how.batch_size)):
                features = views[view].index_select(0, rows)
                known = resting.of(view, rows)
                loss, gradients = state.gradients(
                    features, labels[rows], known=known, own=rows if leave_out else None
                )
                fraction = cosine(epoch * batches + place, epochs * batches)
                for rule, part, rate in zip(rules, gradients.split([3, 2]), rates, strict=True):
                    rule.step(part, rate * fraction)
                total += loss * len(rows)
            losses.append(float(total / len(rows_in_order)))
            if after_epoch is not None:
                after_epoch(epoch)
    return losses
