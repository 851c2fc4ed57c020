"""Projected gradient: up the loss of a torch module, and back onto the ball after every step."""

from __future__ import annotations

from typing import Any

import numpy as np

from seatrial.errors import ComponentLoadError, ModelError, NotApplicable, ParameterError
from seatrial.protocols import Loss, Search

from ._bounds import check_bound, projected

__all__ = ["projected_gradient"]

Array = np.ndarray[Any, Any]

REACH = 2.5  # times the bound that all steps together are long: any point of the ball is in reach
FEWEST = 2


def projected_gradient(
    *,
    distance: float,
    norm: str = "linf",
    queries: int = 20,
    start: str = "random",
    channels: str = "first",
) -> Search:
    """Climb the cross-entropy of the model's module within a ball around the image.

    The model's `module` is a torch module in evaluation mode that takes float images N×C×H×W in
    [0, 1] (N×H×W×C with channels="last") and gives logits N×K, or N×1 for two classes. The target
    is the index of a class, or a name in the model's attribute `labels`.
    `distance` bounds the largest ("linf") or the root mean square ("l2") change of a pixel; L2
    in the literature's sense is that times the root of the number of values. The search starts at
    random in the ball, or at the "clean" image, and gives the worst of the `queries` points that it
    has been at; each goes forward and back once. Integer images do not apply.
    Source: Madry et al., ICLR 2018.
    """
    check_bound(distance, norm)
    for name, given, known in (
        ("start", start, ("random", "clean")),
        ("channels", channels, ("first", "last")),
    ):
        if given not in known:
            msg = f"{name} must be {' or '.join(map(repr, known))}, got {given!r}"
            raise ParameterError(msg)
    if queries < FEWEST:
        msg = f"queries must be a whole number from {FEWEST} up, got {queries!r}"
        raise ParameterError(msg)
    _torch()

    def search(image: Array, /, *, seed: int, loss: Loss) -> Array:
        if image.dtype.kind != "f":
            msg = f"a gradient leads through float images in [0, 1], not {image.dtype}"
            raise NotApplicable(msg)
        if not np.isfinite(image).all():
            msg = "the image holds values that are not finite"
            raise ValueError(msg)
        points = min(queries, loss.left)
        length = REACH * distance / max(points - 1, 1)
        slope = Slope(loss, channels)
        at = image
        if start == "random":
            noise = np.random.default_rng(seed).uniform(-distance, distance, image.shape)
            at = _inside(image, image + noise, distance, norm)
        found, highest = image, -np.inf
        for _ in range(points):
            value, gradient = slope(at)
            if value > highest:
                found, highest = at, value
            at = _inside(image, at + length * _steepest(gradient, norm), distance, norm)
        return found

    return search


class Slope:
    """The loss of a module at an image, and which way it grows."""

    def __init__(self, loss: Loss, channels: str) -> None:
        self.loss = loss
        self.channels = channels
        self.module = loss.model.module
        if self.module.training:
            msg = "the model's module is in training mode: call module.eval() before the trial"
            raise ModelError(msg)
        self.target = _index(loss)

    def __call__(self, image: Array) -> tuple[float, Array]:
        """Go forward and back once."""
        torch = _torch()
        self.loss.spend(1)
        one = next(self.module.parameters(), torch.zeros(()))
        with torch.enable_grad():
            given = torch.tensor(image[None], dtype=one.dtype, device=one.device)
            given.requires_grad_(True)
            turned = self.channels == "first" and given.ndim == 4  # noqa: PLR2004 - N, H, W, C
            logits = self.module(given.movedim(-1, 1) if turned else given)
            logits = logits.reshape(1, -1)
            if logits.shape[1] == 1:
                logits = torch.cat([torch.zeros_like(logits), logits], dim=1)
            if not 0 <= self.target < logits.shape[1]:
                msg = f"the target {self.target} is none of the module's {logits.shape[1]} classes"
                raise ModelError(msg)
            wanted = torch.tensor([self.target], device=one.device)
            value = torch.nn.functional.cross_entropy(logits, wanted)
            # Only of the image: what the parameters hold as gradients is left alone.
            (gradient,) = torch.autograd.grad(value, given)
        return float(value.detach()), gradient[0].detach().cpu().double().numpy()


def _torch() -> Any:
    try:
        import torch
    except ImportError as error:
        msg = "threats.projected-gradient needs torch: pip install torch"
        raise ComponentLoadError(msg) from error
    return torch


def _index(loss: Loss) -> int:
    labels = getattr(loss.model, "labels", None)
    if labels is not None and loss.target in labels:
        return int(list(labels).index(loss.target))
    if isinstance(loss.target, int):
        return int(loss.target)
    msg = (
        f"the target {loss.target!r} is no index of a class: give the model the attribute "
        "`labels`, the names of its classes in the order of its logits"
    )
    raise ModelError(msg)


def _steepest(gradient: Array, norm: str) -> Array:
    """Give the step of length 1 in this norm that climbs most."""
    if norm == "linf":
        return np.sign(gradient)
    size = float(np.sqrt(np.mean(gradient**2)))
    return gradient / size if size else gradient


def _inside(clean: Array, point: Array, distance: float, norm: str) -> Array:
    """Project onto the range of pixels, then onto the ball; the range holds the clean image."""
    return projected(clean, np.clip(point, 0.0, 1.0), distance, norm)
