"""A small two-dimensional U-Net for the tissues of the brain, as a model that can be retrained."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from seatrial import Prediction, Volume
from seatrial.kit import digest

__all__ = ["IGNORED", "TissueNet", "UNet", "bright_end"]

CLASSES = 3
"""Background, grey matter, white matter."""
IGNORED = 255
"""The label of voxels that count nowhere, in training and in scores."""
FACTOR = 4
"""Two poolings halve each side twice."""
AT_ONCE = 32


def _block(inside: int, outside: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for width in (inside, outside):
        layers += [
            nn.Conv2d(width, outside, 3, padding=1, bias=False),
            nn.BatchNorm2d(outside),
            nn.ReLU(inplace=True),
        ]
    return nn.Sequential(*layers)


class UNet(nn.Module):
    """Three levels of two convolutions each; 12 channels at the first."""

    def __init__(self, channels: int = 12, classes: int = CLASSES) -> None:
        super().__init__()
        self.first = _block(1, channels)
        self.second = _block(channels, 2 * channels)
        self.third = _block(2 * channels, 4 * channels)
        self.up_second = nn.ConvTranspose2d(4 * channels, 2 * channels, 2, stride=2)
        self.back_second = _block(4 * channels, 2 * channels)
        self.up_first = nn.ConvTranspose2d(2 * channels, channels, 2, stride=2)
        self.back_first = _block(2 * channels, channels)
        self.out = nn.Conv2d(channels, classes, 1)

    def forward(self, slices: torch.Tensor) -> torch.Tensor:
        """Give the logits of each class: [slices, 1, height, width] → [slices, classes, …]."""
        first = self.first(slices.contiguous(memory_format=torch.channels_last))
        second = self.second(functional.max_pool2d(first, 2))
        third = self.third(functional.max_pool2d(second, 2))
        back = self.back_second(torch.cat([self.up_second(third), second], 1))
        back = self.back_first(torch.cat([self.up_first(back), first], 1))
        logits: torch.Tensor = self.out(back)
        return logits


def bright_end(volume: Volume) -> float:
    """Give the 99th percentile of what is above 0: near it lies white matter in a T1."""
    inside = volume.array[volume.array > 0]
    return float(np.percentile(inside, 99)) if inside.size else 1.0


def _slices(volume: Volume) -> torch.Tensor:
    """Give the axial slices: [slices, 1, X, Y], the bright end of the volume at 1."""
    values = np.asarray(volume.array[0], dtype=np.float32).transpose(2, 0, 1)
    return torch.from_numpy(np.ascontiguousarray(values / bright_end(volume)))[:, None]


def _padded(slices: torch.Tensor, value: float = 0) -> torch.Tensor:
    height, width = slices.shape[-2:]
    return functional.pad(slices, (0, -width % FACTOR, 0, -height % FACTOR), value=value)


class TissueNet:
    """Segments grey (1) and white matter (2), slice by slice.

    `module`, `training_loss` and `with_module` are what `retrain.torch` asks of a model.
    """

    def __init__(self, module: nn.Module) -> None:
        self.module = module.eval().to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    @property
    def identity(self) -> str:
        """What it is: a digest of its weights."""
        weights = [
            (name, digest(tensor.numpy().tobytes()))
            for name, tensor in self.module.state_dict().items()
        ]
        return f"tissue net {digest(weights)[:12]}"

    def with_module(self, module: nn.Module) -> TissueNet:
        """Give the same model around another network."""
        return TissueNet(module)

    def __call__(self, inputs: Sequence[Volume], /) -> list[Prediction]:
        """Segment each volume, on its own grid."""
        return [Prediction(self._segment(one), refused=False) for one in inputs]

    def _segment(self, volume: Volume) -> Volume:
        slices = _slices(volume)
        height, width = slices.shape[-2:]
        with torch.inference_mode():
            found = [self.module(_padded(some)).argmax(1) for some in torch.split(slices, AT_ONCE)]
        labels = torch.cat(found)[:, :height, :width].numpy().astype(np.uint8)
        return Volume(np.ascontiguousarray(labels.transpose(1, 2, 0)), volume.affine)

    def training_loss(self, inputs: Sequence[Volume], targets: Sequence[Volume]) -> torch.Tensor:
        """Give the mean cross-entropy over the voxels that count."""
        return self.loss_of(*self.tensors(inputs, targets))

    def loss_of(self, slices: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """Give the same of slices: [slices, 1, height, width] and [slices, height, width]."""
        return functional.cross_entropy(self.module(slices), labels, ignore_index=IGNORED)

    def tensors(
        self, inputs: Sequence[Volume], targets: Sequence[Volume]
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Give the slices of volumes and of their targets, where anything counts."""
        slices = torch.cat([_padded(_slices(one)) for one in inputs])
        labels = torch.cat([_padded(_labels(one), IGNORED) for one in targets])
        some = (labels != IGNORED).flatten(1).any(1)
        return slices[some], labels[some]

    def save(self, path: str | Path) -> None:
        """Write the weights as safetensors; `tissue_net` reads them."""
        from safetensors.torch import save_file

        save_file({name: one.contiguous() for name, one in self.module.state_dict().items()}, path)


def _labels(target: Any) -> torch.Tensor:
    array = target.array[0] if isinstance(target, Volume) else np.asarray(target)
    return torch.from_numpy(np.ascontiguousarray(array.transpose(2, 0, 1))).long()
