"""Tip-Adapter and Tip-Adapter-F (Zhang et al., ECCV 2022)."""

from __future__ import annotations

from typing import ClassVar

import torch
from attrs import define, evolve
from torch.nn.functional import cross_entropy

from ._classifiers import Cached
from ._descent import Held, descend
from ._estimator import Searched, untrained
from ._search import Grid, points
from ._steps import Adam
from ._support import Support

__all__ = ["Tip"]

SCALE = 100.0


@define(kw_only=True, eq=False, slots=False)
class Tip(Searched):
    """A cache of the few images: `100 f.w + alpha sum_a exp(-beta (1 - f.k_a)) y_a`.

    With `trained` (Tip-Adapter-F) the keys are learned; they start at the images' features and are
    not brought to unit norm again. The last epoch is kept, or the best one on a validation set; the
    release keeps the best one on the test set. Grids are (low, high, points), the high end left
    out.
    """

    name: ClassVar[str] = "simnl.tip"

    alpha: float = 1.17
    beta: float = 1.0
    trained: bool = False
    lr: float = 1e-3
    lr_grid: tuple[float, ...] = ()
    eps: float = 1e-4
    weight_decay: float = 0.01
    epochs: int = 20
    batch_size: int = 256
    alpha_grid: tuple[float, float, int] = (0.1, 3.0, 20)
    beta_grid: tuple[float, float, int] = (0.1, 7.0, 200)

    def _grid(self) -> Grid:
        return Grid({"beta": points(self.beta_grid)}, {"alpha": points(self.alpha_grid)})

    def _check(self, validated: bool) -> None:
        super()._check(validated)
        untrained(self)

    def _learn(self, support: Support, held: Held | None) -> Cached:
        ones = torch.ones_like(support.keys[:, 0])
        learned = Cached(
            text=SCALE * support.weight(),
            keys=support.keys,
            label=support.labels,
            values=ones,
            divergence=torch.zeros_like(ones),
            channels=torch.arange(support.keys.shape[1], device=support.keys.device),
            alpha=self.alpha,
            beta=self.beta,
        )
        if not self.trained:
            return learned
        learned = evolve(learned, keys=support.keys.clone())
        self.losses_ = descend(
            [learned.keys],
            lambda features, labels: cross_entropy(learned.logits(features), labels),
            support,
            rule=lambda one: Adam(one, eps=self.eps, weight_decay=self.weight_decay),
            lr=self.lr,
            epochs=self.epochs,
            batch_size=self.batch_size,
            seed=self.seed,
            by_step=True,
            logits=learned.logits,
            held=held,
        )
        self.parameters_ = learned.keys.numel()
        return learned
