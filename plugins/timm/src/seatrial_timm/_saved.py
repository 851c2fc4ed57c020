"""A folder that timm wrote: weights in safetensors, and a configuration to use them by."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attrs import field, frozen

from seatrial.errors import ModelError
from seatrial.kit import digest

from ._timm import imported

__all__ = ["CONFIG", "Saved"]

CONFIG, WEIGHTS = "config.json", "model.safetensors"
REFUSED = {"checkpoint_path", "pretrained", "pretrained_cfg", "cache_dir"}
"""Arguments of timm's `create_model` by which it loads other files."""


@frozen
class Saved:
    """A model in a folder, as `timm.models.save_for_hf(…, safe_serialization=True)` writes it.

    `config.json` names the architecture, how images are preprocessed and, where it knows them, the
    classes; `model.safetensors` holds the weights.
    """

    folder: Path = field(converter=Path)

    @property
    def name(self) -> str:
        """The architecture."""
        return str(self._read()["architecture"])

    @property
    def stated(self) -> str:
        """The whole configuration: the folder may lie anywhere."""
        return f"saved:{digest(json.dumps(self._read(), sort_keys=True))}"

    @property
    def classes(self) -> tuple[str, ...] | None:
        """The names that were saved with the model."""
        found = self._read()
        names = found.get("label_names") or found.get("pretrained_cfg", {}).get("label_names")
        if isinstance(names, Mapping):  # by index
            names = [names[key] for key in sorted(names, key=int)]
        return tuple(map(str, names)) if names else None

    @property
    def options(self) -> Mapping[str, Any]:
        """The arguments that the architecture was built with; the weights say how many classes."""
        found: Mapping[str, Any] = self._read().get("model_args") or {}
        if wrong := sorted(REFUSED & set(found)):
            msg = f"{self.folder / CONFIG}: model_args may not set {', '.join(wrong)}"
            raise ModelError(msg)
        return {name: value for name, value in found.items() if name != "num_classes"}

    def file(self) -> Path:
        """Find the weights; pickled ones are not loaded."""
        file = self.folder / WEIGHTS
        if file.is_file():
            return file
        there = sorted(
            one.name for one in self.folder.glob("*") if one.suffix in (".bin", ".pth", ".pt")
        )
        msg = f"{self.folder} holds no {WEIGHTS}"
        if there:
            msg += f"; {there[0]} may hold pickled code and is not loaded: save it as safetensors"
        raise ModelError(msg)

    def config(self) -> Mapping[str, Any]:
        """Read it from the folder, over what timm knows of the architecture."""
        timm = imported()
        if not timm.is_model(self.name):
            msg = f"{self.folder / CONFIG}: timm has no model {self.name!r}"
            raise ModelError(msg)
        known = timm.get_pretrained_cfg(self.name, allow_unregistered=False).to_dict()
        return {**known, **self._read().get("pretrained_cfg", {})}

    def _read(self) -> Mapping[str, Any]:
        file = self.folder / CONFIG
        try:
            found = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            msg = f"{file} cannot be read: {error}"
            raise ModelError(msg) from error
        if not isinstance(found, dict) or not isinstance(found.get("architecture"), str):
            msg = f"{file} names no architecture of timm"
            raise ModelError(msg)
        return found
