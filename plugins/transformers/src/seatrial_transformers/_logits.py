"""The logits of a model: asked for few rows, and refused where they are no numbers."""

from __future__ import annotations

import inspect
import math
from typing import Any

from seatrial.errors import ModelError

__all__ = ["check_finite", "headed"]


def headed(module: Any, rows: Any) -> dict[str, Any]:
    """Ask for the vocabulary's logits at these rows only, where the module can be asked.

    All rows cost as much as several layers.
    """
    takes = "logits_to_keep" in inspect.signature(module.forward).parameters
    return {"logits_to_keep": rows} if takes else {}


def check_finite(top: float) -> None:
    """Refuse a next token whose greatest logit is NaN or infinite: none would be the likeliest."""
    if not math.isfinite(top):
        msg = (
            f"the greatest logit of the next token is {top}; the model computes numbers that "
            "overflow: load it in float32 or bfloat16, and check its weights for NaN"
        )
        raise ModelError(msg)
