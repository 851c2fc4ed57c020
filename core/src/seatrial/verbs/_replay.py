"""Ask a model again for one record: the prompt as it goes out, and the answer that comes back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import evolve, frozen

from .._cases import CLEAN, Prediction
from .._reference import StoredReference
from .._values import FrozenMapping, plain
from ..engine._asking import Asker, Asking, Cost
from ..engine._conversations import is_scripted
from ..engine._scoring import scores_or_errors
from ..errors import PlanError
from ..inputs._binding import built
from ..inputs._boundary import call
from ..inputs._encoding import name_content
from ..inputs._models import Subject, asked_anew, subject_of
from ..inputs._recorded import Asked, goes_by_record
from ..inputs._trained import Trained, variant
from ..runs._records import Record
from ..runs._report import Report
from ..runs._selection import Selection, ids_of
from ..runs._trust import trusted

__all__ = ["Replay", "replay"]


@frozen
class Replay:
    """One record, and what the model says today.

    `prompt` is the text that goes to the model, where the model tells it by `prompts(inputs)`: its
    chat template and what stands around the input are in it. `other_model` names the model that was
    asked, where that is another than the run's.
    """

    record: Record
    prompt: str | None
    prediction: Prediction | None
    error: str | None
    scores: Mapping[str, float | str]
    other_model: str | None

    @property
    def same(self) -> bool:
        """Whether the answer is the one that was recorded."""
        before, now = self.record.prediction, self.prediction
        if before is None or now is None:
            return before is now and self.error == self.record.error
        return name_content(before.value) == name_content(now.value)


def replay(report: Report, name: str, /, model: Any = None) -> Replay:
    """Ask about one record again; `name` is its id (`17@nlpaug.keyboard:3`; `17` is the clean one).

    The input is the one that was seen, read back or made again and checked. Without `model` it is
    the run's own. Nothing is stored. Raises `PlanError` where there is no such record.
    """
    record = _record(report, name)
    subject = subject_of(report.model if model is None else model)
    seen = record.input
    if seen is None:
        msg = f"{name}: the model was never asked, since {record.error or 'there was no input'}"
        raise PlanError(msg)
    if report._trust:
        seen = _trusting(seen)
    given = plain(seen) if isinstance(seen, Mapping) else seen
    asker = Asker(
        _asked(report, record, subject), Asking(1, None, 0, 0.0), report._store.modalities
    )
    key = record.case_id, record.perturbation, record.severity, record.replicate
    question = Asked(key, given) if goes_by_record(subject.model) else given
    (answer,) = asker.ask([question], Cost(), record.id)
    prediction = answer.prediction
    case = evolve(record.case, input=seen, target=record.target)
    return Replay(
        record,
        _prompt(subject, given),
        prediction,
        answer.error,
        FrozenMapping() if prediction is None else FrozenMapping(_scores(report, case, prediction)),
        _other(report, subject),
    )


def _record(report: Report, name: str) -> Record:
    found = Selection(ids=(name,)).positions(report)
    for at, known in zip(found, ids_of(report, found), strict=True):
        if known == name:
            (record,) = report.records([int(at)])
            return record
    msg = f"the run has no record {name!r}: there is no clean one of that case"
    raise PlanError(msg)


def _asked(report: Report, record: Record, subject: Subject) -> Any:
    """Give the model that answered: where training cases were changed, it is trained anew."""
    if isinstance(subject.model, Trained) and record.perturbation != CLEAN:
        use = report.perturbation_use(record.perturbation)
        if use.component.trains:
            place = record.severity, report.seed, record.replicate
            return variant(subject.model, use, *place).model
    return asked_anew(subject.model)


def _prompt(subject: Subject, given: Any) -> str | None:
    ask = getattr(subject.model, "prompts", None)
    if ask is None or is_scripted(given):
        return None
    return str(call("the prompts of the model", ask, [given])[0])


def _trusting(value: Any) -> Any:
    """Let the functions that speak in a stored conversation be imported, and say which."""
    if isinstance(value, StoredReference):
        return trusted({"use": value.use, "params": value.params}, trust=True)
    if isinstance(value, Mapping):
        return FrozenMapping({key: _trusting(part) for key, part in value.items()})
    return tuple(map(_trusting, value)) if isinstance(value, list | tuple) else value


def _scores(report: Report, case: Any, prediction: Prediction) -> dict[str, float | str]:
    found = {}
    for metric in report.metrics:
        if metric["per_case"]:
            use = report.metric_use(metric["label"])
            (found[use.label],) = scores_or_errors(use, built(use), [case], [prediction])
    return found


def _other(report: Report, subject: Subject) -> str | None:
    """Name the model if it is not the one that was measured, as far as either is known."""
    now = subject.identity
    return now if now and report.identity and now != report.identity else None
