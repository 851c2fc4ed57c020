"""Fine-tune a copy of a PyTorch model on clean and perturbed cases mixed."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from seatrial import Case, Outcome, derive, seeded
from seatrial.errors import ModelError, ParameterError
from seatrial.kit import cluster_of
from seatrial.protocols import Work
from seatrial.statistics import held_out as hold_out

from ._checkpoint import Checkpoint
from ._retrained import Retrained, copy_of

__all__ = ["retrain"]

WARM_UP = 0.2
"""The part of the steps in which the learning rate rises; then it falls along a cosine."""
FEWEST = 2
"""Training loss needs one cluster on each side of the split."""

Pair = tuple[Any, Any]


def retrain(
    *,
    epochs: int = 20,
    batch: int = 8,
    learning_rate: float = 1e-3,
    weight_decay: float = 0.01,
    held_out: float = 0.2,
    patience: int = 5,
) -> Callable[..., Retrained]:
    """Make the adapter: AdamW on a copy, and the weights of the epoch with the lowest loss.

    That loss is measured on whole clusters, the fraction `held_out` of them, which are not trained
    on; training stops when it has not fallen for `patience` epochs. With `held_out` 0, or one
    cluster alone, all epochs are trained and the last weights are kept.
    """
    for name, value in (("epochs", epochs), ("batch", batch), ("patience", patience)):
        if value < 1:
            msg = f"retrain.torch: {name} must be a whole number from 1 up, got {value}"
            raise ParameterError(msg)
    if not 0 <= held_out < 1:
        msg = f"retrain.torch: held_out is a fraction below 1, got {held_out}"
        raise ParameterError(msg)

    def adapt(
        model: Any, examples: Sequence[Case | Outcome], /, *, seed: int, work: Work
    ) -> Retrained:
        import torch

        learner = copy_of(model)
        training, test = _split(examples, held_out, seed)
        optimizer = torch.optim.AdamW(
            learner.module.parameters(), lr=learning_rate, weight_decay=weight_decay
        )
        kept = Checkpoint(work.directory, learner.module, optimizer)
        at = kept.read()
        steps = epochs * math.ceil(len(training) / batch)
        while at.epoch < epochs and at.hopeful(patience):
            with seeded(derive(seed, "epoch", at.epoch)):
                _train(learner, optimizer, training, batch, learning_rate, at.epoch, steps)
                loss = _loss(learner, test, batch) if test else -at.epoch
            at = kept.after(at, loss)
            work.progress(at.epoch, epochs, **({"test_loss": loss} if test else {}))
        kept.take_best()
        learner.module.eval()
        return Retrained(learner)

    return adapt


def _split(
    examples: Sequence[Case | Outcome], fraction: float, seed: int
) -> tuple[list[Pair], list[Pair]]:
    """Hold out some clusters: neither a clean nor a perturbed input of theirs is trained on."""
    cases = [one.case if isinstance(one, Outcome) else one for one in examples]
    pairs = [(one.input, case.target) for one, case in zip(examples, cases, strict=True)]
    clusters = [cluster_of(case) for case in cases]
    if not fraction or len(set(clusters)) < FEWEST / fraction:
        return pairs, []
    out = hold_out(
        [""] * len(cases), np.array(clusters, dtype=object), fraction=fraction, seed=seed
    )
    training = [pair for pair, other in zip(pairs, out.tolist(), strict=True) if not other]
    return training, [pair for pair, other in zip(pairs, out.tolist(), strict=True) if other]


def _train(
    learner: Any,
    optimizer: Any,
    pairs: Sequence[Pair],
    batch: int,
    highest: float,
    epoch: int,
    steps: int,
) -> None:
    import torch

    learner.module.train()
    order = torch.randperm(len(pairs)).tolist()
    each = math.ceil(len(pairs) / batch)
    for at in range(each):
        for group in optimizer.param_groups:
            group["lr"] = highest * _rate((epoch * each + at + 1) / steps)
        some = [pairs[one] for one in order[at::each]]
        loss = learner.training_loss(*map(list, zip(*some, strict=True)))
        if not torch.isfinite(loss):
            msg = f"the training loss is {loss.item()} in epoch {epoch + 1}: lower learning_rate"
            raise ModelError(msg)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()


def _rate(done: float) -> float:
    """Give the learning rate, as a part of the highest, when this part of the steps is done."""
    if done < WARM_UP:
        return done / WARM_UP
    return (1 + math.cos(math.pi * (done - WARM_UP) / (1 - WARM_UP))) / 2


def _loss(learner: Any, pairs: Sequence[Pair], batch: int) -> float:
    import torch

    learner.module.eval()
    total = 0.0
    with torch.no_grad():
        for at in range(0, len(pairs), batch):
            some = pairs[at : at + batch]
            inputs, targets = map(list, zip(*some, strict=True))
            total += len(some) * learner.training_loss(inputs, targets).item()
    return total / len(pairs)
