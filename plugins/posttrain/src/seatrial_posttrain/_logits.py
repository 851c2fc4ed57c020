"""Log-likelihoods of tokens, with logits only where one is asked for, and not too many at once.

The logits of a row are its largest array by far: 512 positions of a vocabulary of 128,000 words
take 250 MiB, and their gradient as much again. A row that asks for more than `LOGITS` of them has
them computed in chunks, and each chunk once more on the way back.
"""

from __future__ import annotations

from collections.abc import Sequence
from inspect import signature
from typing import Any

import torch
from torch.utils.checkpoint import checkpoint

__all__ = ["LOGITS", "log_likelihoods"]

LOGITS = 2**25  # at once: 128 MiB in float32


def log_likelihoods(
    module: Any, ids: Sequence[int], places: Sequence[int], targets: Sequence[int], **more: Any
) -> Any:
    """Run one row, and give the log-probability of each target at its place, in float64."""
    device = module.device
    row = torch.tensor([ids], device=device)
    wanted = torch.tensor(places, dtype=torch.long, device=device)
    tokens = torch.tensor(targets, dtype=torch.long, device=device)
    chooses = "logits_to_keep" in signature(module.forward).parameters
    most = max(1, LOGITS // module.config.get_text_config().vocab_size)
    if chooses and len(places) > most and not _sharded(module):
        found = _in_chunks(module, row, wanted, tokens, most, more)
        if found is not None:
            return found
    if chooses:
        more["logits_to_keep"] = wanted
    logits = module(input_ids=row, use_cache=False, **more).logits[0]
    return _scored(logits if len(logits) == len(wanted) and chooses else logits[wanted], tokens)


def _sharded(module: Any) -> bool:
    """Say whether the head has its weights only while the whole model runs."""
    from torch.distributed.fsdp import FSDPModule

    return isinstance(module, FSDPModule)


def _in_chunks(
    module: Any, row: Any, wanted: Any, tokens: Any, most: int, more: dict[str, Any]
) -> Any | None:
    """Apply the head to a chunk of places at a time; None where logits are more than the head's.

    Some models scale or cap what their head gives. The last position tells.
    """
    seen: list[Any] = []
    head = module.get_output_embeddings()
    with head.register_forward_hook(lambda _, given, __: seen.append(given[0])):
        only = wanted.new_tensor([0])  # any: the body's states are what is needed
        states: list[Any] = []
        with module.base_model.register_forward_hook(
            lambda _, __, found: states.append(found.last_hidden_state)
        ):
            last = module(input_ids=row, use_cache=False, logits_to_keep=only, **more).logits
    if len(seen) != 1 or len(states) != 1 or not torch.equal(seen[0], states[0][:, only]):
        return None
    if not torch.equal(last, head(seen[0])):
        return None
    hidden = states[0][0, wanted]
    return torch.cat(
        [
            checkpoint(
                lambda states, tokens: _scored(head(states), tokens),
                hidden[start : start + most],
                tokens[start : start + most],
                use_reentrant=False,
            )
            for start in range(0, len(wanted), most)
        ]
    )


def _scored(logits: Any, tokens: Any) -> Any:
    logits = logits.float()
    return logits.gather(1, tokens[:, None])[:, 0].double() - logits.logsumexp(-1).double()
