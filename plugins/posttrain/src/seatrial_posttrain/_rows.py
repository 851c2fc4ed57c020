"""Log-probabilities of completions, with the prompt of a pair computed once.

A pair goes through the model as one row, [prompt | chosen | rejected]. The rejected completion
takes the positions that the chosen one has and attends to the prompt and itself alone, so both have
the log-probabilities of rows of their own. A pair is a row by itself: nothing is padded, and no
number depends on which pairs share a batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from ._logits import log_likelihoods
from ._pairs import Pair

__all__ = ["log_probabilities", "masked"]


def log_probabilities(module: Any, pair: Pair, *, shares: bool) -> tuple[Any, Any]:
    """Give the log-probability of the chosen and of the rejected completion, in float64.

    Where the model cannot hold two continuations of a prompt (`shares`), each has a row of its own.
    """
    if not shares:
        chosen, rejected = (
            _alone(module, pair.prompt, one) for one in (pair.chosen, pair.rejected)
        )
        return chosen, rejected
    start, first, second = len(pair.prompt), len(pair.chosen) - 1, len(pair.rejected) - 1
    ids = (*pair.prompt, *pair.chosen[:-1], *pair.rejected[:-1])  # a last token is never fed
    positions = [*range(start + first), *range(start, start + second)]
    size = len(ids)
    hidden = torch.ones(size, size, dtype=torch.bool).triu(1)
    hidden[start + first :, start : start + first] = True
    places = [*range(start - 1, start + first), start - 1, *range(start + first, size)]
    each = log_likelihoods(
        module, ids, places, (*pair.chosen, *pair.rejected), **masked(module, hidden, positions)
    )
    return each[: first + 1].sum(), each[first + 1 :].sum()


def _alone(module: Any, prompt: Sequence[int], completion: Sequence[int]) -> Any:
    ids = (*prompt, *completion[:-1])
    places = range(len(prompt) - 1, len(ids))
    return log_likelihoods(module, ids, places, completion).sum()


def masked(module: Any, hidden: Any, positions: Sequence[int]) -> dict[str, Any]:
    """Give the arguments by which each token of a row sees what is not hidden from it."""
    mask = torch.zeros(hidden.shape, dtype=module.dtype)
    mask.masked_fill_(hidden, torch.finfo(module.dtype).min)
    return {
        "position_ids": torch.tensor([positions], device=module.device),
        "attention_mask": mask[None, None].to(module.device),
    }
