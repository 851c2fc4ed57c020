"""APE and APE-T (Zhu et al., ICCV 2023): a cache on the channels that tell the classes apart."""

from __future__ import annotations

from typing import ClassVar

import torch
from attrs import define
from torch.nn.functional import cross_entropy

from seatrial.errors import ParameterError

from ._classifiers import Cached, directions
from ._descent import Held, descend
from ._estimator import Searched, untrained
from ._kernel import Tensor
from ._search import Grid, points
from ._steps import Adam
from ._support import Support

__all__ = ["Ape", "divergence", "similarity_by_channel"]

SCALE = 100.0
TINY = 1e-6


def similarity_by_channel(keys: Tensor, labels: Tensor, texts: Tensor) -> Tensor:
    """Average `x_d x'_d` over the ordered pairs of samples from different classes, by channel.

    A class's text counts as one more sample of it. In closed form, for any number of shots:
    `((sum_i s_i)^2 - sum_i s_i^2) / (n^2 - sum_i n_i^2)`, `s_i` the sum of the `n_i` of a class.
    """
    sums = texts.clone().index_add_(0, labels, keys)
    counts = (torch.bincount(labels, minlength=len(texts)) + 1).to(keys.dtype)
    pairs = counts.sum().square() - counts.square().sum()
    return (sums.sum(0).square() - sums.square().sum(0)) / pairs


def divergence(keys: Tensor, labels: Tensor, texts: Tensor) -> Tensor:
    """Give the divergence of each key's label from what the texts say, in bits."""
    own = (keys @ texts.T).softmax(1).gather(1, labels[:, None])[:, 0]
    return ((1 + TINY) / (own + TINY)).log2()


@define(kw_only=True, eq=False, slots=False)
class Ape(Searched):
    """`100 f.w + alpha sum_a exp(-beta (1 - f_Q.k_Qa)) exp(gamma KL_a) y_a` on refined channels Q.

    Channels are ranked by `-weight S_d + (1 - weight) Var_c(w_cd)`; `channels` of them are kept,
    half of them all by default. `weight` None is .7, and .2 with `trained`, as in the release.
    Grids are (low, high, points), the high end left out.

    With `trained` (APE-T) one residual per class moves its keys and its text on those channels, and
    every key learns a weight: `100 f.(w + r) + alpha sum_a exp(-beta (1 - f.(k + r)_a)) v_a y_a`.
    As in the release the similarities are of all channels, the moved keys and texts are not brought
    to unit norm again, and there is no divergence, so `gamma` is neither used nor searched.
    """

    name: ClassVar[str] = "simnl.ape"

    alpha: float = 1.17
    beta: float = 1.0
    gamma: float = 0.1
    channels: int | None = None
    weight: float | None = None
    trained: bool = False
    lr: float = 1e-3
    lr_grid: tuple[float, ...] = ()
    eps: float = 1e-3
    weight_decay: float = 0.1
    epochs: int = 20
    batch_size: int = 256
    alpha_grid: tuple[float, float, int] = (0.1, 7.0, 20)
    beta_grid: tuple[float, float, int] = (0.1, 7.0, 200)
    gamma_grid: tuple[float, float, int] = (0.0, 0.5, 5)

    def _check(self, validated: bool) -> None:
        super()._check(validated)
        untrained(self)

    def _grid(self) -> Grid:
        kernels = {"beta": points(self.beta_grid)}
        if not self.trained:
            kernels["gamma"] = points(self.gamma_grid)
        return Grid(kernels, {"alpha": points(self.alpha_grid)})

    def _channels(self, support: Support, texts: Tensor) -> Tensor:
        width = support.keys.shape[1]
        kept = max(1, width // 2) if self.channels is None else self.channels
        if not 1 <= kept <= width:
            msg = f"channels must be 1 to {width}, the width of the features; got {kept!r}"
            raise ParameterError(msg)
        alike = similarity_by_channel(support.keys, support.labels, texts)
        weight = (0.2 if self.trained else 0.7) if self.weight is None else self.weight
        ranks = -weight * alike + (1 - weight) * texts.var(dim=0)
        return ranks.topk(kept).indices.sort().values

    def _learn(self, support: Support, held: Held | None) -> Cached:
        texts = support.weight()
        chosen = self._channels(support, texts)
        if self.trained:
            return self._adapted(support, texts, chosen, held)
        keys = directions(support.keys[:, chosen])
        apart = divergence(keys, support.labels, directions(texts[:, chosen]))
        return self._cached(support, texts, keys, chosen, torch.ones_like(apart), apart)

    def _adapted(
        self, support: Support, texts: Tensor, chosen: Tensor, held: Held | None
    ) -> Cached:
        residual = torch.zeros_like(texts[:, chosen])
        worth = torch.ones_like(support.keys[:, 0])
        every = torch.arange(texts.shape[1], device=texts.device)
        flat = torch.zeros_like(worth)

        def learned() -> Cached:
            moved = residual.new_zeros(texts.shape).index_add(1, chosen, residual)
            keys = support.keys + moved[support.labels]
            return self._cached(support, texts + moved, keys, every, worth, flat)

        self.losses_ = descend(
            [residual, worth],
            lambda features, labels: cross_entropy(learned().logits(features), labels),
            support,
            rule=lambda one: Adam(one, eps=self.eps, weight_decay=self.weight_decay),
            lr=self.lr,
            epochs=self.epochs,
            batch_size=self.batch_size,
            seed=self.seed,
            by_step=True,
            logits=lambda features: learned().logits(features),
            held=held,
        )
        self.parameters_ = residual.numel() + worth.numel()
        return learned()

    def _cached(
        self,
        support: Support,
        texts: Tensor,
        keys: Tensor,
        channels: Tensor,
        worth: Tensor,
        apart: Tensor,
    ) -> Cached:
        return Cached(
            text=SCALE * texts,
            keys=keys,
            label=support.labels,
            values=worth,
            divergence=apart,
            channels=channels,
            alpha=self.alpha,
            beta=self.beta,
            gamma=0.0 if self.trained else self.gamma,
        )
