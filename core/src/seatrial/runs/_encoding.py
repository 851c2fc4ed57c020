"""Predictions as plain values, the same before and after storage."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import attrs
import numpy as np
from attrs import field

from .._cases import Prediction
from .._values import freeze, plain
from ..errors import ModelError

__all__ = ["Row", "dump_prediction", "encode", "load_prediction"]


@attrs.define(slots=True)
class Row:
    """One measured record on its way to the store.

    `status` is "scored", "refused", "errored" or "skipped"; `unchanged` says that the perturbation
    left the input as it was, so the clean prediction stands for it and the model was not asked.
    `queries` and `found` are those of a search: what it asked the model, and what it found.
    """

    status: str = "scored"
    prediction: Prediction | None = None
    scores: dict[str, float] = field(factory=dict)
    distance: float | None = None
    unchanged: bool = False
    error: str | None = None
    target: Any = None
    queries: int | None = None
    found: Any = None


def encode(answer: Any) -> Prediction:
    """Turn an answer into a prediction of plain values, the same before and after storage."""
    if not isinstance(answer, Prediction):
        return Prediction(_storable(answer))
    prediction = answer
    return Prediction(
        _storable(prediction.value),
        probabilities=None
        if prediction.probabilities is None
        else {str(key): float(p) for key, p in prediction.probabilities.items()},
        refused=None if prediction.refused is None else bool(prediction.refused),
        details=_storable(prediction.details),
    )


def _storable(value: Any) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, Mapping):
        return freeze({str(key): _storable(item) for key, item in value.items()})
    if isinstance(value, list | tuple):
        return tuple(_storable(item) for item in value)
    msg = (
        f"answers must be text, numbers, or lists and mappings of these, got "
        f"{type(value).__qualname__}"
    )
    raise ModelError(msg)


_compact = json.JSONEncoder(separators=(",", ":")).encode


def dump_prediction(prediction: Prediction) -> str:
    """Write a prediction as compact JSON; what it does not say is left out."""
    value = prediction.value
    table: dict[str, Any] = {"value": value if isinstance(value, str) else plain(value)}
    if prediction.probabilities is not None:
        table["probabilities"] = plain(prediction.probabilities)
    if prediction.refused is not None:
        table["refused"] = prediction.refused
    if prediction.details:
        table["details"] = plain(prediction.details)
    return _compact(table)


def load_prediction(text: str) -> Prediction:
    """Read back what `dump_prediction` wrote."""
    table = json.loads(text)
    return Prediction(
        freeze(table["value"]),
        probabilities=table.get("probabilities"),
        refused=table.get("refused"),
        details=table.get("details", {}),
    )
