"""A trained head in one .npz file."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
from attrs import frozen

from seatrial.errors import ModelError
from seatrial.kit import write_atomically

from ._features import Modality
from ._heads import Head

__all__ = ["HeadFile"]


@frozen(eq=False)
class HeadFile:
    """A head, what it sees, and the towers that it was trained on, by their identity."""

    head: Head
    modality: Modality
    original: str

    def write(self, path: Path) -> None:
        """Write it; `read` reads it."""
        facts = {"kind": self.head.kind, "modality": self.modality, "original": self.original}
        told = np.frombuffer(json.dumps({"format": 1} | facts).encode(), np.uint8)
        arrays: dict[str, Any] = {**self.head.arrays, "facts": told}
        file = io.BytesIO()
        np.savez(file, **arrays)
        write_atomically(path, file.getvalue())

    @classmethod
    def read(cls, path: Path) -> HeadFile:
        """Read what `write` wrote; raises `ModelError` for anything else."""
        try:
            with np.load(path, allow_pickle=False) as held:
                arrays = {name: held[name] for name in held.files}
            facts = json.loads(arrays.pop("facts").tobytes())
            kind, modality, original = (facts[one] for one in ("kind", "modality", "original"))
        except (OSError, ValueError, KeyError) as error:
            msg = f"{path} is no trained head of seatrial-order: {error}"
            raise ModelError(msg) from error
        return cls(Head(kind, arrays), modality, original)
