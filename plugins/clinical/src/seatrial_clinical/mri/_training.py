"""Train the tissue net from nothing, on clean slices of the template's training blocks."""

from __future__ import annotations

from pathlib import Path

import torch

from seatrial import seeded

from ._cases import slabs_of, training_cases
from ._net import TissueNet, UNet

__all__ = ["train_tissue_net"]

RATE = 4e-3
BATCH = 12


def train_tissue_net(
    path: str | Path | None = None, *, seed: int = 0, steps: int = 150
) -> TissueNet:
    """Train with AdamW, one cycle of the learning rate and batches of 12 slices.

    It sees clean slices alone: what becomes of it under artefacts is what the trial is for. With
    `path` the weights are written there. 150 steps take about a minute on two cores.
    """
    (case,) = training_cases()
    slabs = list(slabs_of(case))
    with seeded(seed):
        net = TissueNet(UNet())
        slices, labels = net.tensors([one.input for one in slabs], [one.target for one in slabs])
        optimizer = torch.optim.AdamW(net.module.parameters(), lr=RATE)
        cycle = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps)
        net.module.train()
        for _ in range(steps):
            some = torch.randint(len(slices), (BATCH,))
            loss = net.loss_of(slices[some], labels[some])
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            cycle.step()
    net.module.eval()
    if path is not None:
        net.save(path)
    return net
