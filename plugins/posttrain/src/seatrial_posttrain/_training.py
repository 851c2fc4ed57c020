"""The training loop: exact to resume, and the same whatever is done beside it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from seatrial import derive, seeded
from seatrial.errors import ModelError
from seatrial.protocols import Work

from ._checkpoint import Checkpoint
from ._processes import Processes
from ._schedule import Schedule

__all__ = ["train"]

Loss = Callable[[int], tuple[Any, dict[str, float]]]
"""Gives an example's loss, and what of it is to be told."""


def train(
    module: Any,
    loss: Loss,
    *,
    examples: int,
    schedule: Schedule,
    seed: int,
    work: Work,
    processes: Processes,
) -> list[dict[str, float]]:
    """Train what requires a gradient, in place, and give for each step the means of what is told.

    Every step draws from a generator seeded with its number, so dropout is the same after an
    interruption. Raises `ModelError` before a step whose loss or gradient is not finite; the last
    checkpoint stays.
    """
    optimizer = _optimizer(_trained(module), schedule)
    processes.sharded(module, optimizer)
    parameters = _trained(module)
    folder = work.directory
    file = None if folder is None else folder / "checkpoint.safetensors"
    checkpoint = Checkpoint(file, processes)
    start, history = checkpoint.read(parameters, optimizer)
    total = schedule.steps(examples)
    progress = work.progress if processes.main else _silent
    progress(start, total)
    for step in range(start, total):
        for group in optimizer.param_groups:
            group["lr"] = schedule.rate(step, total)
        batch = schedule.batch(step, examples, seed)
        told: dict[int, dict[str, float]] = {}
        with seeded(derive(seed, "step", step, *processes.seeds)):
            for one, weight in processes.part(batch):
                found = _backward(loss, one, weight, len(batch), step)
                told |= {one: found} if weight else {}
        told = processes.joined(told)
        processes.sum_gradients(parameters)
        norm = torch.nn.utils.clip_grad_norm_(list(parameters.values()), schedule.max_grad_norm)
        if not torch.isfinite(processes.whole(norm)):
            _stop("gradient", step)
        optimizer.step()
        optimizer.zero_grad()
        history.append({name: _mean([told[one][name] for one in batch]) for name in told[batch[0]]})
        done = step + 1
        if done == total or done % schedule.checkpoint_every == 0:
            checkpoint.write(done, parameters, optimizer, history)
        progress(done, total)
    return history


def _trained(module: Any) -> dict[str, Any]:
    return {name: one for name, one in module.named_parameters() if one.requires_grad}


def _silent(_: int, __: int, /) -> None:
    """Tell nothing: the main process does."""


def _backward(loss: Loss, example: int, weight: float, batch: int, step: int) -> dict[str, float]:
    value, told = loss(example)
    if not torch.isfinite(value):
        _stop("loss", step)
    (value * weight / batch).backward()
    return told


def _stop(what: str, step: int) -> None:
    msg = (
        f"the {what} is not finite at step {step}: lower learning_rate; a repair with a directory "
        "keeps its last checkpoint"
    )
    raise ModelError(msg)


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)


def _optimizer(parameters: dict[str, Any], schedule: Schedule) -> Any:
    """Give AdamW, which decays matrices and neither biases nor norms."""
    matrices = [one for one in parameters.values() if one.dim() > 1]
    rest = [one for one in parameters.values() if one.dim() <= 1]
    groups = [
        {"params": matrices, "weight_decay": schedule.weight_decay},
        {"params": rest, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW([one for one in groups if one["params"]], lr=schedule.learning_rate)
