"""What a report is made of: its accounting, its records and its cells."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import frozen

from .._cases import Prediction
from ..errors import StoreError

__all__ = ["Accounting", "Cell", "Record"]


@frozen
class Accounting:
    """How many records were planned, and what became of each."""

    planned: int
    scored: int
    refused: int
    errored: int
    skipped: int
    unchanged: int = 0

    def __attrs_post_init__(self) -> None:
        parts = self.scored + self.refused + self.errored + self.skipped
        if parts != self.planned:
            msg = f"the accounting does not close: {self}"
            raise StoreError(msg)

    def __str__(self) -> str:
        reused = f" ({self.unchanged:,} unchanged, not asked again)" if self.unchanged else ""
        return (
            f"planned {self.planned:,} = scored {self.scored:,} + refused {self.refused:,} + "
            f"errored {self.errored:,} + skipped {self.skipped:,}{reused}"
        )


@frozen
class Record:
    """One (case, perturbation, severity, replicate) and what came of it.

    `queries` is how often a search asked the model before it gave its worst input, and `found` is
    that input (arrays are only known by their hash); both are None for other perturbations.
    """

    case_id: str
    perturbation: str
    severity: int
    replicate: int
    seed: int | None
    status: str
    prediction: Prediction | None
    scores: Mapping[str, float]
    distance: float | None
    unchanged: bool
    error: str | None
    queries: int | None = None
    found: Any = None


@frozen
class Cell:
    """One perturbation at one severity: every metric over its cases.

    `scores` maps a metric's label to its figure over the records that have an answer, None where it
    is undefined. `distance` is the mean measured distance.
    """

    perturbation: str
    severity: int
    cases: int
    scores: Mapping[str, float | None]
    distance: float | None
    accounting: Accounting
