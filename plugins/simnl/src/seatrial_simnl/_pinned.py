"""The release's model on plain arrays, for checks against values kept elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from attrs import frozen

from seatrial.errors import PlanError

from ._arrays import Matrix, labels_of, unit_matrix
from ._cache import Cache
from ._mixture import Mixture
from ._state import RESIDUALS, State
from ._switches import Switches
from ._training import train

__all__ = ["Trained", "fit", "gradients", "logits"]


@frozen(eq=False)
class Trained:
    """What `fit` learned; `residuals` holds the five learned matrices by name."""

    state: State
    losses: tuple[float, ...]
    _mixture: Mixture

    @property
    def residuals(self) -> dict[str, Matrix]:
        """The learned residuals, float32 [classes, width] each."""
        return {
            name: one.numpy() for name, one in zip(RESIDUALS, self.state.residuals, strict=True)
        }

    def logits(self, queries: Any) -> Matrix:
        """Give the logits of unit features [n, width]: float32 [n, classes]."""
        features = unit_matrix("queries", queries, width=self.state.texts.shape[2])
        found: Matrix = self._mixture.logits(torch.from_numpy(features)).numpy()
        return found


def logits(
    queries: Any,
    keys: Any,
    labels: Any,
    text_template: Any,
    text_cupl: Any,
    text_negative: Any,
    *,
    shots: int,
    alpha: float,
    beta: float,
    lam: float,
    tau: float,
) -> Matrix:
    """Give the logits of the untrained model in the release variant: float32 [n, classes].

    `keys` are `shots` consecutive rows per class, float32 [classes * shots, width] of unit norm;
    `labels` may differ from the block by label noise; texts are [classes, width] of unit norm.
    Raises `PlanError` for rows that are not of unit norm: to normalise them in silence would hide
    that they are those of another stage.
    """
    how = Switches(variant="release", alpha=alpha, beta=beta, lam=lam, tau=tau)
    state, _ = _state(keys, labels, (text_template, text_cupl, text_negative), shots, how)
    return Trained(state, (), state.mixture()).logits(queries)


def fit(
    keys: Any,
    labels: Any,
    views: Any,
    text_template: Any,
    text_cupl: Any,
    text_negative: Any,
    *,
    shots: int,
    alpha: float,
    beta: float,
    lam: float,
    tau: float,
    lr: float,
    eps: float,
    epochs: int,
    order: Sequence[Any],
    variant: str = "release",
) -> Trained:
    """Train on features of augmented images, as the release does.

    `views` [v, classes * shots, width]; epoch `e` trains on `views[e % v]` in the row order
    `order[e]`, in batches of 256 consecutive rows, the last one partial. The labels of the training
    rows are `labels`, as in the cache.
    """
    how = Switches(
        variant=variant, alpha=alpha, beta=beta, lam=lam, tau=tau, lr=lr, eps=eps, epochs=epochs
    )
    texts = (text_template, text_cupl, text_negative)
    state, placed = _state(keys, labels, texts, shots, how)
    rows, width = len(placed), state.texts.shape[2]
    if np.ndim(views) != 3 or not len(views):  # noqa: PLR2004 - views, rows, width
        msg = f"views must be [views, {rows}, {width}], got the shape {np.shape(views)}"
        raise PlanError(msg)
    seen = [
        torch.from_numpy(unit_matrix(f"views[{place}]", view, rows=rows, width=width))
        for place, view in enumerate(views)
    ]
    if len(order) != epochs:
        msg = f"order must hold one order of the rows for each of {epochs} epochs, got {len(order)}"
        raise PlanError(msg)
    orders = [_permutation(one, rows, epoch) for epoch, one in enumerate(order)]
    losses = train(state, seen, placed, orders.__getitem__)
    return Trained(state, tuple(losses), state.mixture())


def gradients(
    queries: Any,
    targets: Any,
    keys: Any,
    labels: Any,
    text_template: Any,
    text_cupl: Any,
    text_negative: Any,
    *,
    shots: int,
    alpha: float,
    beta: float,
    lam: float,
    tau: float,
    variant: str = "release",
) -> tuple[float, dict[str, Matrix]]:
    """Give the loss of one batch at step 0, and its gradient for each of the five residuals."""
    how = Switches(variant=variant, alpha=alpha, beta=beta, lam=lam, tau=tau)
    texts = (text_template, text_cupl, text_negative)
    state, _ = _state(keys, labels, texts, shots, how)
    features = unit_matrix("queries", queries, width=state.texts.shape[2])
    placed = labels_of("targets", targets, rows=len(features), classes=state.texts.shape[1])
    loss, found = state.gradients(torch.from_numpy(features), torch.from_numpy(placed))
    return float(loss), {name: one.numpy() for name, one in zip(RESIDUALS, found, strict=True)}


def _permutation(order: Any, rows: int, epoch: int) -> torch.Tensor:
    found = np.asarray(order)
    if not np.array_equal(np.sort(found), np.arange(rows)):
        msg = f"order[{epoch}] must hold each of the rows 0 to {rows - 1} once"
        raise PlanError(msg)
    return torch.from_numpy(found.astype(np.int64))


def _state(
    keys: Any, labels: Any, texts: Sequence[Any], shots: int, how: Switches
) -> tuple[State, torch.Tensor]:
    cached = unit_matrix("keys", keys)
    names = ("text_template", "text_cupl", "text_negative")
    classes = np.shape(texts[0])[0] if np.ndim(texts[0]) else 0
    if classes < 2 or shots < 1 or len(cached) != classes * shots:  # noqa: PLR2004 - of two classes
        msg = (
            f"keys must be {shots} consecutive rows for each of the classes that the texts have, "
            f"two or more; got {len(cached)} rows and {classes} classes"
        )
        raise PlanError(msg)
    prototypes = [
        torch.from_numpy(unit_matrix(name, text, rows=classes, width=cached.shape[1]))
        for name, text in zip(names, texts, strict=True)
    ]
    label = torch.from_numpy(labels_of("labels", labels, rows=len(cached), classes=classes))
    block = torch.arange(classes).repeat_interleave(shots)
    resolved = how.resolved(len(cached))
    cache = Cache.of(torch.from_numpy(cached), block, label, classes, resolved)
    return State(cache, torch.stack(prototypes), resolved), label
