"""Where the gradient of an answer lies in the last convolution of a model (Grad-CAM)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from seatrial.errors import ModelError

from ._pictures import pictures_in

__all__ = ["grad_cam"]

RANGES: Final = {"uint8": 255.0, "uint16": 65535.0, "float32": 1.0}
MAP_AXES: Final = 4
BATCH: Final = 16


def grad_cam(model: Any, inputs: Sequence[Any], /, *, grid: int) -> npt.NDArray[np.float64]:
    """Give the mean heat in each region of each picture, [inputs, grid²].

    The module takes float32 pictures [n, channels, height, width] in [0, 1] and gives logits; the
    heat is of the class with the highest. It is measured where the last convolution of more than
    one position leaves the module.
    """
    from torch.nn.functional import adaptive_avg_pool2d

    module = getattr(model, "module", None)
    if module is None:
        msg = 'Grad-CAM needs a model with `module`; take method="occlusion", which asks any model'
        raise ModelError(msg)
    pictures = [one.array for one in pictures_in(inputs)]
    found = np.empty((len(pictures), grid * grid))
    for places in _alike(pictures):
        heat = _heat(module, [pictures[at] for at in places])
        found[places] = adaptive_avg_pool2d(heat[:, None], grid).flatten(1).cpu().numpy()
    return found


def _alike(pictures: Sequence[npt.NDArray[Any]]) -> list[list[int]]:
    """Gather pictures of one shape and type into batches."""
    shapes: dict[Any, list[int]] = {}
    for place, one in enumerate(pictures):
        shapes.setdefault((one.shape, one.dtype.name), []).append(place)
    return [
        places[start : start + BATCH]
        for places in shapes.values()
        for start in range(0, len(places), BATCH)
    ]


def _heat(module: Any, pictures: Sequence[npt.NDArray[Any]]) -> Any:
    """Weigh the channels of the last map by their mean gradient, and keep what is positive."""
    import torch

    batch = np.stack(pictures).astype(np.float32) / RANGES[pictures[0].dtype.name]
    device = next((one.device for one in module.parameters()), "cpu")
    given = torch.from_numpy(batch).movedim(-1, 1).to(device).requires_grad_(True)
    maps: list[Any] = []

    def keep(_: Any, __: Any, out: Any) -> None:
        if out.ndim == MAP_AXES and out.shape[2] * out.shape[3] > 1:
            maps.append(out)

    layers = [one for one in module.modules() if isinstance(one, torch.nn.Conv2d)]
    hooks = [one.register_forward_hook(keep) for one in layers]
    try:
        with torch.enable_grad():
            logits = module(given)
            if not maps:
                msg = 'Grad-CAM needs a convolution in the module; take method="occlusion"'
                raise ModelError(msg)
            (gradient,) = torch.autograd.grad(logits.max(dim=1).values.sum(), maps[-1])
    finally:
        for hook in hooks:
            hook.remove()
    weights = gradient.mean(dim=(2, 3), keepdim=True)
    return (weights * maps[-1]).sum(dim=1).relu().detach()
