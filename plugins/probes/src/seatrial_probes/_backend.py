"""One way to say the same computation in numpy and, on a device, in torch."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from attrs import frozen

from seatrial.errors import ParameterError

__all__ = ["Backend", "backend"]


@frozen(eq=False)
class Backend:
    """Arrays of numpy, or of torch on a device; both understand `axis`, `@` and `None` indices."""

    namespace: Any
    sigmoid: Any
    dtype: str
    device: str | None

    def array(self, values: Any) -> Any:
        """Bring values here, in this precision."""
        if self.device is None:
            return np.asarray(values, dtype=self.dtype)
        kind = getattr(self.namespace, self.dtype)
        return self.namespace.tensor(values, dtype=kind, device=self.device)

    def numpy(self, values: Any) -> npt.NDArray[np.float64]:
        """Take values back."""
        found = values if self.device is None else values.cpu().numpy()
        return np.asarray(found, dtype=np.float64)


def backend(device: str | None, dtype: str) -> Backend:
    """Give numpy where `device` is None, and torch otherwise ("cuda", "cpu")."""
    if device is None:
        from scipy.special import expit

        return Backend(np, expit, dtype, None)
    import torch

    try:
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        msg = f"device {device!r} cannot be used: {error}; leave it out to compute on the CPU"
        raise ParameterError(msg) from error
    return Backend(torch, torch.sigmoid, dtype, device)
