"""The answers that the rows of a table hold."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from attrs import evolve, frozen

from ..._cases import CLEAN, Failed, Prediction
from ..._values import freeze
from ...errors import PlanError
from ._cells import Cells
from ._reading import Reading
from ._rows import Row, Rows, refused

__all__ = ["COLUMNS", "RecordKey", "Recorded", "answers_of"]

COLUMNS = (
    *("id", "perturbation", "severity", "replicate"),
    *("answer", "probabilities", "refused", "error", "input"),
)

ROUNDED = 1e-6
"""By how much single precision may overshoot 1."""

PERTURBED = re.compile(r"(.+)@(.+):([1-9][0-9]*)(?:#([0-9]+))?", re.DOTALL)
"""The id that the verb `perturbed` gives to a case."""

RecordKey = tuple[str, str, int, int]
"""What an answer is to: the id of the case, the perturbation, the severity and the replicate."""


@frozen
class Recorded:
    """One recorded answer, and the input that it is to, where that is known."""

    answer: Prediction | Failed
    input: Any = None


def answers_of(
    rows: Rows, reading: Reading, columns: Mapping[str, str]
) -> dict[RecordKey, Recorded]:
    """Read every answer; raises `FileError` that names each row that is none.

    The column `input` is read where `columns` has one.
    """
    likely = columns["probabilities"]
    wanted = [columns["id"], *([] if rows.has(likely) else [columns["answer"]]), *reading.types]
    wanted += [columns["input"]] if "input" in columns else []
    problems = [*rows.problems, *rows.absent(wanted)]
    if problems:
        raise refused(rows.name, problems)
    types = {likely: "json", columns["refused"]: "boolean", **reading.types}
    texts = {columns.get(one) for one in ("id", "perturbation", "error", "input")}
    cells = Cells.of(rows, evolve(reading, types=types), numbers=lambda name: name not in texts)
    found: dict[RecordKey, Recorded] = {}
    places: dict[RecordKey, str] = {}
    for row in rows.rows:
        answer = _Answer(row, cells, columns)
        try:
            key, given = answer.key(), Recorded(answer.given(), answer.input())
        except PlanError as error:
            problems.append(f"{row.place}: {error}")
            continue
        if key in found:
            problems.append(f"{row.place}: {places[key]} is an answer to the same input")
        found[key], places[key] = given, row.place
    if problems:
        raise refused(rows.name, problems)
    return found


@frozen
class _Answer:
    """One row of a table of answers."""

    row: Row
    cells: Cells
    columns: Mapping[str, str]

    def _read(self, what: str) -> Any:
        return self.cells.read(self.row, self.columns[what])

    def key(self) -> RecordKey:
        case = self.cells.name(self.row, self.columns["id"])
        perturbation = self._read("perturbation")
        severity, replicate = self._whole("severity"), self._whole("replicate")
        if not perturbation and not severity and (told := PERTURBED.fullmatch(case)):
            case, perturbation, severity = told[1], told[2], int(told[3])
            replicate = int(told[4] or 0)
        perturbation = perturbation or CLEAN
        if not isinstance(perturbation, str) or (perturbation == CLEAN) != (severity == 0):
            msg = (
                f"perturbation {perturbation!r:.60} at severity {severity}: a perturbation has a "
                "severity from 1 up, and the clean input has none"
            )
            raise PlanError(msg)
        return case, perturbation, severity, replicate

    def _whole(self, what: str) -> int:
        found = self._read(what)
        if found is None or found == "":
            return 0
        if isinstance(found, bool) or not isinstance(found, int | float) or found % 1 or found < 0:
            msg = f"{self.columns[what]!r} must be a whole number from 0 up, got {found!r:.60}"
            raise PlanError(msg)
        return int(found)

    def given(self) -> Prediction | Failed:
        if error := self._read("error"):
            return Failed(str(error))
        value, likely = self._read("answer"), self._read("probabilities") or None
        if likely is not None:
            self._check(likely)
        if likely and (value is None or value == ""):
            value = max(likely, key=lambda one: likely[one])
        if value is None:
            return Failed("the recorded answer is empty")
        said = self._read("refused")
        return Prediction(value, probabilities=likely, refused=None if said == "" else said)

    def input(self) -> Any:
        return freeze(self._read("input")) if "input" in self.columns else None

    def _check(self, likely: Any) -> None:
        name = self.columns["probabilities"]
        numbers = likely.values() if isinstance(likely, Mapping) else [None]
        if not all(isinstance(one, int | float) and not isinstance(one, bool) for one in numbers):
            msg = f"{name!r} must map answers to their probabilities, got {likely!r:.60}"
            raise PlanError(msg)
        for answer, one in likely.items():
            if not 0 <= one <= 1 + ROUNDED:  # nor NaN
                msg = f"{name!r}: the probability of {answer!r} must lie from 0 to 1, got {one!r}"
                raise PlanError(msg)
