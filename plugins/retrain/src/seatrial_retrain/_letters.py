"""A network that counts letters: the least that `retrain.torch` can train."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from seatrial import seeded
from seatrial.testing import Samples

__all__ = ["Letters"]

WIDTH = 64


class Letters:
    """Classifies texts by their letters."""

    def __init__(self, module: nn.Module, classes: Sequence[str]) -> None:
        self.module, self.classes = module.eval(), tuple(classes)

    @classmethod
    def fresh(cls) -> Letters:
        """Make one that has learned nothing, for the classes of the kit's own cases."""
        classes = sorted({case.target for case in Samples().cases})
        with seeded(0):
            layers = [nn.Linear(WIDTH, WIDTH), nn.BatchNorm1d(WIDTH), nn.ReLU(), nn.Dropout(0.2)]
            return cls(nn.Sequential(*layers, nn.Linear(WIDTH, len(classes))), classes)

    def with_module(self, module: nn.Module) -> Letters:
        """Give the same model around another network."""
        return Letters(module, self.classes)

    def __call__(self, texts: Sequence[str], /) -> list[str]:
        """Answer each text with its class."""
        with torch.inference_mode():
            return [self.classes[at] for at in self.module(_counts(texts)).argmax(1).tolist()]

    def training_loss(self, texts: Sequence[str], targets: Sequence[str]) -> torch.Tensor:
        """Give the mean cross-entropy."""
        wanted = torch.tensor([self.classes.index(one) for one in targets])
        return nn.functional.cross_entropy(self.module(_counts(texts)), wanted)


def _counts(texts: Sequence[str]) -> torch.Tensor:
    found = torch.zeros(len(texts), WIDTH)
    for row, text in enumerate(texts):
        for letter in text:
            found[row, ord(letter) % WIDTH] += 1
    return found
