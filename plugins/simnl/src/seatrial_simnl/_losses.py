"""The losses of SimNL with their gradients, written out; logits are [classes, queries]."""

from __future__ import annotations

import torch

from ._kernel import Tensor

__all__ = ["complementary", "consistency", "cross_entropy", "rerank"]


def cross_entropy(logits: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """Give the mean cross-entropy, and its gradient."""
    columns = torch.arange(len(labels), device=labels.device)
    log = logits.log_softmax(0)
    gradient = log.exp()
    gradient[labels, columns] -= 1
    return -log[labels, columns].mean(), gradient.div_(len(labels))


def complementary(against: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """Give the mean of `-log(1 - p)`, p being the probability that the image is not of its class.

    Equation 18 of the supplement, for logits that speak against each class. In the logarithms of
    sums over the other classes it stays finite where p reaches 1.
    """
    columns = torch.arange(len(labels), device=labels.device)
    p = against.softmax(0)[labels, columns]
    others = against.clone()
    others[labels, columns] = -torch.inf
    loss = (against.logsumexp(0) - others.logsumexp(0)).mean()
    gradient = others.softmax(0).mul_(-p)
    gradient[labels, columns] = p
    return loss, gradient.div_(len(labels))


def rerank(
    similar: Tensor, squares: Tensor, texts: Tensor, labels: Tensor, *, knn: int, scale: float
) -> tuple[Tensor, Tensor, Tensor]:
    """Ask that no other text is nearer than that of the right class, by a margin.

    `max(0, d_y + (1 - T_c.T_y) / scale - d_c)` for the `knn` nearest classes `c`, with Euclidean
    distances. `similar` are `T.f` [classes, queries], `squares` the features' squared norms.
    Gives the mean, and the gradients towards `similar` and (beside that) towards the texts.
    """
    classes = len(texts)
    distances = (
        (torch.linalg.vecdot(texts, texts)[:, None] + squares - 2 * similar)
        .clamp_(min=1e-12)
        .sqrt_()
    )
    near_distances, near = distances.topk(min(knn, classes), dim=0, largest=False)
    own = distances.gather(0, labels[None])
    margin = (1 - (texts @ texts.T)[near, labels[None]]) / scale
    gap = (own + margin - near_distances).clamp_(min=0)
    active = (gap > 0).to(gap.dtype).div_(gap.numel())
    change = torch.zeros_like(similar).scatter_add_(0, near, -active)
    change.scatter_add_(0, labels[None], active.sum(0, keepdim=True))
    change.div_(distances)
    pairs = texts.new_zeros(classes * classes)
    pairs.index_add_(0, (near * classes + labels).reshape(-1), active.reshape(-1) / -scale)
    pairs = pairs.reshape(classes, classes)
    pairs = pairs + pairs.T
    pairs.diagonal().add_(change.sum(1))
    towards = pairs @ texts
    return gap.mean(), change.neg_(), towards


def consistency(texts: Tensor, starts: Tensor, axis: int, weight: float) -> tuple[Tensor, Tensor]:
    """Ask that the texts stay where they were: 1 minus the cosine along an axis, on average.

    `starts` is the mix of the starting texts, each brought to unit norm along that axis. The
    release compares along the classes (axis 0) for each feature; along the features (axis 1) it
    compares class by class. Gives the loss and its gradient, both times the weight.
    """
    inverse = (texts * texts).sum(axis, keepdim=True).clamp_(min=1e-16).rsqrt_()
    cosine = (texts * starts).sum(axis, keepdim=True).mul_(inverse)
    gradient = torch.addcmul(starts, texts, cosine * inverse, value=-1)
    gradient.mul_(inverse * (-weight / cosine.numel()))
    return weight * (1 - cosine.mean()), gradient
