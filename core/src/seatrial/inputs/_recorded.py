"""Answers that were recorded elsewhere, as a model that knows them by case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from attrs import field, frozen

from .._cases import CLEAN, Failed, Prediction
from .._table_options import ANSWERS, option_problems
from .._writing import digest
from ..errors import ModelError, PlanError
from ._encoding import as_json, name_content
from .tables._answers import COLUMNS, Recorded, RecordKey, answers_of
from .tables._reading import Reading, rows_of

__all__ = ["Asked", "RecordKey", "RecordedAnswers", "goes_by_record", "load_answers"]

FIELDS = ("value", "probabilities", "refused", "reason")
SHORT = 12


@frozen
class Asked:
    """What a model with the attribute `by_record` is given for each input."""

    key: RecordKey
    input: Any


def goes_by_record(model: Any) -> bool:
    """Tell whether a model has to be told which record each input belongs to, by `Asked`."""
    return getattr(model, "by_record", False) is True


@frozen(eq=False, repr=False)
class RecordedAnswers:
    """A model that gives the answers of a table, by case, perturbation, severity and replicate."""

    name: str
    answers: Mapping[RecordKey, Recorded]
    identity: str = field(init=False)

    by_record = True
    deterministic = True

    @identity.default
    def _of_the_content(self) -> str:
        said = [
            [
                *key,
                as_json([getattr(one.answer, name, None) for name in FIELDS]),
                as_json(one.input),
            ]
            for key, one in sorted(self.answers.items(), key=lambda item: item[0])
        ]
        return f"recorded answers {digest(said)[:SHORT]}"

    def __call__(self, asked: Sequence[Any], /) -> list[Prediction | Failed]:
        """Give the recorded answers; those that there are none of are failures."""
        if not all(isinstance(one, Asked) for one in asked):
            msg = (
                f"{self.name} holds answers to cases, and cannot answer other inputs: what asks "
                "the model itself (repairs, searches, explainers that look inside) needs model="
            )
            raise ModelError(msg)
        return [self._to(one) for one in asked]

    def _to(self, asked: Asked) -> Prediction | Failed:
        _, perturbation, severity, replicate = asked.key
        what = "to the clean input"
        if perturbation != CLEAN:
            what = f"under {perturbation} at severity {severity}"
            what += f", replicate {replicate}" if replicate else ""
        if (found := self.answers.get(asked.key)) is None:
            return Failed(f"{self.name}: no answer {what}")
        if found.input is not None and name_content(found.input) != name_content(asked.input):
            return Failed(
                f"{self.name}: the answer {what} is to another input than the run makes today"
            )
        return found.answer

    def __repr__(self) -> str:
        return f"RecordedAnswers({self.name!r}, {len(self.answers):,} answers)"


def load_answers(
    source: Any,
    *,
    id: str = "id",  # noqa: A002 - as the field of a case
    perturbation: str = "perturbation",
    severity: str = "severity",
    replicate: str = "replicate",
    answer: str = "answer",
    probabilities: str = "probabilities",
    refused: str = "refused",
    error: str = "error",
    input: str | None = None,  # noqa: A002 - as the field of a case
    types: Mapping[str, str] | None = None,
    split: str | None = None,
    delimiter: str | None = None,
    encoding: str | None = None,
) -> RecordedAnswers:
    """Make a model of answers that were recorded elsewhere, so that they can be judged.

    `source` is a path, a data frame, a data set or mappings, as in `load_cases`, with a row for
    each answer. The other arguments name its columns. `id` and `answer` (or `probabilities`, whose
    most probable answer is then taken) must be there. A row without perturbation is the answer to
    the clean input; a perturbation goes by the name that reports give it, with its `severity` from
    1 up, and its `replicate` where the plan has several. Ids that `perturbed` gave
    (`17@nlpaug.ocr:3`) say all of this by themselves. `probabilities` maps answers to probabilities
    (a JSON text in CSV), `refused` is true or false, and a row with an `error` is a failure. Where
    `input` names the column of what was answered, it is compared with what the run shows: an answer
    to something else is an error of its record. `types` states types as in `load_cases`; by default
    an answer has the type that a target of the same column would have.

    The identity of the model is its content. Raises `FileError` with the file and line of each row
    that is no answer.
    """
    named = (id, perturbation, severity, replicate, answer, probabilities, refused, error, input)
    options = {"types": types, "split": split, "delimiter": delimiter, "encoding": encoding}
    given: dict[str, Any] = {key: one for key, one in options.items() if one is not None}
    if problems := [f"{key} {problem}" for key, problem in option_problems(given, ANSWERS)]:
        raise PlanError("; ".join(problems))
    if (found := rows_of(source, Reading(**given))) is None:
        what = "a file, a data frame, a data set or mappings"
        msg = f"answers are read from {what}, got {source!r:.80}"
        raise PlanError(msg)
    columns = {key: one for key, one in zip(COLUMNS, named, strict=True) if one is not None}
    return RecordedAnswers(found[0].name, answers_of(*found, columns))
