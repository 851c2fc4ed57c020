"""The five residuals that SimNL learns, their gradients, and the classifier that they make."""

from __future__ import annotations

from typing import Any

import torch
from attrs import define, field, frozen

from ._cache import Cache
from ._kernel import Kernel, Tensor
from ._losses import complementary, consistency, cross_entropy, rerank
from ._switches import Switches

__all__ = ["RESIDUALS", "Mixture", "State"]

RESIDUALS = ("text_template", "text_cupl", "keys", "text_negative", "negative_keys")
SCALE = 100.0
BLOCK = 1 << 22
"""How many similarities are computed at once when a classifier answers."""


def _directions(rows: Tensor) -> tuple[Tensor, Tensor]:
    inverse = (rows * rows).sum(1, keepdim=True).rsqrt()
    return rows * inverse, inverse


def _through(gradient: Tensor, direction: Tensor, inverse: Tensor) -> Tensor:
    """Take a gradient back through the normalisation of rows."""
    along = (gradient * direction).sum(1, keepdim=True)
    return (gradient - along * direction) * inverse


@frozen(eq=False)
class Mixture:
    """A learned classifier: texts and cached images for and against each class.

    The logits are `lam (100 f.T + alpha V) + (1 - lam) (scale (1 - f.n) + alpha V')` with the votes
    `V` and `V'` of the positive and of the negative keys: linear in alpha and lam.
    """

    text: Tensor
    negative_text: Tensor
    positive: Kernel
    negative: Kernel
    negative_scale: float
    alpha: float
    beta: float
    lam: float

    def seen(self, features: Tensor, /) -> tuple[Tensor, ...]:
        """Give what no hyper-parameter changes: texts and similarities, for and against."""
        return (
            SCALE * (features @ self.text.T),
            self.positive.keys @ features.T,
            self.negative_scale * (1 - features @ self.negative_text.T),
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

    @staticmethod
    def mix(*, alpha: float, lam: float) -> tuple[float, ...]:
        """Give the share of each part."""
        return lam, lam * alpha, 1 - lam, (1 - lam) * alpha

    def logits(self, features: Tensor, /) -> Tensor:
        """Give [queries, classes]."""
        return sum(self.evidence(features).values(), torch.zeros(()))

    def evidence(self, features: Tensor, /) -> dict[str, Tensor]:
        """Give the share of the logits that speaks for each class, and that of the negative branch.

        Both add up to the logits: a class that the negative branch rules out gets little of it.
        """
        step = max(1, BLOCK // len(self.positive.keys))
        shares = torch.tensor(self.mix(alpha=self.alpha, lam=self.lam)).to(features)
        pieces = [
            self.parts(self.seen(some), beta=self.beta) * shares[:, None, None]
            for some in features.split(step)
        ]
        found = torch.cat(pieces, 1)
        return {"positive": found[0] + found[1], "negative": found[2] + found[3]}


@define(eq=False)
class State:
    """SimNL at one moment of its training.

    `texts` are the starting prototypes [3, classes, width]: template, CuPL, negative. `residuals`
    are [5, classes, width], in the order of `RESIDUALS`; they are zero at the start.
    """

    cache: Cache
    texts: Tensor
    switches: Switches
    residuals: Tensor = field(init=False)
    _axis: int = field(init=False)
    _starts: Tensor = field(init=False)

    def __attrs_post_init__(self) -> None:
        mix = self.switches.text_mix
        self._axis = 0 if self.switches.consistency_axis == "classes" else 1
        template, cupl = (
            torch.nn.functional.normalize(one, dim=self._axis) for one in self.texts[:2]
        )
        self._starts = mix * template + (1 - mix) * cupl
        self.residuals = self.texts.new_zeros(len(RESIDUALS), *self.texts.shape[1:])

    def mixture(self) -> Mixture:
        """Give the classifier that the residuals make."""
        mix = self.switches.text_mix
        template, cupl, keys, negative, negative_keys = self.residuals
        moved = [
            _directions(text + residual)[0]
            for text, residual in zip(self.texts, (template, cupl, negative), strict=True)
        ]
        positive, against = (
            Kernel(branch.moved(one), branch.block, branch.label, branch.weight, branch.classes, s)
            for branch, one, s in (
                (self.cache.positive, keys, 1),
                (self.cache.negative, negative_keys, -1),
            )
        )
        text = mix * moved[0] + (1 - mix) * moved[1]
        how = self.switches
        return Mixture(
            text,
            moved[2],
            positive,
            against,
            negative_scale=SCALE * how.neg_scale,
            alpha=how.alpha,
            beta=how.beta,
            lam=how.lam,
        )

    def gradients(
        self,
        features: Tensor,
        labels: Tensor,
        *,
        known: Tensor | None = None,
        own: Tensor | None = None,
    ) -> tuple[Tensor, Tensor]:
        """Give the loss of a batch, and its gradients [5, classes, width].

        `features` [batch, width] and `labels` [batch]; `known` are their similarities
        [keys, batch] to the resting positive keys, where they are at hand; `own` are the places of
        the keys that are these very rows, and are left out.
        """
        how, mix = self.switches, self.switches.text_mix
        r_template, r_cupl, r_keys, r_negative, r_negative_keys = self.residuals
        template, template_inverse = _directions(self.texts[0] + r_template)
        cupl, cupl_inverse = _directions(self.texts[1] + r_cupl)
        negative, negative_inverse = _directions(self.texts[2] + r_negative)
        text = mix * template + (1 - mix) * cupl

        heads = torch.cat([text, negative, r_keys, r_negative_keys])
        along, against, shift, negative_shift = (heads @ features.T).to(heads.dtype).chunk(4)
        resting = self.cache.similarities(features, known)
        ours = _Branch(self.cache.positive, resting[0], shift, r_keys, how.beta, own)
        theirs = _Branch(
            self.cache.negative, resting[1], negative_shift, r_negative_keys, how.beta, None
        )
        for_it = SCALE * along + how.alpha * ours.votes
        against_it = SCALE * how.neg_scale * (1 - against) + how.alpha * theirs.votes
        if how.negative_loss == "joint_ce":
            loss, slope = cross_entropy(how.lam * for_it + (1 - how.lam) * against_it, labels)
            gain, drop = how.lam * slope, (1 - how.lam) * slope
            d_against = -SCALE * how.neg_scale * drop
        else:
            loss, gain = cross_entropy(for_it, labels)
            other, slope = complementary(SCALE * against - how.alpha * theirs.votes, labels)
            loss, drop, d_against = loss + other, -slope, SCALE * slope
        d_along = SCALE * gain
        d_shift, d_keys = ours.backward(how.alpha * gain)
        d_negative_shift, d_negative_keys = theirs.backward(how.alpha * drop)

        change, d_text = consistency(text, self._starts, self._axis)
        loss, d_text = loss + how.cons_weight * change, how.cons_weight * d_text
        if how.rerank:
            squares = (features * features).sum(1)
            more, d_similar, d_more = rerank(
                along, squares, text, labels, knn=how.knn, scale=how.rerank_scale
            )
            loss, d_along, d_text = loss + more, d_along + d_similar, d_text + d_more
        back = torch.cat([d_along, d_against, d_shift, d_negative_shift]) @ features
        b_text, b_negative, b_keys, b_negative_keys = back.to(heads.dtype).chunk(4)
        d_text = d_text + b_text
        return loss, torch.stack(
            [
                _through(mix * d_text, template, template_inverse),
                _through((1 - mix) * d_text, cupl, cupl_inverse),
                b_keys + d_keys,
                _through(b_negative, negative, negative_inverse),
                b_negative_keys + d_negative_keys,
            ]
        )


class _Branch:
    """One branch over one batch: its votes, and the way back."""

    def __init__(
        self,
        kernel: Kernel,
        resting: Tensor,
        shift: Tensor,
        residual: Tensor,
        beta: float,
        own: Tensor | None,
    ) -> None:
        inverse = kernel.inverse_norms(residual)
        near = kernel.near(resting, shift, inverse)
        affinity = kernel.affinity(near, beta)
        if own is not None:
            affinity[own, torch.arange(len(own), device=own.device)] = 0
        self.votes = kernel.votes(affinity)
        self._kernel = kernel
        self._seen: dict[str, Any] = {
            "affinity": affinity,
            "near": near,
            "inverse": inverse,
            "residual": residual,
            "beta": beta,
        }

    def backward(self, votes: Tensor) -> tuple[Tensor, Tensor]:
        """Take the gradient of the votes back to the shift and to the residual."""
        return self._kernel.backward(votes, **self._seen)
