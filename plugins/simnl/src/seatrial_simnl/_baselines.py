"""The linear baselines: zero-shot, TaskRes, linear probe and CLAP; and CLIP-Adapter.

All of them work on unit features. The references of TaskRes and of the probes learn on texts of
their raw norm (about 10 for CLIP), where a step turns a text less than it turns a unit one:
`text_norm` gives the texts such a norm again.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import torch
from attrs import define
from torch.nn.functional import cross_entropy

from seatrial import derive

from ._classifiers import Bottleneck, Linear, directions
from ._descent import Held, descend
from ._estimator import Estimator
from ._kernel import Tensor
from ._steps import Adam, Momentum
from ._support import Support
from ._switches import one_of

__all__ = ["ClipAdapter", "LinearProbe", "TaskRes", "ZeroShot"]

SCALE = 100.0
FEW_SHOTS = 4
PENALTIES = ("none", "zero-shot")


@define(kw_only=True, eq=False, slots=False)
class ZeroShot(Estimator):
    """The texts alone: `100 f.w`. It learns nothing."""

    name: ClassVar[str] = "simnl.zero-shot"

    def _learn(self, support: Support, held: Held | None) -> Linear:  # noqa: ARG002
        return Linear(SCALE * support.weight())


@define(kw_only=True, eq=False, slots=False)
class TaskRes(Estimator):
    """A residual beside the texts: `100 f.unit(b + a x)`, Adam (Yu et al., CVPR 2023).

    `epochs` None means 100 for at most four shots and 200 for more, as in the reference.
    """

    name: ClassVar[str] = "simnl.taskres"

    scale: float = 0.5
    text_norm: float = 10.0
    lr: float = 2e-3
    lr_grid: tuple[float, ...] = ()
    weight_decay: float = 5e-4
    epochs: int | None = None
    batch_size: int = 256

    def _learn(self, support: Support, held: Held | None) -> Linear:
        base = self.text_norm * support.weight()
        residual = torch.zeros_like(base)
        few = int(torch.bincount(support.labels).max()) <= FEW_SHOTS

        def weight() -> Tensor:
            return SCALE * directions(base + self.scale * residual)

        self.losses_ = descend(
            [residual],
            lambda features, labels: cross_entropy(features @ weight().T, labels),
            support,
            rule=lambda one: Adam(one, weight_decay=self.weight_decay, decoupled=False),
            lr=self.lr,
            epochs=self.epochs or (100 if few else 200),
            batch_size=self.batch_size,
            seed=self.seed,
            by_step=False,
            logits=lambda features: features @ weight().T,
            held=held,
        )
        self.parameters_ = residual.numel()
        return Linear(weight())


@define(kw_only=True, eq=False, slots=False)
class LinearProbe(Estimator):
    """A linear probe that starts at the texts (ZS-LP), and CLAP (Silva-Rodriguez et al., 2024).

    `penalty` "zero-shot" is CLAP: `mean_c l_c |w_c - t_c|^2`, where `l_c` is the mean zero-shot
    probability that images of a class get for it. No validation set, no search.
    """

    name: ClassVar[str] = "simnl.linear-probe"

    penalty: str = "none"
    text_norm: float = 10.0
    lr: float = 0.1
    lr_grid: tuple[float, ...] = ()
    momentum: float = 0.9
    epochs: int = 300
    batch_size: int = 256

    def _check(self, validated: bool) -> None:
        super()._check(validated)
        one_of("penalty", self.penalty, PENALTIES)

    def _learn(self, support: Support, held: Held | None) -> Linear:
        start = self.text_norm * support.weight()
        weight = start.clone()
        trust = trusted(support) if self.penalty == "zero-shot" else start.new_zeros(len(start))

        def loss_of(features: Tensor, labels: Tensor) -> Tensor:
            logits = SCALE * features @ directions(weight).T
            return cross_entropy(logits, labels) + penalty(weight, start, trust)

        self.losses_ = descend(
            [weight],
            loss_of,
            support,
            rule=lambda one: Momentum(one, momentum=self.momentum),
            lr=self.lr,
            epochs=self.epochs,
            batch_size=self.batch_size,
            seed=self.seed,
            by_step=False,
            logits=lambda features: SCALE * features @ directions(weight).T,
            held=held,
        )
        self.parameters_ = weight.numel()
        return Linear(SCALE * directions(weight))


def trusted(support: Support) -> Tensor:
    """Give the mean zero-shot probability of its own class over each class's images."""
    probabilities = (SCALE * support.keys @ support.weight().T).softmax(1)
    own = probabilities.gather(1, support.labels[:, None])[:, 0]
    sums = own.new_zeros(len(support.classes)).index_add_(0, support.labels, own)
    return sums / torch.bincount(support.labels)


def penalty(weight: Tensor, start: Tensor, trust: Tensor) -> Tensor:
    """Hold each class to its text, the more the better its text does."""
    return (trust * (weight - start).square().sum(1)).mean()


@define(kw_only=True, eq=False, slots=False)
class ClipAdapter(Estimator):
    """A bottleneck after the image tower: `unit(ratio A(f) + (1 - ratio) f)` (Gao et al., 2024).

    `A` is linear, ReLU, linear, ReLU without biases, so it scales with its input: unit features
    give the same classifier as raw ones. It starts at random, so step 0 is not quite zero-shot.
    """

    name: ClassVar[str] = "simnl.clip-adapter"

    ratio: float = 0.2
    reduction: int = 4
    lr: float = 1e-3
    lr_grid: tuple[float, ...] = ()
    epochs: int = 100
    batch_size: int = 256

    def _learn(self, support: Support, held: Held | None) -> Bottleneck:
        width = support.keys.shape[1]
        inner = max(1, width // self.reduction)
        drawn = np.random.default_rng(derive(self.seed, "seatrial_simnl", "clip-adapter"))

        def layer(outputs: int, inputs: int) -> Tensor:
            bound = inputs**-0.5
            values = drawn.uniform(-bound, bound, (outputs, inputs)).astype(np.float32)
            return torch.from_numpy(values).to(support.keys.device)

        down, up = layer(inner, width), layer(width, inner)
        learned = Bottleneck(down, up, SCALE * support.weight(), self.ratio)
        self.losses_ = descend(
            [down, up],
            lambda features, labels: cross_entropy(learned.logits(features), labels),
            support,
            rule=lambda one: Adam(one, eps=1e-4, weight_decay=0.01),
            lr=self.lr,
            epochs=self.epochs,
            batch_size=self.batch_size,
            seed=self.seed,
            by_step=True,
            logits=learned.logits,
            held=held,
        )
        self.parameters_ = down.numel() + up.numel()
        return learned
