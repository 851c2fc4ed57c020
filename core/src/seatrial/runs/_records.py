"""What a report is made of: its accounting, its records, its cells and its errors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar

from attrs import cmp_using, field, fields, frozen

from .._cases import CLEAN, Case, Prediction, Status
from ..errors import StoreError
from ..inputs._encoding import name_content

__all__ = ["Accounting", "Cell", "ErrorCount", "Later", "Record", "record_id"]

T = TypeVar("T")


class Later(Generic[T]):
    """A value that is read when it is first asked for."""

    __slots__ = ("_make", "_value")

    def __init__(self, make: Callable[[], T]) -> None:
        self._make: Callable[[], T] | None = make

    def __call__(self) -> T:
        """Give the value."""
        if self._make is not None:
            self._value = self._make()
            self._make = None
        return self._value


def _later(value: Any) -> Later[Any]:
    return value if isinstance(value, Later) else Later(lambda: value)


def _same(one: Any, other: Any) -> bool:
    """Compare the content of two values, arrays included."""
    one, other = (value() if isinstance(value, Later) else value for value in (one, other))
    return one is other or name_content(_plain(one)) == name_content(_plain(other))


def _plain(value: Any) -> Any:
    """Turn a case or a prediction into a mapping of what it says."""
    if isinstance(value, Case | Prediction):
        return {one.name: getattr(value, one.name) for one in fields(type(value))}
    return value


def record_id(case_id: str, perturbation: str, severity: int, replicate: int) -> str:
    """Name a record by its case and what was done to it."""
    if perturbation == CLEAN:
        return case_id
    again = f"#{replicate}" if replicate else ""
    return f"{case_id}@{perturbation}:{severity}{again}"


BY_CONTENT = cmp_using(eq=_same, require_same_type=False)


@frozen
class Accounting:
    """How many records were planned, and what became of each.

    planned = scored + refused + errored + skipped; anything else is an error.
    """

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


@frozen(repr=False, hash=False)
class Record:
    """One (case, perturbation, severity, replicate) and what came of it.

    `case` is the case, and `input` what the model saw of it: None where the perturbation gave
    nothing. `target` is that against which the answer was scored, which a perturbation may have
    changed, and `changed` tells whether the perturbation changed anything. `distance` is how far
    the input was moved. `attempts` counts how often the model was asked, and `queries` what a
    search asked it (None for other perturbations).

    `case` and `input` are read when they are asked for. Where they hold arrays that the run did
    not keep they are made again from the cases; without those, `StoreError` says what is needed.
    """

    _case: Later[Case] = field(converter=_later, eq=BY_CONTENT)
    perturbation: str
    severity: int
    replicate: int
    seed: int | None
    status: Status
    prediction: Prediction | None = field(eq=BY_CONTENT)
    scores: Mapping[str, float]
    error: str | None
    distance: float | None
    changed: bool
    _target: Later[Any] = field(converter=_later, eq=BY_CONTENT)
    _input: Later[Any] = field(converter=_later, eq=BY_CONTENT)
    attempts: int = 1
    queries: int | None = None
    _case_id: str | None = field(default=None, kw_only=True, eq=False)

    @property
    def case(self) -> Case:
        """The case that was measured, as it is without perturbation."""
        return self._case()

    @property
    def case_id(self) -> str:
        """The id of the case, which needs no input."""
        return self.case.id if self._case_id is None else self._case_id

    @property
    def id(self) -> str:
        """The name of the record: `17` clean, else as `17@nlpaug.keyboard:3`, `#1` if repeated."""
        return record_id(self.case_id, self.perturbation, self.severity, self.replicate)

    @property
    def target(self) -> Any:
        """The target against which the answer was scored."""
        return self._target()

    @property
    def input(self) -> Any:
        """What the model saw."""
        return self._input()

    def __repr__(self) -> str:
        what = self.perturbation
        if what != CLEAN:
            what += f":{self.severity}" + (f"#{self.replicate}" if self.replicate else "")
        said = f", {self.error!r:.60}" if self.error else ""
        return f"Record({self.case_id!r}, {what}, {self.status}{said})"


@frozen
class Cell:
    """One perturbation at one severity: every metric over its cases.

    `cases` is how many were measured, which in a run that is not finished are fewer than planned.
    `scores` maps a metric's label to its figure over the records that have an answer, None where it
    is undefined. `distance` is the mean measured distance.
    """

    perturbation: str
    severity: int
    cases: int
    scores: Mapping[str, float | None]
    distance: float | None
    accounting: Accounting


@frozen
class ErrorCount:
    """One error, how many records have it, and the first case among them."""

    error: str
    count: int
    first_case: str

    def __str__(self) -> str:
        return f"{self.count:,} × {self.error} (first: {self.first_case})"
