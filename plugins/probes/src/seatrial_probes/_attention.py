"""A probe that learns which tokens to look at.

Each token x gets a score a = q·x / √d and a vote v = w·x + b; the log-odds of failure are the votes
weighted by the softmax of the scores. What a token adds is therefore known exactly.
Source: McKenzie et al., Detecting High-Stakes Interactions with Activation Probes (2025).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from attrs import frozen

from seatrial.errors import ModelError

from ._selection import Sample
from ._threads import one_thread
from ._training import CHUNK, Schedule, trained

__all__ = ["Attention", "fit_attention"]

Floats = npt.NDArray[np.float64]


@frozen(eq=False)
class Attention:
    """A fitted probe: `query` and `vote` [width] for tokens as they come, and `intercept`."""

    query: Any
    vote: Any
    intercept: Any

    def weights_and_votes(self, tokens: Sequence[Any]) -> tuple[Any, Any]:
        """Give each token's attention weight and its vote, padded: [cases, longest]."""
        lengths = np.array([len(one) for one in tokens])
        if not lengths.all():
            msg = f"case {int(np.argmin(lengths))} has no tokens to look at"
            raise ModelError(msg)
        flat = _flat(tokens).to(self.query.device)
        if flat.shape[1] != len(self.query):
            msg = (
                f"activations are {flat.shape[1]} wide, but the probe was fitted on "
                f"{len(self.query)}: give it the model that it was fitted on"
            )
            raise ModelError(msg)
        scores, votes = flat @ self.query, flat @ self.vote
        reach = np.arange(lengths.max())
        there = torch.tensor(reach < lengths[:, None], device=flat.device)
        starts = np.cumsum(lengths) - lengths
        places = starts[:, None] + np.minimum(reach, lengths[:, None] - 1)
        index = torch.tensor(places, device=flat.device)
        padded = (scores / len(self.query) ** 0.5)[index].masked_fill(~there, -torch.inf)
        return padded.softmax(dim=1), (votes[index] + self.intercept) * there

    def logits(self, tokens: Sequence[Any]) -> Any:
        """Give the log-odds of failure of each case."""
        attention, votes = self.weights_and_votes(tokens)
        return (attention * votes).sum(dim=1)

    @one_thread()
    def __call__(self, tokens: Sequence[Any]) -> Floats:
        """Score cases, each [tokens, width]."""
        with torch.no_grad():
            found = [
                self.logits(tokens[start : start + CHUNK]).cpu().numpy()
                for start in range(0, len(tokens), CHUNK)
            ]
        return np.concatenate(found).astype(np.float64)

    @one_thread()
    def contributions(self, tokens: Any) -> tuple[Floats, Floats]:
        """Give each token of one case its attention weight, and what it adds to the log-odds."""
        with torch.no_grad():
            attention, votes = self.weights_and_votes([tokens])
        weights = attention[0].cpu().numpy().astype(np.float64)
        return weights, weights * votes[0].cpu().numpy()


@one_thread()
def fit_attention(
    tokens: Sequence[Any],
    sample: Sample,
    *,
    seed: int,
    schedule: Schedule | None = None,
    device: str = "cpu",
) -> tuple[Attention, Floats, int]:
    """Fit one head to cases [tokens, width] each; give it, every epoch's scores, and the best one.

    Trained on tokens standardised over the training part. Query and vote begin at zero, which is
    the mean over tokens: only what helps is looked at more. For the scores see `trained`.
    """
    mean, deviation = _moments(
        [one for one, kept in zip(tokens, sample.kept, strict=True) if not kept]
    )
    scale = torch.tensor(1 / deviation, dtype=torch.float32, device=device)
    centre = torch.tensor(mean, dtype=torch.float32, device=device)
    query, vote = (torch.zeros(len(mean), device=device, requires_grad=True) for _ in range(2))
    intercept = torch.zeros((), device=device, requires_grad=True)
    ready = [torch.tensor(one) for one in tokens]

    def probe() -> Attention:
        # A shift of all tokens shifts every score alike, which the softmax does not see.
        return Attention(query * scale, vote * scale, intercept - (vote * scale) @ centre)

    scores, best = trained(
        [query, vote, intercept],
        lambda places: probe().logits([ready[place] for place in places]),
        sample,
        schedule or Schedule(),
        seed=seed,
    )
    fitted = probe()
    return (
        Attention(fitted.query.detach(), fitted.vote.detach(), fitted.intercept.detach()),
        scores,
        best,
    )


def _flat(tokens: Sequence[Any]) -> Any:
    """Lay all tokens below each other."""
    if isinstance(tokens[0], torch.Tensor):
        return torch.cat(list(tokens))
    return torch.tensor(np.concatenate(tokens))


def _moments(tokens: Sequence[Any]) -> tuple[Floats, Floats]:
    """Give mean and deviation of each dimension over all tokens; infinity where there is none."""
    count = sum(len(one) for one in tokens)
    mean = sum(one.sum(axis=0, dtype=np.float64) for one in tokens) / count
    square = sum(np.square(one - mean).sum(axis=0) for one in tokens) / count
    deviation = np.sqrt(square)
    return mean, np.where(deviation > np.abs(mean) * 1e-6, deviation, np.inf)
