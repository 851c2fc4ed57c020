"""Gradient descent for the adapters that autograd serves well."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from attrs import define, field
from torch.nn.functional import cross_entropy

from seatrial import derive

from ._kernel import Tensor
from ._steps import Rule
from ._support import Support
from ._training import cosine

__all__ = ["Held", "Kept", "descend", "order_of", "standing", "warmed"]

WARM = 1e-5

Held = tuple[Tensor, Tensor]
"""Features and places of classes of images that are held out to choose on."""


def standing(logits: Tensor, labels: Tensor) -> tuple[int, float]:
    """Say how well logits [queries, classes] do: right answers, then minus the cross-entropy.

    On a few held-out images most settings give as many right answers as others do. Logits that are
    not finite, where the training diverged, do worse than all others.
    """
    if not bool(logits.isfinite().all()):
        return -1, 0.0
    right = int((logits.argmax(1) == labels).sum())
    return right, -float(cross_entropy(logits, labels))


@define
class Kept:
    """The parameters of the epoch that does best on held-out images; the last, where none are."""

    held: Held | None
    _best: tuple[int, float] | None = field(default=None, init=False)
    _parameters: list[Tensor] = field(factory=list, init=False)

    def look(self, logits: Callable[[Tensor], Tensor], parameters: Sequence[Tensor]) -> None:
        """Keep the parameters if they do better than those of every epoch before."""
        if self.held is None:
            return
        with torch.no_grad():
            now = standing(logits(self.held[0]), self.held[1])
            if self._best is None or now > self._best:
                self._best, self._parameters = now, [one.clone() for one in parameters]

    def restore(self, parameters: Sequence[Tensor]) -> None:
        """Put back what was kept."""
        with torch.no_grad():
            for one, kept in zip(parameters, self._parameters or parameters, strict=True):
                one.copy_(kept)


def order_of(seed: int, rows: int, device: str) -> Callable[[int], Tensor]:
    """Give the order of the rows in each epoch."""

    def order(epoch: int) -> Tensor:
        drawn = np.random.default_rng(derive(seed, "seatrial_simnl", "order", epoch))
        return torch.from_numpy(drawn.permutation(rows)).to(device)

    return order


def warmed(epoch: int, epochs: int) -> float | None:
    """Give the fraction of the rate in an epoch: a first epoch at 1e-5 (None), then the cosine.

    The cosine starts where the warm-up ends, and keeps its whole length, so that its last epoch is
    never reached: so does Dassl, on which the references of TaskRes and CLAP are built.
    """
    return None if epoch == 0 else cosine(epoch - 1, epochs)


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
    logits: Callable[[Tensor], Tensor],
    held: Held | None,
) -> tuple[float, ...]:
    """Change the parameters in place; give the mean loss of each epoch.

    The rate is annealed by cosine after each step, or (`by_step` False) after each epoch with a
    first epoch at 1e-5. With `held`, the epoch stays whose `logits` do best on it.
    """
    kept = Kept(held)
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
        kept.look(logits, parameters)
    for parameter in parameters:
        parameter.requires_grad_(False)
    kept.restore(parameters)
    return tuple(losses)
