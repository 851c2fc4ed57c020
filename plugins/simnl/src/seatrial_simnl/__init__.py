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
    from ._data import ImageData
    from ._extraction import extract, prototypes
    from ._features import Features
    from ._files import load_estimator
    from ._model import AdaptedModel, Reasons, load
    from ._npz import medmnist, npz_file
    from ._pictures import Pictures
    from ._pinned import Trained, fit, gradients, logits
    from ._prompts import Prompts, cupl_file, prompts
    from ._readers import csv_file, image_folder, split_file
    from ._sampling import few_shot, relabelled, remap
    from ._simnl import SimNL
    from ._tip import Tip
    from ._wording import negative_prompts

__all__ = [
    "AdaptedModel",
    "Ape",
    "ClipAdapter",
    "Features",
    "ImageData",
    "LinearProbe",
    "Pictures",
    "Prompts",
    "Reasons",
    "SimNL",
    "TaskRes",
    "Tip",
    "Trained",
    "ZeroShot",
    "ape",
    "augmented",
    "clap",
    "clip_adapter",
    "csv_file",
    "cupl_file",
    "extract",
    "few_shot",
    "fit",
    "gradients",
    "image_folder",
    "linear_probe",
    "load",
    "load_estimator",
    "logits",
    "medmnist",
    "negative_prompts",
    "npz_file",
    "prompts",
    "prototypes",
    "relabelled",
    "remap",
    "simnl",
    "split_file",
    "taskres",
    "tip",
    "tip_f",
    "zero_shot",
]

NEEDS = ("embed_image", "embed_text")


def _adapter(name: str, summary: str) -> Adapter:
    return Adapter(
        name=f"simnl.{name}",
        summary=summary,
        factory=f"seatrial_simnl._adapters:{name.replace('-', '_')}",
        needs=NEEDS,
        modality="image",
    )


simnl = _adapter("simnl", "Positive and negative classifiers of texts and cached images.")
zero_shot = _adapter("zero-shot", "The texts of the classes alone; learns nothing.")
tip = _adapter("tip", "Tip-Adapter: a cache of the few images beside the texts.")
tip_f = _adapter("tip-f", "Tip-Adapter-F: the cache with its keys learned.")
taskres = _adapter("taskres", "TaskRes: a learned residual beside the texts.")
clip_adapter = _adapter("clip-adapter", "CLIP-Adapter: a bottleneck after the image tower.")
ape = _adapter("ape", "APE: a cache on the channels that tell classes apart.")
clap = _adapter("clap", "CLAP: a linear probe that is held to the texts.")
linear_probe = _adapter("linear-probe", "A linear probe that starts at the texts (ZS-LP).")


@hookimpl
def seatrial_adapters() -> tuple[Adapter, ...]:
    """Declare them all."""
    return (simnl, zero_shot, tip, tip_f, taskres, clip_adapter, ape, clap, linear_probe)


_HOMES = {
    "AdaptedModel": "_model",
    "Ape": "_ape",
    "ClipAdapter": "_baselines",
    "Features": "_features",
    "ImageData": "_data",
    "LinearProbe": "_baselines",
    "Pictures": "_pictures",
    "Prompts": "_prompts",
    "Reasons": "_model",
    "SimNL": "_simnl",
    "TaskRes": "_baselines",
    "Tip": "_tip",
    "Trained": "_pinned",
    "ZeroShot": "_baselines",
    "augmented": "_augment",
    "csv_file": "_readers",
    "cupl_file": "_prompts",
    "extract": "_extraction",
    "few_shot": "_sampling",
    "fit": "_pinned",
    "gradients": "_pinned",
    "image_folder": "_readers",
    "load": "_model",
    "load_estimator": "_files",
    "logits": "_pinned",
    "medmnist": "_npz",
    "negative_prompts": "_wording",
    "npz_file": "_npz",
    "prompts": "_prompts",
    "prototypes": "_extraction",
    "relabelled": "_sampling",
    "remap": "_sampling",
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
