"""A checkpoint from which training goes on exactly."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from attrs import frozen
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from seatrial.errors import StoreError

__all__ = ["Checkpoint"]

MOMENTS = ("exp_avg", "exp_avg_sq")


@frozen
class Checkpoint:
    """Parameters, the optimizer's moments and the history, in one file that is replaced whole.

    Nothing else is needed: the order of examples and the generator follow from the seed and the
    number of the step.
    """

    file: Path

    def write(
        self,
        step: int,
        parameters: Mapping[str, Any],
        optimizer: Any,
        history: list[dict[str, float]],
    ) -> None:
        """Write what training is after so many steps."""
        tensors = {}
        for name, one in parameters.items():
            tensors[f"value {name}"] = one.detach().contiguous()
            state = optimizer.state[one]
            tensors |= {f"{moment} {name}": state[moment].contiguous() for moment in MOMENTS}
        facts = {"step": str(step), "history": json.dumps(history)}
        draft = self.file.with_suffix(".draft")
        try:
            save_file(tensors, draft, metadata=facts)
            draft.replace(self.file)
        except (OSError, SafetensorError) as error:
            draft.unlink(missing_ok=True)
            msg = f"{self.file} cannot be written, and the one before it is kept: {error}"
            raise StoreError(msg) from error

    def read(self, parameters: Mapping[str, Any], optimizer: Any) -> tuple[int, list[Any]]:
        """Bring parameters and optimizer to where they were, and give the step and the history."""
        if not self.file.is_file():
            return 0, []
        try:
            with safe_open(self.file, framework="pt") as stored:
                facts = stored.metadata()
                step = int(facts["step"])
                for name, one in parameters.items():
                    with torch.no_grad():
                        one.copy_(stored.get_tensor(f"value {name}"))
                    optimizer.state[one] = {
                        "step": torch.tensor(float(step)),
                        **{
                            moment: stored.get_tensor(f"{moment} {name}").to(one.device)
                            for moment in MOMENTS
                        },
                    }
        except (OSError, SafetensorError, KeyError, RuntimeError) as error:
            msg = f"{self.file} is no checkpoint of this training: {error}; remove it to start anew"
            raise StoreError(msg) from error
        return step, json.loads(facts["history"])
