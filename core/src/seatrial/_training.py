"""How a model is made, so that what corrupts its training can be tried: plain data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from attrs import field, frozen

from ._arguments import of_kind
from ._cases import Case
from ._reference import Reference
from ._table_options import CASES, as_table, file_reference, referred, written
from ._values import number_of
from .errors import PlanError

__all__ = ["TRAINED", "Training", "cases_given"]

TRAINED = "seatrial:trained"
"""What trains a model by reference: a public function, called with the keys of `Training`."""


def cases_given(value: Any) -> Any:
    """Take cases, or say by references where they are."""
    if value is None or isinstance(value, str | Reference):
        return referred(value, CASES)
    if isinstance(value, tuple) and all(isinstance(one, Case) for one in value):
        return value  # those of `load_cases` know where they came from, and their modalities
    if isinstance(value, Path):
        return file_reference({"file": str(value)}, CASES)
    if isinstance(value, Mapping) or not isinstance(value, Iterable):
        msg = f"cases are a file, 'module:name' or Case values, got {value!r:.80}"
        raise PlanError(msg)
    return tuple(referred(one, CASES) for one in value)


def _counted(cases: Any) -> str:
    """Write cases in memory by their number."""
    values = isinstance(cases, tuple) and all(isinstance(one, Case) for one in cases)
    return f"{len(cases):,} cases" if values else repr(cases)


def _function(value: Any) -> Any:
    return Reference(value) if isinstance(value, str) else value


@frozen
class Training:
    """A function from cases to a model, and the cases that it is called with.

    `function` is called as `function(cases, seed=seed)` and gives a model. It is an import string,
    a `Reference` to a factory of such a function, or the function itself; `cases` are those of
    `load_cases`, an import string, a `Reference`, or several. With it perturbations of the training
    cases can be measured: the model is then trained anew on the cases that they give.
    """

    function: Any = field(converter=_function)
    cases: Any = field(converter=cases_given, repr=_counted)
    seed: int = field(default=0, converter=number_of, validator=of_kind(int))

    @function.validator
    def _callable(self, _: Any, function: Any) -> None:
        file = as_table(function) if isinstance(function, Reference) else None
        if file is not None or not callable(function):
            given = function if file is None else file["file"]
            msg = f"the function of train must be callable or 'module:name', got {given!r:.80}"
            raise PlanError(msg)

    @cases.validator
    def _some(self, _: Any, cases: Any) -> None:
        if cases is None or cases == ():
            msg = "train needs cases to train on"
            raise PlanError(msg)

    def reference(self) -> Reference | None:
        """Name the model that comes of it; None where parts of it are live objects."""
        cases = self.cases if isinstance(self.cases, tuple) else (self.cases,)
        if not isinstance(self.function, Reference):
            return None
        if not all(isinstance(one, Reference) for one in cases):
            return None
        named = {"function": written(self.function), "cases": [written(one) for one in cases]}
        return Reference(TRAINED, {**named, "seed": self.seed})
