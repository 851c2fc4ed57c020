"""Trains a TopK autoencoder on activations, in a minute or two on a CPU."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt
import torch

from seatrial import derive
from seatrial.errors import ParameterError, PlanError

from ._autoencoder import Autoencoder
from ._threads import one_thread

__all__ = ["trained"]

AUXILIARY: Final = 1 / 32
RATE: Final = 3e-3
DECAY: Final = 0.2
MEDIAN_ROWS: Final = 4096
MEDIAN_STEPS: Final = 30
IDLE: Final = 20


@one_thread()
def trained(
    vectors: npt.NDArray[Any],
    *,
    expansion: float = 4,
    k: int = 32,
    steps: int = 400,
    batch: int = 512,
    rate: float = RATE,
    seed: int = 0,
) -> Autoencoder:
    """Fit an autoencoder to vectors [n, width], with `expansion` × width latents, `k` active.

    Vectors are scaled to a mean squared norm of their width. The decoder starts as random unit
    directions and the encoder as its transpose, the bias at the vectors' geometric median; after
    every step the directions are unit again. Latents that were idle for 20 batches learn from what
    the others leave over (weight 1/32). The rate falls to 0 over the last fifth of the steps.
    The same seed gives the same autoencoder, on one kind of processor.
    Source: Gao et al., Scaling and evaluating sparse autoencoders, 2024, sections 2.3, 2.4 and A.
    """
    count, width = vectors.shape
    latents = round(expansion * width)
    if not 1 <= k <= latents or steps < 1 or batch < 1:
        msg = (
            f"{k} active of {latents} latents, {steps} steps of {batch} vectors: each must be 1 or "
            "more, and k at most the number of latents"
        )
        raise ParameterError(msg)
    if not np.isfinite(vectors).all():
        msg = "the activations are not all finite: an autoencoder cannot learn from them"
        raise PlanError(msg)
    drawn = torch.Generator().manual_seed(derive(seed, "autoencoder"))
    norm = float(np.sqrt(np.square(vectors, dtype=np.float64).sum(axis=1).mean()))
    scale = width**0.5 / norm if norm > 0 else 1.0
    rows = torch.from_numpy(np.ascontiguousarray(vectors, dtype=np.float32)) * scale
    bias = _median(rows[torch.randperm(count, generator=drawn)[:MEDIAN_ROWS]])
    decoder = torch.nn.functional.normalize(torch.randn(latents, width, generator=drawn), dim=1)
    encoder, encoder_bias = decoder.T.clone(), torch.zeros(latents)
    weights: list[Any] = [encoder, encoder_bias, decoder, bias]
    for one in weights:
        one.requires_grad_(requires_grad=True)
    optimiser = torch.optim.Adam(weights, lr=rate, eps=6.25e-10)
    idle = torch.zeros(latents)
    for step in range(steps):
        factor = min(1.0, (steps - step) / (DECAY * steps))
        optimiser.param_groups[0]["lr"] = rate * factor
        x = rows[torch.randint(count, (min(batch, count),), generator=drawn)]
        scores = (x - bias) @ encoder + encoder_bias
        kept = _top(scores, k)
        error = x - (kept @ decoder + bias)
        loss = error.square().sum() / (x - x.mean(0)).square().sum().clamp(min=1e-12)
        idle = torch.where((kept > 0).any(0), 0, idle + 1)
        dead = idle >= IDLE
        if dead.any():
            loss = loss + AUXILIARY * _left_over(scores, dead, error.detach(), decoder, width // 2)
        optimiser.zero_grad()
        loss.backward()
        # What a direction would gain in length alone is lost again: let no momentum build on it.
        pull: Any = decoder.grad
        pull -= (pull * decoder.detach()).sum(1, keepdim=True) * decoder.detach()
        optimiser.step()
        with torch.no_grad():
            decoder /= decoder.norm(dim=1, keepdim=True)
    return Autoencoder(
        encoder=encoder.detach().numpy(),
        encoder_bias=encoder_bias.detach().numpy(),
        decoder=decoder.detach().numpy(),
        decoder_bias=bias.detach().numpy(),
        k=k,
        scale=scale,
    )


def _top(scores: Any, k: int) -> Any:
    values, places = scores.topk(k, dim=1)
    return torch.zeros_like(scores).scatter(1, places, values.relu())


def _left_over(scores: Any, dead: Any, error: Any, decoder: Any, most: int) -> Any:
    """Let idle latents explain the error of the others."""
    kept = _top(scores[:, dead], max(min(int(dead.sum()), most), 1))
    left = (error - kept @ decoder[dead]).square().sum()
    return left / (error - error.mean(0)).square().sum().clamp(min=1e-12)


def _median(rows: Any) -> Any:
    """Find the geometric median (Weiszfeld)."""
    middle = rows.mean(0)
    for _ in range(MEDIAN_STEPS):
        weights = 1 / (rows - middle).norm(dim=1, keepdim=True).clamp(min=1e-8)
        middle = (rows * weights).sum(0) / weights.sum()
    return middle
