"""What SimNL has learned: a positive and a negative classifier, and how they are mixed."""

from __future__ import annotations

import torch
from attrs import frozen

from ._kernel import Kernel, Tensor

__all__ = ["SCALE", "Mixture"]

SCALE = 100.0
BLOCK = 1 << 22
"""How many similarities are computed at once when a classifier answers."""


@frozen(eq=False)
class Mixture:
    """A learned classifier: texts and cached images for and against each class.

    The logits are `lam (100 f.T + alpha V) + (1 - lam) (100 neg_scale (1 - f.n) + alpha V')` with
    the votes `V` and `V'` of the positive and of the negative keys: linear in alpha and lam, and in
    neg_scale.
    """

    text: Tensor
    negative_text: Tensor
    positive: Kernel
    negative: Kernel
    neg_scale: float
    alpha: float
    beta: float
    lam: float

    def seen(self, features: Tensor, /) -> tuple[Tensor, ...]:
        """Give what no hyper-parameter changes: texts and similarities, for and against."""
        return (
            SCALE * (features @ self.text.T),
            self.positive.keys @ features.T,
            SCALE * (1 - features @ self.negative_text.T),
            self.negative.keys @ features.T,
        )

    def parts(self, seen: tuple[Tensor, ...], /, *, beta: float) -> Tensor:
        """Give what is mixed: text and votes for, text and votes against, [4, queries, classes]."""
        text, near, against, negative_near = seen
        return torch.stack(
            [
                text,
                self.positive.votes(self.positive.affinity(near, beta)).T,
                against,
                self.negative.votes(self.negative.affinity(negative_near, beta)).T,
            ]
        )

    def mix(self, *, alpha: float, lam: float, neg_scale: float | None = None) -> tuple[float, ...]:
        """Give the weight of each part."""
        scale = self.neg_scale if neg_scale is None else neg_scale
        return lam, lam * alpha, (1 - lam) * scale, (1 - lam) * alpha

    def logits(self, features: Tensor, /) -> Tensor:
        """Give [queries, classes]."""
        return sum(self.evidence(features).values(), torch.zeros(()))

    def evidence(self, features: Tensor, /) -> dict[str, Tensor]:
        """Give the part of the logits that is for each class, and that of the negative branch.

        Both add up to the logits: a class that the negative branch rules out gets little of it.
        """
        found = self._weighed(features, self.mix(alpha=self.alpha, lam=self.lam))
        return {"positive": found[0] + found[1], "negative": found[2] + found[3]}

    def against(self, features: Tensor, /) -> Tensor:
        """Give the logits N(f) of the negative classifier alone, [queries, classes].

        They are high where little is against a class.
        """
        return self._weighed(features, self.mix(alpha=self.alpha, lam=0.0))[2:].sum(0)

    def _weighed(self, features: Tensor, mix: tuple[float, ...]) -> Tensor:
        step = max(1, BLOCK // len(self.positive.keys))
        weights = torch.tensor(mix).to(features)
        pieces = [
            self.parts(self.seen(some), beta=self.beta) * weights[:, None, None]
            for some in features.split(step)
        ]
        return torch.cat(pieces, 1)
