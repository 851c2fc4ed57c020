"""Gradient descent for the adapters that autograd serves well."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch

from seatrial import derive

from ._kernel import Tensor
from ._steps import Rule
from ._support import Support
from ._training import cosine

__all__ = ["descend", "order_of", "warmed"]

WARM = 1e-5


def order_of(seed: int, rows: int, device: str) -> Callable[[int], Tensor]:
    """Give the order of the rows in each epoch."""

    def order(epoch: int) -> Tensor:
        drawn = np.random.default_rng(derive(seed, "seatrial_simnl", "order", epoch))
        return torch.from_numpy(drawn.permutation(rows)).to(device)

    return order


def warmed(epoch: int, epochs: int) -> float | None:
    """Give the fraction of the rate in an epoch: cosine, after a first epoch at 1e-5 (None)."""
    return None if epoch == 0 else cosine(epoch, epochs)


def descend(
    parameters: Sequence[Tensor],
    loss_of: Callable[[Tensor, Tensor], Tensor],
    support: Support,
    *,
    rule: Callable[[Tensor], Rule],
    lr: float,
    epochs: int,
    batch_size: int,
    seed: int,
    by_step: bool,
) -> tuple[float, ...]:
    """Change the parameters in place; give the mean loss of each epoch.

    The rate is annealed by cosine after each step, or (`by_step` False) after each epoch with a
    first epoch at 1e-5.
    """
    for parameter in parameters:
        parameter.requires_grad_()
    rules = [rule(one.detach()) for one in parameters]
    rows = len(support.labels)
    order = order_of(seed, rows, str(support.labels.device))
    batches = -(-rows // batch_size)
    losses = []
    for epoch in range(epochs):
        view = support.views[epoch % len(support.views)]
        total = 0.0
        for place, chosen in enumerate(order(epoch).split(batch_size)):
            fraction: float | None = cosine(epoch * batches + place, epochs * batches)
            if not by_step:
                fraction = warmed(epoch, epochs)
            loss = loss_of(view[chosen], support.labels[chosen])
            for one, gradient in zip(rules, torch.autograd.grad(loss, parameters), strict=True):
                one.step(gradient, WARM if fraction is None else lr * fraction)
            total += float(loss.detach()) * len(chosen)
        losses.append(total / rows)
    for parameter in parameters:
        parameter.requires_grad_(False)
    return tuple(losses)
