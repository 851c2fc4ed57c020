"""What makes one vector of the activations of a prompt's tokens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

__all__ = ["pooled"]

TEMPERATURE = 5.0
WINDOW = 40  # tokens


def pooled(rows: Any, lengths: Any, questions: Any, names: Sequence[str]) -> Any:
    """Pool float32 [prompts, tokens, width] to [poolings, prompts, width].

    A prompt that is shorter than the longest is filled up with copies of its last token; `lengths`
    and `questions` (the place of the question's last token) are integer tensors [prompts]. Rows are
    only read: they may be the very ones that go on through the model.
    """
    prompts, tokens, _ = rows.shape
    each = torch.arange(prompts, device=rows.device)
    real = torch.arange(tokens, device=rows.device) < lengths[:, None]
    weights = real.to(rows.dtype)[:, None]
    kinds = set(names)
    found: dict[str, Any] = {}
    if "last" in kinds:
        found["last"] = rows[each, lengths - 1]
    if "question" in kinds:
        found["question"] = rows[each, questions]
    if kinds & {"mean", "rolling"}:
        found["mean"] = (weights @ rows)[:, 0] / lengths[:, None]
    if kinds & {"max", "softmax"}:
        found["max"] = rows.amax(1)
    if "softmax" in kinds:
        powers = (rows - found["max"][:, None]).mul_(1 / TEMPERATURE).exp_()
        whole = (weights @ powers)[:, 0]
        found["softmax"] = (weights @ powers.mul_(rows))[:, 0] / whole
    if "rolling" in kinds:
        found["rolling"] = _rolling(rows, lengths, found["mean"])
    return torch.stack([found[name] for name in names])


def _rolling(rows: Any, lengths: Any, mean: Any) -> Any:
    """Give the greatest mean over a window; sums of 2, 4, 8 … tokens make up those of a window.

    A running total would be faster and lose the digits of small dimensions beside large ones.
    """
    tokens = rows.shape[1]
    if tokens < WINDOW:
        return mean
    windows = tokens - WINDOW + 1
    total, power, width, taken = None, rows, 1, 0
    while width <= WINDOW:
        if WINDOW & width:
            part = power[:, taken : taken + windows]
            total = part if total is None else total + part
            taken += width
        width *= 2
        if width <= WINDOW:
            power = power[:, : -width // 2] + power[:, width // 2 :]
    assert total is not None  # noqa: S101 - a window holds a token
    starts = torch.arange(windows, device=rows.device)
    outside = starts > (lengths - WINDOW).clamp(min=0)[:, None]
    greatest = total.masked_fill(outside[..., None], -torch.inf).amax(1) / WINDOW
    return torch.where((lengths < WINDOW)[:, None], mean, greatest)
