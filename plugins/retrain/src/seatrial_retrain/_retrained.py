"""A model around a network that was trained further; it saves the weights alone."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any, Final

from seatrial.errors import ModelError, StoreError
from seatrial.kit import digest

__all__ = ["Retrained", "copy_of", "load_retrained"]

WEIGHTS: Final = "weights.safetensors"


class Retrained:
    """A model whose network was trained further: it has every attribute of the original.

    `save` writes the weights as safetensors.
    """

    def __init__(self, model: Any) -> None:
        self.model = model

    @property
    def identity(self) -> str:
        """What it is: a digest of its weights."""
        held = self.model.module.state_dict().items()
        weights = [(name, str(one.dtype), digest(_bytes(one))) for name, one in held]
        return f"retrained {digest(weights)[:12]}"

    def __call__(self, inputs: Sequence[Any], /) -> Sequence[Any]:
        """Answer as the model does."""
        return self.model(inputs)  # type: ignore[no-any-return]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name == "model":
            raise AttributeError(name)
        return getattr(self.model, name)

    def save(self, path: str | Path) -> None:
        """Write the weights to a folder; `load_retrained` reads them with the original."""
        from safetensors.torch import save_model

        folder = Path(path)
        folder.mkdir(parents=True, exist_ok=True)
        save_model(self.model.module, str(folder / WEIGHTS))


def load_retrained(path: str | Path, /, *, model: Any) -> Retrained:
    """Read weights that `Retrained.save` wrote into a copy of the original's network.

    Raises `StoreError` where there are none, or those of another network.
    """
    from safetensors.torch import load_model

    found = copy_of(model)
    file = Path(path) / WEIGHTS
    try:
        load_model(found.module, file)
    except (OSError, RuntimeError, ValueError) as error:
        msg = f"{file} has no weights for this model: {error}"
        raise StoreError(msg) from error
    found.module.eval()
    return Retrained(found)


def copy_of(model: Any) -> Any:
    """Give the same model around a copy of its network; the original stays as it is.

    Raises `ModelError` where `with_module` gives a model around something else.
    """
    module = deepcopy(model.module)
    found = model.with_module(module)
    if getattr(found, "module", None) is not module:
        msg = (
            f"{type(model).__qualname__}.with_module(module) must give a model whose module is "
            f"the one that it was given, got {found!r:.60}"
        )
        raise ModelError(msg)
    return found


def _bytes(tensor: Any) -> bytes:
    import torch

    flat = tensor.detach().cpu().contiguous().reshape(-1)
    return bytes(flat.view(torch.uint8).numpy().tobytes())
