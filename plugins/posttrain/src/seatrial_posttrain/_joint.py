"""The adapter `posttrain.joint`."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from seatrial import derive
from seatrial.errors import ParameterError, PlanError
from seatrial.protocols import Adapt, Work

from ._copies import LoRA, copied, plain_again, trainable_copy
from ._mixture import mixed, named_mixture, proportions
from ._packing import packed, row_loss
from ._parameters import parameters_of
from ._processes import processes_for
from ._schedule import Schedule
from ._sequences import sequences_of
from ._training import train
from ._tuned import Tuned, tuned

__all__ = ["joint"]

LEAST = 2  # tokens of a row: one to predict the other
USUAL = 512  # tokens of a row, where the model takes so many


def joint(
    *,
    mixture: Mapping[str, float] | str | None = None,
    by: str = "tokens",
    group: str | None = None,
    row_tokens: int | None = None,
    rank: int = 0,
    alpha: float | None = None,
    dropout: float = 0.0,
    learning_rate: float | None = None,
    epochs: int = 1,
    batch_size: int = 8,
    warmup: float = 0.1,
    weight_decay: float = 0.1,
    max_grad_norm: float = 1.0,
    checkpoint_every: int = 50,
    gradient_checkpointing: bool = False,
) -> Adapt:
    """Train on documents and instructions in one stream.

    A case without a target whose input is a text is a document (part "cpt"): all its tokens are
    trained on. A case with a target, or a whole conversation, is an instruction (part "it"): only
    what the assistant says is.

    - `mixture`: the fraction of each part, by tokens or by cases as `by` says; with `group`, a part
      is "cpt/finance" for a case whose group of that name is "finance". None takes everything.
      "findap" is the paper's down-sampling of documents to as many as there are instructions:
      `{"cpt": 0.5, "it": 0.5}` by cases.
    - `row_tokens`: the length of a row (512, or what the model takes), into which sequences are
      packed without seeing each other; longer documents are cut into chunks, longer instructions
      refused.
    - `rank`, `alpha`, `dropout`: of LoRA; rank 0 trains all weights, as FinDAP found better here.
    - The rest is as in `posttrain.dpo`; `batch_size` counts rows. The default rate is 5e-6, and
      1e-4 with LoRA.

    Raises `ParameterError` for parameters that make no sense.
    """
    given: Any = row_tokens
    if given is not None and (not isinstance(given, int) or given < LEAST):
        msg = f"row_tokens must be a whole number of at least {LEAST}, not {row_tokens!r}"
        raise ParameterError(msg)
    with parameters_of("posttrain.joint"):
        mixture, by = named_mixture(mixture, by)
        default = 1e-4 if rank else 5e-6
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

    def adapt(model: Any, examples: Sequence[Any], /, *, seed: int, work: Work) -> Tuned:
        trainable = model.trainable
        window = trainable.window or math.inf
        most = int(min(USUAL, window)) if row_tokens is None else row_tokens
        if most > window:
            msg = f"row_tokens is {most}, and the model takes {window}"
            raise PlanError(msg)
        read = [sequences_of(trainable, one, group=group, most=most) for one in examples]
        sequences = mixed(read, mixture, by=by, seed=seed)
        rows = [[one] for one in sequences]
        processes = processes_for(trainable.module, work)
        if processes.told(trainable.shares(max(len(one.ids) for one in sequences))):
            rows = packed(sequences, most=most, seed=seed)
        targets = sum(one.targets for one in sequences)
        if not targets:
            msg = "nothing is left to train on: every case is of one token"
            raise PlanError(msg)
        weight = len(rows) / targets
        make = partial(
            trainable_copy, lora=lora, seed=derive(seed, "lora"), recompute=gradient_checkpointing
        )
        module, finished = make(processes.placed(copied(trainable.module)))

        def loss(place: int) -> tuple[Any, dict[str, float]]:
            # Over the mean row, not over each row's own tokens: every token counts the same.
            value = row_loss(module, rows[place]) * weight
            return value, {"loss": float(value.detach())}

        training = train(
            module,
            loss,
            examples=len(rows),
            schedule=schedule,
            seed=seed,
            work=work,
            processes=processes,
        )
        manifest = {
            "adapter": "posttrain.joint",
            "rows": len(rows),
            "row_tokens": most,
            "parts": proportions(sequences),
        }
        plain = plain_again(module, finished, lambda: make(copied(trainable.module)), processes)
        return tuned(trainable, plain, training, manifest, processes)

    return adapt
