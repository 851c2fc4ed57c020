"""The training loop that the attention probe and the small network share."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import torch
from attrs import frozen

from ._selection import Sample
from ._validation import area

__all__ = ["CHUNK", "Schedule", "trained"]

CHUNK: Final = 256
"""How many cases are scored at once when nothing is learnt from them."""

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
    labels = torch.tensor(sample.failed, dtype=torch.float32)
    train, kept = np.flatnonzero(~sample.kept), np.flatnonzero(sample.kept)
    generator = np.random.default_rng(seed)
    optimiser = torch.optim.AdamW(parameters, lr=schedule.rate, weight_decay=schedule.decay)
    falling = torch.optim.lr_scheduler.CosineAnnealingLR(
        optimiser, schedule.epochs, eta_min=schedule.last_rate
    )
    scores: list[Floats] = []
    best, best_area, best_values = 0, -1.0, [one.detach().clone() for one in parameters]
    for epoch in range(schedule.epochs):
        for places in _batches(generator.permutation(train), schedule.batch):
            optimiser.zero_grad()
            loss = torch.nn.functional.binary_cross_entropy_with_logits(
                logits(places), labels[places].to(parameters[0].device)
            )
            torch.autograd.backward(loss)
            torch.nn.utils.clip_grad_norm_(parameters, schedule.clip)
            optimiser.step()
        falling.step()
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
    """Score the cases at some places, with nothing learnt."""
    with torch.no_grad():
        found = [logits(some).cpu().numpy() for some in _batches(places, CHUNK)]
    return np.concatenate(found).astype(np.float64)


def _batches(places: Any, size: int) -> Iterator[Any]:
    for start in range(0, len(places), size):
        yield places[start : start + size]
