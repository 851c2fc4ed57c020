"""A report copilot for brain MRI, made of real parts, and what it must withstand.

It is a system under test, not a medical device: its scans are simulated from the template inside
nilearn, and nothing that it says holds for patients.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._cases import copilot_cases
    from ._model import Copilot

__all__ = ["Copilot", "copilot_cases"]

HOMES = {"Copilot": "_model", "copilot_cases": "_cases"}


def __getattr__(name: str) -> Any:
    """Import what computes when it is first asked for: it loads numpy, and torch."""
    if name not in HOMES:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    return getattr(import_module(f".{HOMES[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
