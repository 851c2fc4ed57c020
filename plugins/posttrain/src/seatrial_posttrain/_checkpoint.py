"""A checkpoint from which training goes on exactly."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import torch
from attrs import frozen
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from seatrial.errors import StoreError

from ._processes import Processes

__all__ = ["Checkpoint"]

MOMENTS = ("exp_avg", "exp_avg_sq")


@frozen
class Checkpoint:
    """Parameters, the optimizer's moments and the history, in one file that is replaced whole.

    Nothing else is needed: the order of examples and the generator follow from the seed and the
    number of the step. The file is the main process's, and None where nothing is kept.
    """

    file: Path | None
    processes: Processes

    def write(
        self,
        step: int,
        parameters: Mapping[str, Any],
        optimizer: Any,
        history: list[dict[str, float]],
    ) -> None:
        """Write what training is after so many steps."""
        if not self.processes.told(self.file is not None):
            return
        tensors: dict[str, Any] = {}
        for name, one in parameters.items():
            state = optimizer.state[one]
            found = {f"value {name}": one.detach()}
            found |= {f"{moment} {name}": state[moment] for moment in MOMENTS}
            whole = {key: self.processes.whole(tensor) for key, tensor in found.items()}
            if self.processes.main:
                tensors |= {key: tensor.contiguous() for key, tensor in whole.items()}
        if self.file is not None and self.processes.main:
            facts = {"step": str(step), "history": json.dumps(history)}
            _write(self.file, tensors, facts)

    def read(self, parameters: Mapping[str, Any], optimizer: Any) -> tuple[int, list[Any]]:
        """Bring parameters and optimizer to where they were, and give the step and the history."""
        file = self.file if self.processes.main else None
        try:
            with safe_open(file, framework="pt") if _is_there(file) else nullcontext() as stored:
                facts = self.processes.told(None if stored is None else stored.metadata())
                if facts is None:
                    return 0, []
                step = int(facts["step"])
                for name, one in parameters.items():
                    value, *moments = (
                        self._tensor(stored, f"{what} {name}", one) for what in ("value", *MOMENTS)
                    )
                    with torch.no_grad():
                        one.copy_(value)
                    optimizer.state[one] = {
                        "step": torch.tensor(float(step)),
                        **dict(zip(MOMENTS, moments, strict=True)),
                    }
        except (OSError, SafetensorError, KeyError, RuntimeError) as error:
            msg = f"{file} is no checkpoint of this training: {error}; remove it to start anew"
            raise StoreError(msg) from error
        return step, json.loads(facts["history"])

    def _tensor(self, stored: Any, name: str, parameter: Any) -> Any:
        """Give a stored tensor as its parameter is: on its device, and sharded like it."""
        if stored is None:
            found = torch.empty(parameter.shape, dtype=parameter.dtype, device=parameter.device)
        else:
            found = stored.get_tensor(name).to(parameter.device)
        return self.processes.like(self.processes.from_main(found), parameter)


def _is_there(file: Path | None) -> bool:
    return file is not None and file.is_file()


def _write(file: Path, tensors: Mapping[str, Any], facts: Mapping[str, str]) -> None:
    draft = file.with_suffix(".draft")
    try:
        save_file(dict(tensors), draft, metadata=dict(facts))
        draft.replace(file)
    except (OSError, SafetensorError) as error:
        draft.unlink(missing_ok=True)
        msg = f"{file} cannot be written, and the one before it is kept: {error}"
        raise StoreError(msg) from error
