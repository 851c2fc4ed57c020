"""The models on trial: a small U-Net, thresholds to beat, and deepbet's brain mask."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from functools import cache
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

from seatrial import Prediction, Volume
from seatrial.errors import ModelError

from ._cases import training_cases
from ._net import IGNORED, TissueNet, UNet, bright_end
from ._template import Array

__all__ = ["brain_mask", "thresholds", "tissue_net"]

SIDE = 128
"""deepbet's network for the whole head works on 128³ voxels."""
PROBABLE = 0.5
MEAN, SPREAD = 0.449, 0.226
STEPS = 40
"""Values of each threshold that are tried."""

Segment = Callable[[Sequence[Volume]], list[Prediction]]


def tissue_net(path: str | Path) -> TissueNet:
    """Load weights that `train_tissue_net` or `TissueNet.save` wrote."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    module = UNet()
    try:
        module.load_state_dict(load_file(path))
    except FileNotFoundError as error:
        msg = f"there is no tissue model {path}: seatrial_clinical.mri.train_tissue_net writes one"
        raise ModelError(msg) from error
    except (OSError, SafetensorError, RuntimeError) as error:
        msg = f"{path} does not hold the weights of a tissue model: {error}"
        raise ModelError(msg) from error
    return TissueNet(module)


class Thresholds:
    """Segments by intensity alone: what lies above two thresholds is grey, and white matter.

    They are parts of the bright end of each volume, fitted on the training blocks. A model that is
    no better has learned no anatomy.
    """

    def __init__(self, low: float, high: float) -> None:
        self.low, self.high = low, high

    @property
    def identity(self) -> str:
        """What it is: its thresholds."""
        return f"thresholds {self.low:.3f} and {self.high:.3f}"

    def __call__(self, inputs: Sequence[Volume], /) -> list[Prediction]:
        """Segment each volume, voxel by voxel."""
        found = []
        for one in inputs:
            values = one.array[0] / bright_end(one)
            labels = (values > self.low).astype(np.uint8) + (values > self.high)
            found.append(Prediction(Volume(labels.astype(np.uint8), one.affine), refused=False))
        return found


@cache
def thresholds() -> Thresholds:
    """Fit both thresholds: the highest mean Dice of grey and white matter in training."""
    (case,) = training_cases()
    chosen = case.target.array[0] != IGNORED
    values = (case.input.array[0] / bright_end(case.input))[chosen]
    truth = case.target.array[0][chosen]
    grid = np.linspace(0.2, 1.0, STEPS).tolist()
    pairs = [(low, high) for low in grid for high in grid if low < high]
    above = {one: values > one for one in grid}

    def mean_dice(pair: tuple[float, float]) -> float:
        low, high = above[pair[0]], above[pair[1]]
        return (_dice(low & ~high, truth == 1) + _dice(high, truth == 2)) / 2  # noqa: PLR2004

    return Thresholds(*max(pairs, key=mean_dice))


def _dice(one: Array, other: Array) -> float:
    return 2 * np.count_nonzero(one & other) / (np.count_nonzero(one) + np.count_nonzero(other))


class BrainMask:
    """The first of deepbet's two networks, which finds the brain in the whole head at 128³.

    Its second one, which draws the edge at 256³, is not used. MIT licence; only the weights inside
    the package are read.
    """

    identity = "deepbet 1.0.2 bbox_model"

    def __init__(self) -> None:
        with warnings.catch_warnings():  # the weights come as TorchScript, whose end is announced
            warnings.simplefilter("ignore", DeprecationWarning)
            loaded = torch.jit.load(_weights(), map_location="cpu")  # type: ignore[no-untyped-call]
        self.module = loaded.eval()

    def __call__(self, inputs: Sequence[Volume], /) -> list[Prediction]:
        """Find the brain (1) in each volume, on its own grid."""
        return [Prediction(self._segment(one), refused=False) for one in inputs]

    def _segment(self, volume: Volume) -> Volume:
        values = torch.tensor(volume.array.astype(np.float32, order="C"))[None]
        with torch.inference_mode():
            small = functional.interpolate(values, (SIDE,) * 3, mode="nearest-exact")
            found = self.module(_standard(small))[:, 1:]
            whole = functional.interpolate(found, values.shape[2:], mode="nearest-exact")
        brain = _largest(whole[0, 0].numpy() > PROBABLE)
        return Volume(brain.astype(np.uint8), volume.affine)


def _standard(values: torch.Tensor) -> torch.Tensor:
    """Cut off what is darkest and brightest, and bring the rest to the scale of deepbet's training.

    That is the mean and the standard deviation of ImageNet's greys.
    """
    low, high = np.quantile(values.numpy(), [0.005, 0.995])
    part = ((values - low) / max(high - low, 1e-6)).clamp(0, 1)
    found: torch.Tensor = MEAN + SPREAD * (part - part.mean()) / part.std().clamp(min=1e-6)
    return found


def _largest(mask: Array) -> Array:
    """Keep the largest part that hangs together."""
    from scipy.ndimage import label

    parts, count = label(mask)
    if not count:
        return mask
    return np.asarray(parts == 1 + np.bincount(parts.ravel())[1:].argmax())


@cache
def brain_mask() -> BrainMask:
    """Load it once a process."""
    return BrainMask()


def _weights() -> str:
    try:
        held = files("deepbet") or []
    except PackageNotFoundError:
        held = []
    for one in held:
        if one.name == "bbox_model.pt":
            return str(one.locate())
    msg = "deepbet is not installed: pip install --no-deps deepbet"
    raise ModelError(msg)
