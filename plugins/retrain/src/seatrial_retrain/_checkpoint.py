"""What a training has reached, kept in one file after each epoch."""

from __future__ import annotations

import io
import math
from pathlib import Path
from typing import Any, Final

from attrs import asdict, frozen

from seatrial.kit import write_atomically

__all__ = ["Checkpoint", "Progress"]

FILE: Final = "checkpoint.pt"


@frozen
class Progress:
    """How many epochs are done, and which of them had the lowest loss."""

    epoch: int = 0
    best: int = 0
    loss: float = math.inf

    def hopeful(self, patience: int) -> bool:
        """Tell whether the loss fell within the last so many epochs."""
        return self.epoch - self.best < patience


class Checkpoint:
    """The weights that are trained and the best so far, with the state of the optimizer.

    It is one file, which is replaced at once, and is read with `weights_only`. Without a directory
    nothing is written. Random numbers need no place in it: each epoch has a seed of its own.
    """

    def __init__(self, directory: Path | None, module: Any, optimizer: Any) -> None:
        self._path = None if directory is None else Path(directory) / FILE
        self._module, self._optimizer = module, optimizer
        self._best = _copied(module.state_dict())

    def read(self) -> Progress:
        """Go on where an earlier training stopped, if there was one."""
        import torch

        if self._path is None or not self._path.is_file():
            return Progress()
        found = torch.load(self._path, weights_only=True)
        self._module.load_state_dict(found["module"])
        self._optimizer.load_state_dict(found["optimizer"])
        self._best = found["best"]
        return Progress(**found["progress"])

    def after(self, before: Progress, loss: float) -> Progress:
        """Note the end of an epoch, and the weights if its loss is the lowest."""
        import torch

        epoch = before.epoch + 1
        at = Progress(epoch, before.best, before.loss)
        if loss < before.loss:
            at = Progress(epoch, epoch, loss)
            self._best = _copied(self._module.state_dict())
        if self._path is not None:
            buffer = io.BytesIO()
            held = {
                "module": self._module.state_dict(),
                "optimizer": self._optimizer.state_dict(),
                "best": self._best,
                "progress": asdict(at),
            }
            torch.save(held, buffer)
            write_atomically(self._path, buffer.getvalue())
        return at

    def take_best(self) -> None:
        """Put the weights with the lowest loss into the module."""
        self._module.load_state_dict(self._best)


def _copied(state: Any) -> dict[str, Any]:
    return {name: one.detach().clone() for name, one in state.items()}
