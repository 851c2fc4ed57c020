"""A checkpoint from which fine-tuning goes on exactly."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from attrs import define, field
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from seatrial.errors import StoreError

__all__ = ["Progress"]

MOMENTS = ("exp_avg", "exp_avg_sq")


@define
class Progress:
    """How far training is: the steps done, each epoch's figures, and the best weights so far."""

    step: int = 0
    epochs: list[dict[str, float]] = field(factory=list)
    losses: list[float] = field(factory=list)
    best: dict[str, Any] = field(factory=dict)

    def write(self, file: Path, network: Any, optimizer: Any) -> None:
        """Write weights, moments of the optimizer and best weights; the file is replaced whole."""
        tensors = {f"value {name}": one for name, one in network.state_dict().items()}
        tensors |= {f"best {name}": one for name, one in self.best.items()}
        for name, one in network.named_parameters():
            for moment in MOMENTS:
                if moment in optimizer.state.get(one, {}):
                    tensors[f"{moment} {name}"] = optimizer.state[one][moment]
        facts = json.dumps({"step": self.step, "epochs": self.epochs, "losses": self.losses})
        draft = file.with_suffix(".draft")
        try:
            copies = {
                name: one.detach().cpu().contiguous().clone() for name, one in tensors.items()
            }
            save_file(copies, draft, metadata={"facts": facts})
            draft.replace(file)
        except (OSError, SafetensorError) as error:
            draft.unlink(missing_ok=True)
            msg = f"{file} cannot be written, and the checkpoint before it is kept: {error}"
            raise StoreError(msg) from error

    @classmethod
    def read(cls, file: Path, network: Any, optimizer: Any) -> Progress:
        """Bring weights and optimizer to where they were."""
        try:
            with safe_open(file, framework="pt") as stored:
                facts = json.loads(stored.metadata()["facts"])
                found = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118
            network.load_state_dict(_named("value", found))
            moments = {moment: _named(moment, found) for moment in MOMENTS}
            for name, one in network.named_parameters():
                if name in moments[MOMENTS[0]]:
                    optimizer.state[one] = {
                        "step": torch.tensor(float(facts["step"])),
                        **{key: held[name].to(one.device) for key, held in moments.items()},
                    }
            return cls(facts["step"], facts["epochs"], facts["losses"], _named("best", found))
        except (OSError, SafetensorError, KeyError, ValueError, RuntimeError) as error:
            msg = f"{file} is no checkpoint of this training: {error}; remove it to start anew"
            raise StoreError(msg) from error


def _named(kind: str, found: Mapping[str, Any]) -> dict[str, Any]:
    start = f"{kind} "
    return {name.removeprefix(start): one for name, one in found.items() if name.startswith(start)}
