"""Preprocessing as a part of the network, so that gradients reach the picture."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from ._images import Preprocessing

__all__ = ["FromPictures"]

LUMA = (0.299, 0.587, 0.114)


class FromPictures(nn.Module):
    """A network with its preprocessing: from pictures [n, 1 or 3, height, width] in [0, 1].

    Resizing is torch's, with anti-aliasing; Pillow, which a model answers with, rounds to 8 bits.
    `inner` is the network itself.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, inner: nn.Module, preprocess: Preprocessing) -> None:
        super().__init__()
        self.inner = inner
        self.preprocess = preprocess
        for name in ("mean", "std"):
            values = torch.tensor(getattr(preprocess, name)) / 255
            self.register_buffer(name, values[:, None, None], persistent=False)

    def forward(self, pictures: Tensor) -> Tensor:
        """Give the logits."""
        wanted = len(self.mean)
        if pictures.shape[1] != wanted:
            luma = torch.tensor(LUMA, device=pictures.device)[:, None, None]
            grey = pictures if wanted > 1 else (pictures * luma).sum(1, keepdim=True)
            pictures = grey.expand(-1, wanted, -1, -1)
        size, (top, left) = self.preprocess.placed(*pictures.shape[-2:])
        if size != tuple(pictures.shape[-2:]):
            mode = self.preprocess.interpolation
            pictures = interpolate(pictures, size, mode=mode, antialias=True).clamp(0, 1)
        side = self.preprocess.side
        cut = pictures[..., top : top + side, left : left + side]
        logits: Tensor = self.inner((cut - self.mean) / self.std)
        return logits
