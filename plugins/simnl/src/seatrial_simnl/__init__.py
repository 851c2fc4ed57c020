"""Few-shot repair of vision-language models: SimNL, and the adapters it is measured against.

`logits`, `fit` and `gradients` are the published code's model on plain arrays; the estimators
(`SimNL`, `Tip`, ...) follow scikit-learn's conventions on features; the adapters repair a model.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from seatrial import Adapter, hookimpl

if TYPE_CHECKING:
    from ._ape import Ape
    from ._augment import augmented
    from ._baselines import ClipAdapter, LinearProbe, TaskRes, ZeroShot
    from ._benchmarks import fgvc_aircraft, imagenet, imagenet_variant
    from ._cells import Cell
    from ._comparison import Comparison, compared
    from ._data import ImageData
    from ._extraction import extract, prototypes
    from ._features import Features
    from ._files import load_estimator
    from ._inside import (
        Branches,
        Looked,
        Sensitivity,
        branches,
        negative_prototypes,
        sensitivity,
    )
    from ._model import AdaptedModel, Reasons, load
    from ._npz import medmnist, npz_file
    from ._ood import Detected, Detection, in_distribution_score, ood_detection
    from ._pictures import Pictures
    from ._pinned import Trained, fit, gradients, logits
    from ._presets import preset
    from ._prompts import Prompts, cupl_file, prompts
    from ._protocol import ESTIMATORS, METHODS, domain_trial, few_shot_trial, noise_trial
    from ._readers import csv_file, image_folder, split_file
    from ._sampling import few_shot, relabelled, remap
    from ._simnl import SimNL
    from ._spread import Difference, Spread
    from ._tip import Tip
    from ._trial import Reliability, Trial
    from ._wording import negative_prompts

__all__ = [
    "ESTIMATORS",
    "METHODS",
    "AdaptedModel",
    "Ape",
    "Branches",
    "Cell",
    "ClipAdapter",
    "Comparison",
    "Detected",
    "Detection",
    "Difference",
    "Features",
    "ImageData",
    "LinearProbe",
    "Looked",
    "Pictures",
    "Prompts",
    "Reasons",
    "Reliability",
    "Sensitivity",
    "SimNL",
    "Spread",
    "TaskRes",
    "Tip",
    "Trained",
    "Trial",
    "ZeroShot",
    "ape",
    "augmented",
    "branches",
    "clap",
    "clip_adapter",
    "compared",
    "csv_file",
    "cupl_file",
    "domain_trial",
    "extract",
    "few_shot",
    "few_shot_trial",
    "fgvc_aircraft",
    "fit",
    "gradients",
    "image_folder",
    "imagenet",
    "imagenet_variant",
    "in_distribution_score",
    "linear_probe",
    "load",
    "load_estimator",
    "logits",
    "medmnist",
    "negative_prompts",
    "negative_prototypes",
    "noise_trial",
    "npz_file",
    "ood_detection",
    "preset",
    "prompts",
    "prototypes",
    "relabelled",
    "remap",
    "sensitivity",
    "simnl",
    "split_file",
    "taskres",
    "tip",
    "tip_f",
    "zero_shot",
]

NEEDS = ("embed_image", "embed_text")


def _adapter(name: str, summary: str, *, revision: int = 1) -> Adapter:
    return Adapter(
        name=f"simnl.{name}",
        revision=revision,
        summary=summary,
        factory=f"seatrial_simnl._adapters:{name.replace('-', '_')}",
        needs=NEEDS,
        modality="image",
        loader="seatrial_simnl:load",
        samples="seatrial_simnl._samples:samples",
    )


simnl = _adapter("simnl", "SimNL: positive and negative classifiers of texts and cached images.")
zero_shot = _adapter(
    "zero-shot", "Zero-shot: the text prototypes of the classes, without training."
)
tip = _adapter("tip", "Tip-Adapter: a key-value cache of the training images, not trained.")
tip_f = _adapter("tip-f", "Tip-Adapter-F: the key-value cache with trained keys.")
taskres = _adapter("taskres", "TaskRes: a trained residual on the text prototypes.", revision=2)
clip_adapter = _adapter(
    "clip-adapter", "CLIP-Adapter: a trained bottleneck after the image encoder."
)
ape = _adapter(
    "ape", "APE: a key-value cache on the channels that separate the classes.", revision=2
)
clap = _adapter("clap", "CLAP: a linear probe regularised towards the text prototypes.", revision=2)
linear_probe = _adapter(
    "linear-probe", "A linear probe initialised at the text prototypes (ZS-LP).", revision=2
)


@hookimpl
def seatrial_adapters() -> tuple[Adapter, ...]:
    """Declare them all."""
    return (simnl, zero_shot, tip, tip_f, taskres, clip_adapter, ape, clap, linear_probe)


_HOMES = {
    "ESTIMATORS": "_protocol",
    "METHODS": "_protocol",
    "AdaptedModel": "_model",
    "Ape": "_ape",
    "Branches": "_inside",
    "Cell": "_cells",
    "ClipAdapter": "_baselines",
    "Comparison": "_comparison",
    "Detected": "_ood",
    "Detection": "_ood",
    "Difference": "_spread",
    "Features": "_features",
    "ImageData": "_data",
    "LinearProbe": "_baselines",
    "Looked": "_inside",
    "Pictures": "_pictures",
    "Prompts": "_prompts",
    "Reasons": "_model",
    "Reliability": "_trial",
    "Sensitivity": "_inside",
    "SimNL": "_simnl",
    "Spread": "_spread",
    "TaskRes": "_baselines",
    "Tip": "_tip",
    "Trained": "_pinned",
    "Trial": "_trial",
    "ZeroShot": "_baselines",
    "augmented": "_augment",
    "branches": "_inside",
    "compared": "_comparison",
    "csv_file": "_readers",
    "cupl_file": "_prompts",
    "domain_trial": "_protocol",
    "extract": "_extraction",
    "few_shot": "_sampling",
    "few_shot_trial": "_protocol",
    "fgvc_aircraft": "_benchmarks",
    "fit": "_pinned",
    "gradients": "_pinned",
    "image_folder": "_readers",
    "imagenet": "_benchmarks",
    "imagenet_variant": "_benchmarks",
    "in_distribution_score": "_ood",
    "load": "_model",
    "load_estimator": "_files",
    "logits": "_pinned",
    "medmnist": "_npz",
    "negative_prompts": "_wording",
    "negative_prototypes": "_inside",
    "noise_trial": "_protocol",
    "npz_file": "_npz",
    "ood_detection": "_ood",
    "preset": "_presets",
    "prompts": "_prompts",
    "prototypes": "_extraction",
    "relabelled": "_sampling",
    "remap": "_sampling",
    "sensitivity": "_inside",
    "split_file": "_readers",
}


def __getattr__(name: str) -> Any:
    """Import what computes when it is first asked for: it loads torch."""
    if name not in _HOMES:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    from importlib import import_module

    value = getattr(import_module(f".{_HOMES[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
