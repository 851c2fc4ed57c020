"""The network of the example of digits, and its training."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from seatrial import seeded

from ._images import Preprocessing
from ._tower import Loaded
from ._ways import own_ways

__all__ = ["Network", "trained"]

SIDE = 32
WIDTHS = (1, 16, 32, 64)
CLASSES = 10
SEED, EPOCHS, BATCH, RATE = 0, 12, 50, 1e-2


class Network(nn.Module):
    """Three stages of convolution, each halving the side, a mean over positions, a linear layer."""

    def __init__(self) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(
            nn.Sequential(
                nn.Conv2d(before, after, 3, stride=2, padding=1, bias=False),
                nn.BatchNorm2d(after),
                nn.ReLU(),
            )
            for before, after in pairwise(WIDTHS)
        )
        self.classifier = nn.Linear(WIDTHS[-1], CLASSES)

    def stages(self, x: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Give the logits, and what leaves each stage."""
        found = []
        for block in self.blocks:
            x = block(x)
            found.append(x)
        logits: Tensor = self.classifier(x.mean((2, 3)))
        return logits, found

    def features(self, x: Tensor) -> Tensor:
        """Give the pooled features that the linear layer reads: [n, 64]."""
        return self.stages(x)[1][-1].mean((2, 3))

    def forward(self, x: Tensor) -> Tensor:
        return self.stages(x)[0]


def trained(images: Sequence[Any], labels: Sequence[int]) -> Loaded:
    """Train on one thread, so that equal machines get equal weights."""
    preprocess = Preprocessing(SIDE, mean=(255.0 * 0.7,), std=(255.0 * 0.3,))
    inputs = torch.from_numpy(np.stack([preprocess(one) for one in images]))
    targets = torch.tensor(labels)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with seeded(SEED), torch.enable_grad():
            network = Network()
            _fit(network, inputs, targets)
    finally:
        torch.set_num_threads(threads)
    network.eval().requires_grad_(requires_grad=False)
    return Loaded(network, own_ways, preprocess)


def _fit(network: Network, inputs: Tensor, targets: Tensor) -> None:
    steps = EPOCHS * (len(inputs) // BATCH)
    optimizer = torch.optim.AdamW(network.parameters(), lr=RATE, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=RATE, total_steps=steps)
    network.train()
    for _ in range(EPOCHS):
        order = torch.randperm(len(inputs))
        for start in range(0, len(order) - BATCH + 1, BATCH):
            chosen = order[start : start + BATCH]
            loss = cross_entropy(network(inputs[chosen]), targets[chosen])
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()
