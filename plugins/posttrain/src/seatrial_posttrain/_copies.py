"""A copy of a module to train, in full or by LoRA, and what becomes of it."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from functools import partial
from typing import Any

from attrs import field, frozen
from attrs.validators import ge, instance_of, lt

from seatrial import seeded
from seatrial.errors import ModelError, ParameterError

from ._processes import Processes

__all__ = ["LoRA", "copied", "plain_again", "trainable_copy"]


@frozen(kw_only=True)
class LoRA:
    """Low-rank adapters on every linear layer but the head; rank 0 trains all weights instead."""

    rank: int = field(validator=[instance_of(int), ge(0)])
    alpha: float = field(converter=float, validator=ge(0))
    dropout: float = field(converter=float, validator=[ge(0), lt(1)])

    def __attrs_post_init__(self) -> None:
        if self.dropout and not self.rank:
            msg = "dropout is that of LoRA: give a rank, or leave dropout at 0"
            raise ParameterError(msg)


def copied(module: Any) -> Any:
    """Copy a module, in float32 and evaluation mode, with no parameter to train."""
    return deepcopy(module).float().eval().requires_grad_(False)


def trainable_copy(
    copy: Any, lora: LoRA, *, seed: int, recompute: bool = False
) -> tuple[Any, Callable[[], Any]]:
    """Make a copy ready to train, and give it with what makes a plain model of it at the end.

    The model's own dropout stays off, so that the first step compares equal models; that of LoRA
    acts on what is zero at first. `recompute` keeps no activations within a layer.
    """
    merge = _adapted(copy, lora, seed)
    layers = _recomputed(copy) if recompute else []

    def finished() -> Any:
        for layer in layers:
            del layer.forward
        return merge()

    return copy, finished


def plain_again(
    module: Any,
    finished: Callable[[], Any],
    again: Callable[[], tuple[Any, Callable[[], Any]]],
    processes: Processes,
) -> Any:
    """Make a plain model of a trained copy in the main process, and give None in the others.

    Where the copy is sharded, its shards are put into the copy that `again` makes.
    """
    if processes.shards:
        state = {}
        for name, one in module.state_dict().items():
            whole = processes.whole(one)
            if processes.main:
                state[name] = whole.cpu()
        if processes.main:
            module, finished = again()
            module.load_state_dict(state)
    return finished() if processes.main else None


def _recomputed(copy: Any) -> list[Any]:
    """Make each layer keep its input alone, and compute the rest again on the way back.

    transformers' own switch acts only in training mode, which would set dropout off its rails: here
    the generator's state is kept with the input, so the same elements are dropped again.
    """
    from torch.utils.checkpoint import checkpoint
    from transformers.modeling_layers import GradientCheckpointingLayer

    layers = [one for one in copy.modules() if isinstance(one, GradientCheckpointingLayer)]
    if not layers:
        msg = (
            f"{type(copy).__name__} has no layers that can be computed again: leave "
            "gradient_checkpointing out"
        )
        raise ModelError(msg)
    for layer in layers:
        layer.forward = partial(checkpoint, layer.forward, use_reentrant=False)
    return layers


def _adapted(copy: Any, lora: LoRA, seed: int) -> Callable[[], Any]:
    if not lora.rank:
        copy.requires_grad_(True)
        return lambda: copy
    from peft import LoraConfig, LoraModel
    from torch.nn import Dropout

    config = LoraConfig(
        r=lora.rank,
        lora_alpha=lora.alpha,  # type: ignore[arg-type]
        lora_dropout=lora.dropout,
        target_modules="all-linear",
    )
    with seeded(seed):
        wrapped: Any = LoraModel(copy, config, "default")  # it changes the copy in place
    copy.eval()
    for name, part in copy.named_modules():
        if isinstance(part, Dropout) and ".lora_dropout." in name:
            part.train()
    return wrapped.merge_and_unload  # type: ignore[no-any-return]
