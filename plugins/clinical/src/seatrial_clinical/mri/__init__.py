"""Segmenting the brain: cases, a weak model and a strong one, and what they must withstand.

The volumes are those that packages carry: the MNI152 template inside nilearn, an average of 152
people, and phantoms simulated from its tissue maps. Neither is a patient, and none of this is
medical advice.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._cases import brain_cases, tissue_cases, training_cases
    from ._models import brain_mask, thresholds, tissue_net
    from ._net import TissueNet
    from ._training import train_tissue_net

__all__ = [
    "TissueNet",
    "brain_cases",
    "brain_mask",
    "brain_mask_specification",
    "repaired_specification",
    "segmentation_specification",
    "thresholds",
    "tissue_cases",
    "tissue_net",
    "train_tissue_net",
    "training_cases",
]

HOMES = {
    "TissueNet": "_net",
    "brain_cases": "_cases",
    "brain_mask": "_models",
    "thresholds": "_models",
    "tissue_cases": "_cases",
    "tissue_net": "_models",
    "train_tissue_net": "_training",
    "training_cases": "_cases",
}


def segmentation_specification() -> Path:
    """Give the path of the specification of a model that segments grey and white matter."""
    return Path(__file__).with_name("mri-segmentation.toml")


def repaired_specification() -> Path:
    """Give the path of the same specification with a cap on what a repair may cost when clean."""
    return Path(__file__).with_name("mri-repaired.toml")


def brain_mask_specification() -> Path:
    """Give the path of the specification of a model that finds the brain."""
    return Path(__file__).with_name("mri-brain-mask.toml")


def __getattr__(name: str) -> Any:
    """Import what computes when it is first asked for: it loads torch and nibabel."""
    if name not in HOMES:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    return getattr(import_module(f".{HOMES[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
