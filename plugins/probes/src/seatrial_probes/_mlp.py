"""A network with one hidden layer: what a linear probe cannot say."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt
import torch
from attrs import frozen

from seatrial.errors import ModelError

from ._backend import backend
from ._selection import Sample
from ._standardise import standardised
from ._threads import one_thread
from ._training import Schedule, trained

__all__ = ["Network", "fit_network"]

SCHEDULE: Final = Schedule(rate=1e-3, last_rate=1e-4, decay=1e-1, patience=30)

Floats = npt.NDArray[np.float64]


@frozen(eq=False)
class Network:
    """A fitted network: relu(z · inner + bias) · outer + intercept, z being a standardised row."""

    mean: Any
    deviation: Any
    inner: Any
    bias: Any
    outer: Any
    intercept: Any

    def logits(self, rows: Any) -> Any:
        """Give the log-odds of failure of standardised rows."""
        return torch.relu(rows @ self.inner + self.bias) @ self.outer + self.intercept

    @one_thread()
    def __call__(self, table: Any) -> Floats:
        """Score rows [rows, width] as they come; raises `ModelError` for another width."""
        if table.shape[-1] != len(self.mean):
            msg = (
                f"activations are {table.shape[-1]} wide, but the probe was fitted on "
                f"{len(self.mean)}: give it the model that it was fitted on"
            )
            raise ModelError(msg)
        rows = torch.tensor((table - self.mean) / self.deviation, dtype=torch.float32)
        with torch.no_grad():
            found = self.logits(rows.to(self.inner.device)).cpu().numpy()
        return np.asarray(found, dtype=np.float64)


@one_thread()
def fit_network(
    table: Any,
    sample: Sample,
    *,
    hidden: int,
    seed: int,
    schedule: Schedule = SCHEDULE,
    device: str = "cpu",
) -> tuple[Network, Floats, int]:
    """Fit `hidden` rectified units to rows; give the network, every epoch's scores, the best one.

    Rows are standardised by the training part. Early stopping, on the validation part, and weight
    decay keep it from learning rows by heart. For the scores see `trained`.
    """
    features = standardised(table[~sample.kept], backend(None, "float32"))
    rows = torch.tensor((table - features.mean) / features.deviation, dtype=torch.float32)
    rows = rows.to(device)
    generator = np.random.default_rng(seed)
    width = table.shape[1]
    drawn = (
        generator.standard_normal((width, hidden)) * np.sqrt(2 / width),
        np.zeros(hidden),
        generator.standard_normal(hidden) * np.sqrt(1 / hidden),
        np.zeros(()),
    )
    parameters = [
        torch.tensor(one, dtype=torch.float32, device=device, requires_grad=True) for one in drawn
    ]
    network = Network(features.mean, features.deviation, *parameters)
    scores, best = trained(
        parameters, lambda places: network.logits(rows[places]), sample, schedule, seed=seed
    )
    fixed = [one.detach() for one in parameters]
    return Network(features.mean, features.deviation, *fixed), scores, best
