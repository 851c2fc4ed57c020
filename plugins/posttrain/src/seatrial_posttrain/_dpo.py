"""The adapter `posttrain.dpo`."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch
from attrs import frozen

from seatrial import Preference, derive
from seatrial.errors import PlanError
from seatrial.protocols import Adapt, Work

from ._alarms import warn_of_pairs, warn_of_training
from ._copies import LoRA, copied, plain_again, trainable_copy
from ._losses import check_loss, preference_loss
from ._pairs import Pair, pairs_of
from ._parameters import parameters_of
from ._processes import processes_for
from ._reference import reference_log_probabilities
from ._rows import log_probabilities
from ._schedule import Schedule
from ._training import train
from ._tuned import Tuned, tuned

__all__ = ["dpo"]


def dpo(
    *,
    kind: str = "sigmoid",
    beta: float = 0.1,
    label_smoothing: float = 0.0,
    nll_weight: float = 1.0,
    rank: int = 16,
    alpha: float | None = None,
    dropout: float = 0.0,
    learning_rate: float | None = None,
    epochs: int = 1,
    batch_size: int = 8,
    warmup: float = 0.1,
    weight_decay: float = 0.0,
    max_grad_norm: float = 1.0,
    checkpoint_every: int = 50,
    gradient_checkpointing: bool = False,
    cache: str | None = None,
) -> Adapt:
    """Align a model on preferences; the reference is the model that is handed over.

    - `kind`, `beta`, `label_smoothing`, `nll_weight`: as in `preference_loss`.
    - `rank`, `alpha`, `dropout`: of LoRA; `alpha` is by default twice the rank, and rank 0 trains
      all weights.
    - `learning_rate`: by default 5e-5 with LoRA and 5e-7 without; it rises over the fraction
      `warmup` of the steps, and falls to 0.
    - `checkpoint_every`: steps, which is what an interrupted repair with a directory may lose.
    - `gradient_checkpointing`: keep no activations within a layer and compute them again on the way
      back: less memory, a third more time, the same numbers.
    - `cache`: a folder for the reference's log-probabilities; by default they are kept with the
      checkpoints.

    Under `accelerate launch` the processes train one model together, and `batch_size` counts the
    pairs of all of them. Raises `ParameterError` for parameters that make no sense.
    """
    with parameters_of("posttrain.dpo"):
        check_loss(beta, kind, label_smoothing, nll_weight)
        default = 5e-5 if rank else 5e-7
        schedule = Schedule(
            learning_rate=default if learning_rate is None else learning_rate,
            epochs=epochs,
            batch_size=batch_size,
            warmup=warmup,
            weight_decay=weight_decay,
            max_grad_norm=max_grad_norm,
            checkpoint_every=checkpoint_every,
        )
        lora = LoRA(rank=rank, alpha=2 * rank if alpha is None else alpha, dropout=dropout)
    loss = {
        "beta": beta,
        "kind": kind,
        "label_smoothing": label_smoothing,
        "nll_weight": nll_weight,
    }
    place = None if cache is None else Path(cache).expanduser()

    def adapt(model: Any, examples: Sequence[Any], /, *, seed: int, work: Work) -> Tuned:
        how = _How(loss, schedule, lora, gradient_checkpointing, place)
        return _aligned(model, examples, how, seed, work)

    return adapt


@frozen(eq=False)
class _How:
    loss: dict[str, Any]
    schedule: Schedule
    lora: LoRA
    recompute: bool
    cache: Path | None


@frozen(eq=False)
class _Pairs:
    module: Any
    pairs: list[Pair]
    reference: list[tuple[float, float]]
    how: dict[str, Any]
    shares: bool

    def loss(self, place: int) -> tuple[Any, dict[str, float]]:
        pair = self.pairs[place]
        both = log_probabilities(self.module, pair, shares=self.shares)
        if not torch.isfinite(torch.stack(both)).all():
            return torch.tensor(torch.nan), {}
        fixed = [both[0].new_tensor([one]) for one in self.reference[place]]
        tokens = [len(pair.chosen)] if self.how["kind"] == "sigmoid_nll" else None
        value = preference_loss(
            *(one[None] for one in both), *fixed, **self.how, chosen_tokens=tokens
        )[0]
        beta = self.how["beta"]
        shifts = [
            float(one.detach()) - kept
            for one, kept in zip(both, self.reference[place], strict=True)
        ]
        margin = beta * (shifts[0] - shifts[1])
        return value, {
            "loss": float(value.detach()),
            "accuracy": float(margin > 0),
            "margin": margin,
            "chosen_reward": beta * shifts[0],
            "rejected_reward": beta * shifts[1],
            "chosen_shift": shifts[0],
            "gradient": float(torch.sigmoid(torch.tensor(-margin))),
        }


def _aligned(model: Any, examples: Sequence[Preference], how: _How, seed: int, work: Work) -> Tuned:
    if not len(examples):
        msg = "there is no preference to learn from"
        raise PlanError(msg)
    trainable = model.trainable
    pairs = pairs_of(trainable, examples)
    warn_of_pairs(pairs)
    processes = processes_for(trainable.module, work)
    copy = processes.placed(copied(trainable.module))
    place = how.cache or (None if work.directory is None else work.directory / "reference")
    shares = processes.told(trainable.shares(max(one.tokens for one in pairs)))
    reference = reference_log_probabilities(
        copy, pairs, shares=shares, cache=place, processes=processes
    )
    make = partial(
        trainable_copy, lora=how.lora, seed=derive(seed, "lora"), recompute=how.recompute
    )
    module, finished = make(copy)
    data = _Pairs(module, pairs, reference, how.loss, shares)
    training = train(
        module,
        data.loss,
        examples=len(pairs),
        schedule=how.schedule,
        seed=seed,
        work=work,
        processes=processes,
    )
    warn_of_training(training)
    manifest = {
        "adapter": "posttrain.dpo",
        "pairs": len(pairs),
        "chosen_tokens": sum(len(one.chosen) for one in pairs),
        "rejected_tokens": sum(len(one.rejected) for one in pairs),
    }
    plain = plain_again(module, finished, lambda: make(copied(trainable.module)), processes)
    return tuned(trainable, plain, training, manifest, processes)
