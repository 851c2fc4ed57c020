"""One cell of a protocol: a method fitted on one draw, and its answers on one test set."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from attrs import frozen

from seatrial.errors import StoreError
from seatrial.kit import write_atomically

__all__ = ["Cell", "read_cells", "write_cells"]

FORMAT = 1
LEVELS = 65535
"""Confidences are kept in 16 bits, in memory as on disk, so that going on changes nothing."""

Bits = npt.NDArray[np.bool_]
Fractions = npt.NDArray[np.float64]


@frozen(eq=False)
class Cell:
    """How one method did on one test set after it learned from one draw.

    `right` [n] says of each test image whether the answer was right, and `confidence` [n] which
    probability the answer was given. `seconds` is the time of the fit with its selection, and
    `parameters` how many numbers were learned.
    """

    method: str
    shots: int
    seed: int
    noise: float
    on: str
    right: Bits
    confidence: Fractions
    selected: Mapping[str, float]
    seconds: float
    parameters: int

    @property
    def accuracy(self) -> float:
        """The accuracy."""
        return float(self.right.mean())

    @classmethod
    def of(cls, logits: Any, labels: Any, **setting: Any) -> Cell:
        """Score logits [n, classes] against the places of the right classes."""
        raised = np.exp(logits - logits.max(1, keepdims=True), dtype=np.float64)
        stated = (raised / raised.sum(1, keepdims=True)).max(1)
        return cls(
            right=logits.argmax(1) == labels,
            confidence=np.rint(stated * LEVELS) / LEVELS,
            **setting,
        )

    def as_dict(self) -> dict[str, Any]:
        """Give it as plain data."""
        return {
            "method": self.method,
            "shots": self.shots,
            "seed": self.seed,
            "noise": self.noise,
            "on": self.on,
            "accuracy": self.accuracy,
            "images": len(self.right),
            "right": _text(np.packbits(self.right)),
            "confidence": _text(np.rint(self.confidence * LEVELS).astype("<u2")),
            "selected": dict(self.selected),
            "seconds": self.seconds,
            "parameters": self.parameters,
        }

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Cell:
        """Make it of what `as_dict` gave."""
        bits = np.frombuffer(base64.b64decode(plain["right"]), dtype=np.uint8)
        levels = np.frombuffer(base64.b64decode(plain["confidence"]), dtype="<u2")
        rest = ("method", "shots", "seed", "noise", "on", "selected", "seconds", "parameters")
        return cls(
            right=np.unpackbits(bits, count=plain["images"]).astype(bool),
            confidence=levels / LEVELS,
            **{name: plain[name] for name in rest},
        )


def _text(array: Any) -> str:
    return base64.b64encode(array.tobytes()).decode()


def write_cells(path: Path, made_from: Mapping[str, Any], cells: Sequence[Cell]) -> None:
    """Write the cells of one fit to a JSON file, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    plain = {
        "format": FORMAT,
        "made_from": dict(made_from),
        "cells": [cell.as_dict() for cell in cells],
    }
    write_atomically(path, json.dumps(plain, indent=1) + "\n")


def read_cells(path: Path, made_from: Mapping[str, Any]) -> tuple[Cell, ...] | None:
    """Read the cells of a finished fit; None where there is no such file.

    Raises `StoreError` where the file is damaged, or was made from something else.
    """
    if not path.exists():
        return None
    try:
        plain = json.loads(path.read_text(encoding="utf-8"))
        known, cells = plain["made_from"], tuple(map(Cell.from_dict, plain["cells"]))
    except (ValueError, KeyError, TypeError) as error:
        msg = f"{path} is no finished cell of a protocol ({error}); delete it, and it is made anew"
        raise StoreError(msg) from error
    if plain.get("format") != FORMAT or known != json.loads(json.dumps(made_from)):
        msg = f"{path} is stale: it was made from something else; delete it, and it is made anew"
        raise StoreError(msg)
    return cells
