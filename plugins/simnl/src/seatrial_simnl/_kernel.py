"""Kernels around cached keys, without the products that make the release slow.

A key that moves by the residual of its class is `(k + r) / |k + r|`, so its similarity to a feature
is `(f.k + f.r) / |k + r|`: `f.k` never changes, `f.r` has one column for each class and not for
each key, and values with a single entry are summed by segments instead of multiplied as matrices.
"""

from __future__ import annotations

from typing import TypeAlias

import torch
from attrs import define, field
from torch.nn.functional import embedding_bag

__all__ = ["Kernel", "pooled"]

Tensor: TypeAlias = torch.Tensor


def pooled(order: Tensor, rows: Tensor, starts: Tensor, weights: Tensor) -> Tensor:
    """Sum weighted rows by segments: `rows[order]`, each segment from its start to the next."""
    found: Tensor = embedding_bag(order, rows, starts, mode="sum", per_sample_weights=weights)
    return found


def _starts(sorted_places: Tensor, classes: int) -> Tensor:
    counts = torch.bincount(sorted_places, minlength=classes)
    return counts.cumsum(0) - counts


@define(eq=False)
class Kernel:
    """The keys of one branch: those of a class stand together, and move by one residual.

    `keys` float32 [rows, width]; `block` is the class whose residual a key carries, in rising
    order; `label` is the class that the key speaks for, `weight` how loudly; `sign` is +1 for
    `exp(-beta (1 - f.k))` and -1 for `exp(-beta f.k)`.
    """

    keys: Tensor
    block: Tensor
    label: Tensor
    weight: Tensor
    classes: int
    sign: int
    _counts: list[int] = field(init=False)
    _even: bool = field(init=False)
    _squares: Tensor = field(init=False)
    _rows: Tensor = field(init=False)
    _block_starts: Tensor = field(init=False)
    _by_label: Tensor = field(init=False)
    _label_starts: Tensor = field(init=False)
    _label_weights: Tensor = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._counts = torch.bincount(self.block, minlength=self.classes).tolist()
        self._even = len(set(self._counts)) == 1
        self._squares = self.keys.square().sum(1)
        self._rows = torch.arange(len(self.keys), device=self.keys.device)
        self._block_starts = _starts(self.block, self.classes)
        self._by_label = torch.argsort(self.label, stable=True)
        self._label_starts = _starts(self.label[self._by_label], self.classes)
        self._label_weights = self.weight[self._by_label]

    def inverse_norms(self, residual: Tensor, along: Tensor) -> Tensor:
        """Give `1 / |k + r|` for each key, from `k.r`."""
        squares = self._squares + 2 * along
        squares += torch.linalg.vecdot(residual, residual)[self.block]
        return squares.rsqrt()

    def along(self, residual: Tensor) -> Tensor:
        """Give `k.r` for each key, without a copy of the residuals for each of them."""
        if self._even:
            whole = self.keys.view(self.classes, -1, self.keys.shape[1])
            return torch.bmm(residual.unsqueeze(1), whole.transpose(1, 2)).reshape(-1)
        pieces = zip(self.keys.split(self._counts), residual.unbind(), strict=True)
        return torch.cat([keys @ one for keys, one in pieces])

    def moved(self, residual: Tensor) -> Tensor:
        """Give the keys as they are after training, brought to unit norm again."""
        inverse = self.inverse_norms(residual, self.along(residual))
        return (self.keys + residual[self.block]) * inverse[:, None]

    def near(self, similar: Tensor, shift: Tensor, inverse: Tensor) -> Tensor:
        """Give the similarity [keys, queries] of moved keys, from that of the resting ones."""
        if self._even:
            blocks = similar.reshape(self.classes, -1, similar.shape[1])
            found = (blocks + shift[:, None]).view(similar.shape)
        else:
            found = shift.index_select(0, self.block).add_(similar)
        return found.mul_(inverse[:, None])

    def affinity(self, near: Tensor, beta: float) -> Tensor:
        """Give the kernel's values [keys, queries]."""
        start = near.new_full((), -beta if self.sign > 0 else 0.0)
        return torch.add(start, near, alpha=beta * self.sign).exp_()

    def votes(self, affinity: Tensor) -> Tensor:
        """Sum the weighted affinities of each label: [classes, queries]."""
        return pooled(self._by_label, affinity, self._label_starts, self._label_weights)

    def backward(
        self, votes: Tensor, *, affinity: Tensor, near: Tensor, inverse: Tensor, beta: float
    ) -> tuple[Tensor, Tensor]:
        """Take the gradient of the votes back to the shift, and to the keys' lengths [keys]."""
        change = votes.index_select(0, self.label).mul_(affinity)
        worth = self.weight * (beta * self.sign)
        shift = pooled(self._rows, change, self._block_starts, inverse * worth)
        return shift, change.mul_(near).sum(1).mul_(worth)

    def summed(self, pull: Tensor) -> Tensor:
        """Sum the keys of each class by a weight [keys]: [classes, width]."""
        return pooled(self._rows, self.keys, self._block_starts, pull)

    def total(self, pull: Tensor) -> Tensor:
        """Sum a weight [keys] over the keys of each class."""
        return pull.new_zeros(self.classes).index_add_(0, self.block, pull)
