"""Towers that timm builds, with weights from safetensors only."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from seatrial.errors import ModelError

from ._images import Preparation

__all__ = ["build", "preparation", "weights"]


def _timm() -> Any:
    try:
        import timm
    except (ImportError, RuntimeError) as error:
        msg = (
            f"timm cannot be imported ({error}): install the torchvision that fits your torch, "
            "from where your torch came; the tower 'efficientnet-lite0' needs neither"
        )
        raise ModelError(msg) from error
    return timm


def _described(name: str) -> Any:
    timm = _timm()
    if not timm.is_model(name.partition(".")[0]):
        near = timm.list_models(f"*{name.partition('.')[0]}*")[:3]
        more = f"; it has {', '.join(near)}" if near else ""
        msg = f"timm has no model {name!r}{more}"
        raise ModelError(msg)
    found = timm.get_pretrained_cfg(name)
    if found is None:
        msg = f"timm publishes no weights under the name {name!r}"
        raise ModelError(msg)
    return found


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


def preparation(name: str, crop: float) -> Preparation:
    """Read from timm how this tower wants its pictures."""
    config = _timm().data.resolve_data_config(_described(name).to_dict())
    return Preparation(
        side=int(config["input_size"][-1]),
        mean=tuple(255 * value for value in config["mean"]),
        std=tuple(255 * value for value in config["std"]),
        crop=crop,
        interpolation=config["interpolation"],
    )


def build(name: str, file: Path) -> Any:
    """Build the module and fill it from a .safetensors file; no tensor may miss or be left over."""
    from safetensors.torch import load_file

    stored = load_file(file)
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
