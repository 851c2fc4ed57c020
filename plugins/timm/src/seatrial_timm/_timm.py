"""Image classifiers that timm builds, with weights from safetensors only."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from seatrial_transformers import torchvision_problem

from seatrial.errors import ModelError

from ._images import Preprocessing

__all__ = ["build", "preprocessing", "weights"]


def _timm() -> Any:
    try:
        import timm
    except Exception as error:
        reason = torchvision_problem() or f"{type(error).__name__}: {error}"
        msg = f"timm cannot be imported: {reason}; the tower 'efficientnet-lite0' does not need it"
        raise ModelError(msg) from error
    return timm


def _described(name: str) -> Any:
    timm = _timm()
    architecture = name.partition(".")[0]
    if not timm.is_model(architecture):
        near = timm.list_models(f"*{architecture}*")[:3]
        more = f"; it has {', '.join(near)}" if near else ""
        msg = f"timm has no model {name!r}{more}"
        raise ModelError(msg)
    try:
        return timm.get_pretrained_cfg(name, allow_unregistered=False)
    except RuntimeError as error:
        known = ", ".join(timm.list_pretrained(f"{architecture}.*")) or "none"
        msg = f"timm has no configuration {name!r}; of {architecture} it has {known}"
        raise ModelError(msg) from error


def weights(name: str, given: str | None) -> Path:
    """Find the weights: a local .safetensors file, or what timm publishes on the hub."""
    if given is not None:
        file = Path(given).expanduser()
        if file.suffix != ".safetensors" or not file.is_file():
            msg = f"{given} is no .safetensors file; other weights are not loaded"
            raise ModelError(msg)
        return file
    source = _described(name).hf_hub_id
    if not source:
        msg = f"timm publishes no weights for {name} on the hub; give weights=, a .safetensors file"
        raise ModelError(msg)
    from huggingface_hub import hf_hub_download

    try:
        return Path(hf_hub_download(source, "model.safetensors"))
    except Exception as error:
        msg = f"the hub does not give the weights of {name} ({source}): {error}"
        raise ModelError(msg) from error


def preprocessing(name: str, crop: float) -> Preprocessing:
    """Read from timm how this model's images are preprocessed."""
    config = _timm().data.resolve_data_config(_described(name).to_dict())
    return Preprocessing(
        side=int(config["input_size"][-1]),
        mean=tuple(255 * value for value in config["mean"]),
        std=tuple(255 * value for value in config["std"]),
        crop=crop,
        interpolation=config["interpolation"],
    )


def build(name: str, file: Path) -> Any:
    """Build the module from a .safetensors file that holds its tensors and no others."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        stored = load_file(file)
    except (OSError, SafetensorError) as error:
        msg = f"{file} cannot be read as weights: {type(error).__name__}: {error}"
        raise ModelError(msg) from error
    classes = next((len(value) for key, value in stored.items() if key == _classifier(name)), 1000)
    try:
        module: Any = _timm().create_model(name, pretrained=False, num_classes=classes)
        module.load_state_dict(stored)
    except RuntimeError as error:
        msg = f"{file} does not fit timm's {name}: {error}"
        raise ModelError(msg) from error
    return module.eval()


def _classifier(name: str) -> str:
    found = _described(name).to_dict().get("classifier")
    return f"{found[0] if isinstance(found, list | tuple) else found}.bias"
