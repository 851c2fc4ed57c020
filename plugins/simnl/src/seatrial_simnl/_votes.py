"""The votes of both branches over one batch, and their gradients, a few queries at a time.

Every value is needed again on the way back, so few enough queries are taken at once for all of them
to stay in a processor's cache.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from ._cache import Cache
from ._kernel import Tensor
from ._losses import complementary, cross_entropy
from ._mixture import SCALE
from ._switches import Switches

__all__ = ["Votes"]

VALUES = 1 << 18
"""How many similarities are looked at at once: 1 MiB in float32."""
FEWEST = 16


class Votes:
    """Both branches at one step of the training, with the residuals of their keys."""

    def __init__(self, cache: Cache, how: Switches, residuals: tuple[Tensor, Tensor]) -> None:
        self._cache, self._how, self._residuals = cache, how, residuals
        self._kernels = (cache.positive, cache.negative)
        self._inverse = [
            kernel.inverse_norms(one, along)
            for kernel, one, along in zip(
                self._kernels, residuals, cache.along(residuals), strict=True
            )
        ]
        self._lengths = [torch.zeros_like(one) for one in self._inverse]

    def gradients(
        self,
        seen: Tensor,
        features: Tensor,
        labels: Tensor,
        *,
        known: Callable[[slice], Tensor] | None,
        own: Tensor | None,
    ) -> tuple[Tensor, Tensor]:
        """Give the loss of the logits, and its gradient [4 classes, batch] towards `seen`.

        `seen` are the similarities of the features to the texts for and against, and to the
        residuals of the keys for and against.
        """
        count = len(labels)
        step = max(FEWEST, VALUES // len(self._cache.positive.keys))
        others = self._cache.others(features)
        back, loss = torch.empty_like(seen), seen.new_zeros(())
        for start in range(0, count, step):
            some = slice(start, min(start + step, count))
            similar = self._cache.positive.keys @ features[some].T if known is None else known(some)
            part, slopes = self._some(
                seen[:, some].chunk(4),
                (similar, self._cache.against(others[:, some], similar)),
                labels[some],
                None if own is None else own[some],
                (some.stop - some.start) / count,
            )
            loss += part
            torch.cat(slopes, out=back[:, some])
        return loss, back

    def _some(
        self,
        seen: tuple[Tensor, ...],
        resting: tuple[Tensor, Tensor],
        labels: Tensor,
        own: Tensor | None,
        fraction: float,
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        how = self._how
        along, against, *shifts = seen
        votes, states = [], []
        for at, kernel in enumerate(self._kernels):
            near = kernel.near(resting[at], shifts[at], self._inverse[at])
            affinity = kernel.affinity(near, how.beta)
            if own is not None and at == 0:
                affinity[own, torch.arange(len(own), device=own.device)] = 0
            votes.append(kernel.votes(affinity))
            state: dict[str, Any] = {"affinity": affinity, "near": near}
            states.append(state)
        for_it = SCALE * along + how.alpha * votes[0]
        if how.negative_loss == "joint_ce":
            against_it = SCALE * how.neg_scale * (1 - against) + how.alpha * votes[1]
            loss, slope = cross_entropy(how.lam * for_it + (1 - how.lam) * against_it, labels)
            gain, drop = how.lam * fraction * slope, (1 - how.lam) * fraction * slope
            d_against = -SCALE * how.neg_scale * drop
        else:
            loss, gain = cross_entropy(for_it, labels)
            other, slope = complementary(SCALE * against - how.alpha * votes[1], labels)
            gain, slope = fraction * gain, fraction * slope
            loss, drop, d_against = loss + other, -slope, SCALE * slope
        d_shifts = []
        for at, slope in enumerate((gain, drop)):
            shift, lengths = self._kernels[at].backward(
                how.alpha * slope, inverse=self._inverse[at], beta=how.beta, **states[at]
            )
            d_shifts.append(shift)
            self._lengths[at] += lengths
        return fraction * loss, (SCALE * gain, d_against, *d_shifts)

    def pulled(self) -> list[Tensor]:
        """Give the gradients that reach the residuals through the lengths of the keys."""
        ours, theirs = (
            lengths * inverse.square()
            for lengths, inverse in zip(self._lengths, self._inverse, strict=True)
        )
        return [
            kernel.total(pull)[:, None].mul(residual).add_(along).neg_()
            for kernel, pull, residual, along in zip(
                self._kernels,
                (ours, theirs),
                self._residuals,
                self._cache.summed((ours, theirs)),
                strict=True,
            )
        ]
