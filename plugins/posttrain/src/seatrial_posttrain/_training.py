"""The training loop: exact to resume, and the same whatever is done beside it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
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

SHOWN = ("loss", "margin", "chosen_reward", "rejected_reward")
"""What the progress shows, as far as it is told."""


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
    progress = partial(_show, work if processes.main else None, total, history)
    progress(start)
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
        progress(done)
    return history


def _trained(module: Any) -> dict[str, Any]:
    return {name: one for name, one in module.named_parameters() if one.requires_grad}


def _show(work: Work | None, total: int, history: list[dict[str, float]], done: int, /) -> None:
    """Tell how far the main process is, and the figures of its last step."""
    if work is not None:
        last = history[-1] if history else {}
        work.progress(done, total, **{name: last[name] for name in SHOWN if name in last})


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
