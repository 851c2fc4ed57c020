"""The training loop that the attention probe and the small network share."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from math import cos, pi
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import torch
from attrs import frozen

from ._selection import Sample
from ._validation import area

__all__ = ["CHUNK", "Optimiser", "Schedule", "trained"]

CHUNK: Final = 256
"""How many cases are scored at once when they are not trained on."""

FIRST: Final = 0.9
SECOND: Final = 0.999

Floats = npt.NDArray[np.float64]


@frozen
class Schedule:
    """How long and how fast to learn; the rate falls along half a cosine."""

    epochs: int = 200
    patience: int = 50
    batch: int = 128
    rate: float = 5e-3
    last_rate: float = 5e-4
    decay: float = 1e-3
    clip: float = 1.0

    def rate_at(self, epoch: int) -> float:
        """Give the learning rate of an epoch, counted from 0."""
        factor = (1 + cos(pi * epoch / self.epochs)) / 2
        return self.last_rate + (self.rate - self.last_rate) * factor


class Optimiser:
    """AdamW with torch's own constants, without the seconds that importing `torch.optim` takes.

    Source: Loshchilov and Hutter, Decoupled Weight Decay Regularization (ICLR 2019), algorithm 2.
    """

    def __init__(self, parameters: Sequence[Any], decay: float) -> None:
        self.parameters, self.decay, self.steps = parameters, decay, 0
        self.means = [torch.zeros_like(one) for one in parameters]
        self.squares = [torch.zeros_like(one) for one in parameters]

    def step(self, gradients: Sequence[Any], rate: float, clip: float) -> None:
        """Take a step against the gradients, together no longer than `clip`."""
        self.steps += 1
        norm = float(sum(one.square().sum() for one in gradients)) ** 0.5
        shrink = min(1.0, clip / (norm + 1e-6))
        bias = 1 - FIRST**self.steps, 1 - SECOND**self.steps
        with torch.no_grad():
            for one, gradient, mean, square in zip(
                self.parameters, gradients, self.means, self.squares, strict=True
            ):
                mean.lerp_(gradient * shrink, 1 - FIRST)
                square.lerp_((gradient * shrink).square(), 1 - SECOND)
                one.mul_(1 - rate * self.decay)
                one.sub_(rate * (mean / bias[0]) / ((square / bias[1]).sqrt() + 1e-8))


def trained(
    parameters: Sequence[Any],
    logits: Callable[[npt.NDArray[np.intp]], Any],
    sample: Sample,
    schedule: Schedule,
    *,
    seed: int,
) -> tuple[Floats, int]:
    """Train the parameters in place and leave them as they were at the best epoch.

    `logits` scores the cases at some places. An epoch is as good as its AUROC on the validation
    part; equal ones go to the earlier. Gives the validation scores of every epoch
    [epochs, cases], which were all looked at, and which one is best.
    """
    labels = torch.tensor(sample.failed, dtype=torch.float32, device=parameters[0].device)
    train, kept = np.flatnonzero(~sample.kept), np.flatnonzero(sample.kept)
    generator = np.random.default_rng(seed)
    optimiser = Optimiser(parameters, schedule.decay)
    scores: list[Floats] = []
    best, best_area, best_values = 0, -1.0, [one.detach().clone() for one in parameters]
    for epoch in range(schedule.epochs):
        rate = schedule.rate_at(epoch)
        for places in _batches(generator.permutation(train), schedule.batch):
            loss = torch.nn.functional.binary_cross_entropy_with_logits(
                logits(places), labels[places]
            )
            optimiser.step(torch.autograd.grad(loss, parameters), rate, schedule.clip)
        scores.append(scored(logits, kept))
        reached = area(sample.failed[kept], scores[-1])
        if reached > best_area:
            best, best_area = epoch, reached
            best_values = [one.detach().clone() for one in parameters]
        if epoch - best >= schedule.patience:
            break
    with torch.no_grad():
        for one, value in zip(parameters, best_values, strict=True):
            one.copy_(value)
    return np.stack(scores), best


def scored(logits: Callable[[npt.NDArray[np.intp]], Any], places: Any) -> Floats:
    """Score the cases at some places, without training."""
    with torch.no_grad():
        found = [logits(some).cpu().numpy() for some in _batches(places, CHUNK)]
    return np.concatenate(found).astype(np.float64)


def _batches(places: Any, size: int) -> Iterator[Any]:
    for start in range(0, len(places), size):
        yield places[start : start + size]
