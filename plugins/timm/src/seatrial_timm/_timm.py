"""Image classifiers that timm builds, with weights from safetensors only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from attrs import frozen
from seatrial_transformers import torchvision_problem

from seatrial.errors import ModelError

from ._images import Preprocessing
from ._ways import Ways

__all__ = ["Named", "Source", "build", "imported", "preprocessing", "timm_ways"]


class Source(Protocol):
    """Where a model of timm comes from."""

    @property
    def name(self) -> str:
        """What timm calls the architecture."""
        ...

    @property
    def stated(self) -> str:
        """What tells this model from others with the same weights."""
        ...

    @property
    def classes(self) -> tuple[str, ...] | None:
        """What its classes are called, None where that is not said."""
        ...

    @property
    def options(self) -> Mapping[str, Any]:
        """What timm is told beside the name to build it."""
        ...

    def file(self) -> Path:
        """Find the .safetensors file of the weights."""
        ...

    def config(self) -> Mapping[str, Any]:
        """Tell, as timm's `pretrained_cfg` does, how images are preprocessed."""
        ...


def imported() -> Any:
    """Import timm, or say why that cannot be done."""
    try:
        import timm
    except Exception as error:
        reason = torchvision_problem() or f"{type(error).__name__}: {error}"
        msg = f"timm cannot be imported: {reason}; the tower 'efficientnet-lite0' does not need it"
        raise ModelError(msg) from error
    return timm


@frozen
class Named:
    """A model by timm's name: weights from a local file, or what timm publishes on the hub."""

    name: str
    given: str | None = None
    classes: None = None

    @property
    def stated(self) -> str:
        """The name: it says how images are preprocessed."""
        return f"timm:{self.name}"

    @property
    def options(self) -> Mapping[str, Any]:
        """The name says it all."""
        return {}

    def file(self) -> Path:
        """Find the local file, or fetch the published one."""
        if self.given is not None:
            file = Path(self.given).expanduser()
            if file.suffix != ".safetensors" or not file.is_file():
                msg = f"{self.given} is no .safetensors file; other weights are not loaded"
                raise ModelError(msg)
            return file
        source = self._described().hf_hub_id
        if not source:
            msg = (
                f"timm publishes no weights for {self.name} on the hub; "
                "give weights=, a .safetensors file"
            )
            raise ModelError(msg)
        from huggingface_hub import hf_hub_download

        try:
            return Path(hf_hub_download(source, "model.safetensors"))
        except Exception as error:
            msg = f"the hub does not give the weights of {self.name} ({source}): {error}"
            raise ModelError(msg) from error

    def config(self) -> Mapping[str, Any]:
        """Ask timm."""
        known: Mapping[str, Any] = self._described().to_dict()
        return known

    def _described(self) -> Any:
        timm = imported()
        architecture = self.name.partition(".")[0]
        if not timm.is_model(architecture):
            near = timm.list_models(f"*{architecture}*")[:3]
            more = f"; it has {', '.join(near)}" if near else ""
            msg = f"timm has no model {self.name!r}{more}"
            raise ModelError(msg)
        try:
            return timm.get_pretrained_cfg(self.name, allow_unregistered=False)
        except RuntimeError as error:
            known = ", ".join(timm.list_pretrained(f"{architecture}.*")) or "none"
            msg = f"timm has no configuration {self.name!r}; of {architecture} it has {known}"
            raise ModelError(msg) from error


def preprocessing(source: Source, crop: float | None, bits: int | None) -> Preprocessing:
    """Read how this model's images are preprocessed; without a `crop`, as it is evaluated."""
    config = imported().data.resolve_data_config(dict(source.config()))
    return Preprocessing(
        side=int(config["input_size"][-1]),
        mean=tuple(255 * value for value in config["mean"]),
        std=tuple(255 * value for value in config["std"]),
        crop=float(config["crop_pct"]) if crop is None else crop,
        interpolation=config["interpolation"],
        bits=bits,
    )


def build(source: Source) -> Any:
    """Build the module from a .safetensors file that holds its tensors and no others."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    file = source.file()
    try:
        stored = load_file(file)
    except (OSError, SafetensorError) as error:
        msg = f"{file} cannot be read as weights: {type(error).__name__}: {error}"
        raise ModelError(msg) from error
    last = source.config().get("classifier")
    bias = f"{last[0] if isinstance(last, list | tuple) else last}.bias"
    classes = len(stored[bias]) if bias in stored else 1000
    try:
        module: Any = imported().create_model(
            source.name, pretrained=False, num_classes=classes, **source.options
        )
        module.load_state_dict(stored)
    except (RuntimeError, TypeError) as error:
        msg = f"{file} does not fit timm's {source.name}: {error}"
        raise ModelError(msg) from error
    return module.eval()


def timm_ways(module: Any) -> Ways:
    """Go through a module of timm."""
    name = type(module).__name__
    classifier = module.get_classifier()
    if not hasattr(classifier, "weight"):
        msg = f"timm's {name} has no single linear classifier, so no features that one reads"
        raise ModelError(msg)

    def features(batch: Any) -> Any:
        return module.forward_head(module.forward_features(batch), pre_logits=True)

    def stages(batch: Any) -> tuple[Any, Sequence[Any]]:
        if not hasattr(module, "forward_intermediates"):
            msg = f"timm's {name} does not give what leaves its stages"
            raise ModelError(msg)
        last, found = module.forward_intermediates(batch)
        return module.forward_head(last), found

    return Ways(features, stages, classifier)
