"""Repair by training anew, on clean and perturbed cases mixed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from seatrial import Adapter, hookimpl

if TYPE_CHECKING:
    from ._estimator import Estimator, load

__all__ = ["Estimator", "load", "sklearn", "torch"]

sklearn = Adapter(
    name="retrain.sklearn",
    summary="Train a clone of a scikit-learn estimator on what was measured.",
    factory="seatrial_retrain._sklearn:sklearn",
    needs=("retrain.estimator",),
    reads="outcomes",
    loader="seatrial_retrain:load",
    samples="seatrial_retrain._samples:samples",
)


torch = Adapter(
    name="retrain.torch",
    summary="Fine-tune a copy of a PyTorch model on what was measured.",
    factory="seatrial_retrain._torch:retrain",
    needs=("module", "retrain.training_loss", "retrain.with_module"),
    reads="outcomes",
    loader="seatrial_retrain._retrained:load_retrained",
    samples="seatrial_retrain._samples:networks",
)


@hookimpl
def seatrial_adapters() -> tuple[Adapter, ...]:
    """Declare them."""
    return (sklearn, torch)


def __getattr__(name: str) -> Any:
    """Import what computes when it is first asked for: it loads scikit-learn."""
    if name not in {"Estimator", "load"}:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    from . import _estimator

    return getattr(_estimator, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
