"""Learned classifiers on unit features: what remains of an adapter after its training."""

from __future__ import annotations

import torch
from attrs import frozen

from ._kernel import Tensor

__all__ = ["Bottleneck", "Cached", "Linear", "directions"]

BLOCK = 1 << 22
"""How many similarities are computed at once when a classifier answers."""


def directions(rows: Tensor) -> Tensor:
    """Bring every row to unit norm."""
    found: Tensor = rows / rows.norm(dim=-1, keepdim=True)
    return found


@frozen(eq=False)
class Linear:
    """`f.w`, with weights [classes, width] that carry the scale."""

    weight: Tensor

    def logits(self, features: Tensor) -> Tensor:
        """Give [queries, classes]."""
        return features @ self.weight.T

    def evidence(self, features: Tensor) -> dict[str, Tensor]:
        """Give the evidence for each class."""
        return {"positive": self.logits(features)}


@frozen(eq=False)
class Cached:
    """`f.w + alpha sum_a exp(-beta (1 - f.k_a)) v_a` on some channels (Tip-Adapter, APE).

    `keys` [rows, channels] speak for the classes `label` by `values` [rows], which `divergence`
    [rows] sharpens by `exp(gamma divergence)`; `channels` are the places of the keys' channels, on
    which features are brought to unit norm.
    """

    text: Tensor
    keys: Tensor
    label: Tensor
    values: Tensor
    divergence: Tensor
    channels: Tensor
    alpha: float
    beta: float
    gamma: float = 0.0

    def logits(self, features: Tensor) -> Tensor:
        """Give [queries, classes]."""
        step = max(1, BLOCK // len(self.keys))
        found = [
            self.parts(self.seen(some), beta=self.beta, gamma=self.gamma)
            for some in features.split(step)
        ]
        parts = torch.cat(found, 1)
        return parts[0] + self.alpha * parts[1]

    def seen(self, features: Tensor, /) -> tuple[Tensor, ...]:
        """Give what no hyper-parameter changes: texts, and similarities of the keys."""
        refined = features
        if len(self.channels) < features.shape[1]:
            refined = directions(features[:, self.channels])
        return features @ self.text.T, self.keys @ refined.T

    def parts(self, seen: tuple[Tensor, ...], /, *, beta: float, gamma: float = 0.0) -> Tensor:
        """Give texts and votes, [2, queries, classes]."""
        text, near = seen
        worth = self.values * (gamma * self.divergence).exp()
        affinity = ((near - 1) * beta).exp() * worth[:, None]
        votes = affinity.new_zeros(text.T.shape).index_add(0, self.label, affinity)
        return torch.stack([text, votes.T])

    @staticmethod
    def mix(*, alpha: float) -> tuple[float, float]:
        """Give the weights of texts and votes."""
        return 1.0, alpha

    def evidence(self, features: Tensor) -> dict[str, Tensor]:
        """Give the evidence for each class."""
        return {"positive": self.logits(features)}


@frozen(eq=False)
class Bottleneck:
    """A small network before the texts: `unit(ratio A(f) + (1 - ratio) f).w` (CLIP-Adapter)."""

    down: Tensor
    up: Tensor
    text: Tensor
    ratio: float

    def logits(self, features: Tensor) -> Tensor:
        """Give [queries, classes]."""
        inner = (features @ self.down.T).relu() @ self.up.T
        return directions(self.ratio * inner.relu() + (1 - self.ratio) * features) @ self.text.T

    def evidence(self, features: Tensor) -> dict[str, Tensor]:
        """Give the evidence for each class."""
        return {"positive": self.logits(features)}
