"""Measured records in the form in which they are stored, the same before and after storage."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from typing import Any

import attrs
import numpy as np
from attrs import field

from .._cases import STATUSES, Prediction, Status
from .._values import FrozenMapping, freeze
from ..errors import ModelError, PlanError
from ..inputs._encoding import Encoded
from ..inputs._encoding import encode as encode_value
from ..inputs._modalities import Modalities, core_modalities

__all__ = ["Row", "dump_prediction", "dump_scores", "encode", "load_prediction", "record_row"]

REMEMBERED = 256
"""How many answers a process knows the stored form of: those of a classifier are few."""


@attrs.define(slots=True)
class Row:
    """One measured record on its way to the store; a worker makes it, and it travels as it is.

    `unchanged` says that the perturbation left input and target as they were: the clean record's
    prediction, scores and status then stand for it, and the model was not asked.
    `prediction`, `refused` and `answer` (63 bits, equal for equal answers) are set by `answered`.
    `target` is the target if the perturbation changed it. `seen` is the input as the model saw it:
    of a perturbed record always (also of one that errored after it was perturbed), of a clean one
    where the input holds arrays. `Keeper` writes the artifacts of all three. `queries` counts what
    a search asked, None for other perturbations; `attempts` counts how often the model was asked.
    """

    status: Status = "scored"
    prediction: Encoded | None = None
    refused: bool | None = None
    answer: int | None = None
    scores: dict[str, float] = field(factory=dict)
    distance: float | None = None
    unchanged: bool = False
    error: str | None = None
    target: Encoded | None = None
    seen: Encoded | None = None
    queries: int | None = None
    attempts: int = 0

    def answered(self, prediction: Prediction, modalities: Modalities | None = None) -> None:
        """Take a prediction; raises `PlanError` for what cannot be stored."""
        self.prediction, self.answer = dump_prediction(prediction, modalities)
        self.refused = prediction.refused


def encode(answer: Any, modalities: Modalities | None = None) -> Prediction:
    """Turn an answer into a prediction of plain, read-only values; arrays stay what they are.

    Raises `ModelError` for what cannot be stored.
    """
    if type(answer) is str:
        return _of_text(answer)
    known = modalities or core_modalities()
    if not isinstance(answer, Prediction):
        return Prediction(_storable(answer, known))
    given = answer.probabilities
    return Prediction(
        _storable(answer.value, known),
        probabilities=None if given is None else {str(key): float(p) for key, p in given.items()},
        refused=None if answer.refused is None else bool(answer.refused),
        details=_storable(answer.details, known),
    )


@lru_cache(REMEMBERED)
def _of_text(answer: str) -> Prediction:
    return Prediction(answer)


def _storable(value: Any, modalities: Modalities) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, Mapping):
        return FrozenMapping({str(key): _storable(v, modalities) for key, v in value.items()})
    if isinstance(value, list | tuple):
        return tuple(_storable(item, modalities) for item in value)
    if (name := modalities.recognise(value)) is not None:
        return modalities.carrier(name).freeze(value)
    msg = (
        "answers must be text, numbers, arrays, volumes, or lists and mappings of these, got "
        f"{type(value).__qualname__}"
    )
    raise ModelError(msg)


def dump_prediction(
    prediction: Prediction, modalities: Modalities | None = None
) -> tuple[Encoded, int]:
    """Write a prediction, and give 63 bits that are equal for equal answers.

    What a prediction does not say is left out. Raises `ModelError` for what cannot be stored.
    """
    try:
        value, answer = _named(prediction.value, modalities)
        rest: dict[str, Any] = {}
        if prediction.probabilities is not None:
            rest["probabilities"] = prediction.probabilities
        if prediction.refused is not None:
            rest["refused"] = prediction.refused
        if prediction.details:
            rest["details"] = prediction.details
        if not rest:
            return Encoded(f'{{"value":{value.text}}}', value.artifacts), answer
        more = encode_value(rest, modalities)
    except PlanError as error:
        msg = f"the answer cannot be stored: {error}"
        raise ModelError(msg) from error
    text = f'{more.text[:-1]},"value":{value.text}}}'
    return Encoded(text, {**value.artifacts, **more.artifacts}), answer


def _named(value: Any, modalities: Modalities | None) -> tuple[Encoded, int]:
    if type(value) is str:
        return _named_text(value)
    found = encode_value(value, modalities)
    return found, _number_of(found)


@lru_cache(REMEMBERED)
def _named_text(value: str) -> tuple[Encoded, int]:
    found = encode_value(value)
    return found, _number_of(found)


def _number_of(value: Encoded) -> int:
    digest = hashlib.blake2b(value.text.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1


def load_prediction(text: str, read: Callable[[str], Any] | None = None) -> Prediction:
    """Read back what `dump_prediction` wrote; `read` decodes a text that names artifacts."""
    plain = '"$' not in text
    table = freeze(json.loads(text)) if plain or read is None else read(text)
    return Prediction(
        table["value"],
        probabilities=table.get("probabilities"),
        refused=table.get("refused"),
        details=table.get("details", {}),
    )


_key = cache(json.dumps)


def dump_scores(scores: Mapping[str, float]) -> str:
    """Write the scores of a record, as JSON in the order of their names; all are finite.

    The library's encoder is set up anew in each call, which takes as long again.
    """
    return f"{{{','.join([f'{_key(label)}:{scores[label]!r}' for label in sorted(scores)])}}}"


def record_row(key: bytes, seed: int | None, row: Row) -> tuple[Any, ...]:
    """Give the row of the table `records`."""
    return (
        key,
        seed,
        STATUSES.index(row.status),
        None if row.refused is None else int(row.refused),
        row.answer,
        _said(row.prediction),
        dump_scores(row.scores),
        row.error,
        row.distance,
        int(row.unchanged),
        _said(row.target),
        _said(row.seen),
        row.queries,
        row.attempts,
    )


def _said(value: Encoded | None) -> str | None:
    return None if value is None else value.text
