"""The cache of few-shot images: positive keys, negative keys, and what each is worth."""

from __future__ import annotations

import torch
from attrs import frozen

from seatrial.errors import PlanError

from ._kernel import Kernel, Tensor
from ._switches import Switches

__all__ = ["Cache", "weights"]

CANCELLED = 1e-6


def weights(keys: Tensor, label: Tensor, classes: int, tau: float, shots: int | None) -> Tensor:
    """Weigh each key by how much it resembles the others of its label (label refinement).

    `w = n softmax(s / tau)` within a label, where `s` is the mean similarity to the others. `n` is
    the number of rows of the label, or `shots` for all as in the release; with a single one there
    is nothing to compare, and the weight is 1.
    """
    count = torch.bincount(label, minlength=classes)[label].to(keys.dtype)
    number = count if shots is None else torch.full_like(count, shots)
    sums = keys.new_zeros(classes, keys.shape[1]).index_add_(0, label, keys)
    others = torch.linalg.vecdot(keys, sums[label]) - 1
    score = others / (number - 1).clamp(min=1) / tau
    top = score.new_full((classes,), -torch.inf).scatter_reduce_(0, label, score, "amax")
    raised = (score - top[label]).exp()
    whole = raised.new_zeros(classes).index_add_(0, label, raised)
    found = number * raised / whole[label]
    weight: Tensor = torch.where(number > 1, found, torch.ones_like(found))
    return weight


def _lengths(rest: Tensor) -> Tensor:
    found: Tensor = rest.norm(dim=1)
    if float(found.min()) < CANCELLED:
        msg = "the images of the other classes cancel out, so that there is no negative key"
        raise PlanError(msg)
    return found


@frozen(eq=False)
class Cache:
    """Both branches over one support set.

    With negative keys "per_shot" their similarities follow from those of the positive keys, since
    `m = (S_j - k) / |S_j - k|` with the sum `S_j` of the shots of one place over all classes.
    """

    positive: Kernel
    negative: Kernel
    sums: Tensor | None
    shrink: Tensor

    @classmethod
    def of(
        cls, keys: Tensor, block: Tensor, label: Tensor, classes: int, switches: Switches
    ) -> Cache:
        """Build the cache; the keys of a class stand together, `label` may hold label noise."""
        counts = torch.bincount(block, minlength=classes)
        shots = int(counts.max()) if switches.weights_of == "shots" else None
        soft = weights(keys, label, classes, switches.tau, shots)
        worth = soft if switches.negative_values == "soft" else torch.ones_like(soft)
        positive = Kernel(keys, block, label, soft, classes, 1)
        if switches.negative_keys == "per_shot":
            sums = keys.reshape(classes, -1, keys.shape[1]).sum(0)
            rest = (sums - keys.view(classes, *sums.shape)).view(keys.shape)
            shrink = _lengths(rest).reciprocal()
            negative = Kernel(rest * shrink[:, None], block, label, worth, classes, -1)
            return cls(positive, negative, sums, shrink)
        means = keys.new_zeros(classes, keys.shape[1]).index_add_(0, block, keys)
        means /= counts[:, None]
        rest = means.sum(0) - means
        pairs, where = torch.unique(block * classes + label, return_inverse=True)
        worth = worth.new_zeros(len(pairs)).index_add_(0, where, worth)
        block = pairs // classes
        rest /= _lengths(rest)[:, None]
        negative = Kernel(rest[block], block, pairs % classes, worth, classes, -1)
        return cls(positive, negative, None, counts)

    def along(self, residuals: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        """Give `k.r` for the keys of both branches, in one pass over the keys where that is all."""
        if self.sums is None:
            return self.positive.along(residuals[0]), self.negative.along(residuals[1])
        both = torch.bmm(torch.stack(residuals, 1), self._blocks.transpose(1, 2))
        rest = residuals[1] @ self.sums.T - both[:, 1]
        return both[:, 0].reshape(-1), rest.reshape(-1) * self.shrink

    def summed(self, pulls: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        """Sum the keys of each class and branch by weights [keys], likewise in one pass."""
        if self.sums is None:
            return self.positive.summed(pulls[0]), self.negative.summed(pulls[1])
        blocks = [pull.view(len(self._blocks), -1) for pull in (pulls[0], pulls[1] * self.shrink)]
        both = torch.bmm(torch.stack(blocks, 1), self._blocks)
        return both[:, 0], blocks[1] @ self.sums - both[:, 1]

    @property
    def _blocks(self) -> Tensor:
        keys = self.positive.keys
        return keys.view(self.positive.classes, -1, keys.shape[1])

    def others(self, features: Tensor) -> Tensor:
        """Give what the negative similarities of some features follow from, [rows, queries]."""
        return (self.negative.keys if self.sums is None else self.sums) @ features.T

    def against(self, others: Tensor, similar: Tensor) -> Tensor:
        """Give the similarities [keys, queries] of the resting negative keys.

        `others` as above and `similar` those of the resting positive keys, for the same queries.
        """
        if self.sums is None:
            return others
        blocks = similar.view(-1, *others.shape)
        return (others - blocks).view(similar.shape).mul_(self.shrink[:, None])
