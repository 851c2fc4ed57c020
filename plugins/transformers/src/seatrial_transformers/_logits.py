"""Ask a model for the logits of few rows: all rows cost as much as several layers."""

from __future__ import annotations

import inspect
from typing import Any

__all__ = ["headed"]


def headed(module: Any, rows: Any) -> dict[str, Any]:
    """Ask for the vocabulary's logits at these rows only, where the module can be asked."""
    takes = "logits_to_keep" in inspect.signature(module.forward).parameters
    return {"logits_to_keep": rows} if takes else {}
