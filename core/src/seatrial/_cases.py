"""Cases, what models answer, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral
from typing import Any, Literal, get_args

from attrs import field, frozen

from ._arguments import of_kind
from ._values import FrozenMapping, freeze, frozen_mapping, optional_mapping
from .errors import PlanError

__all__ = [
    "CLEAN",
    "STATUSES",
    "Case",
    "Failed",
    "Outcome",
    "Prediction",
    "Preference",
    "answer_of",
    "cluster_of",
    "with_input",
]

CLEAN = "clean"
"""The name that stands in reports for the unperturbed input (severity 0)."""

Status = Literal["scored", "refused", "errored", "skipped"]
"""What became of a record."""

STATUSES: tuple[Status, ...] = get_args(Status)


def _name(value: Any) -> Any:
    """Take whole numbers as names, as tables of cases have them."""
    if isinstance(value, str):
        return value
    whole = isinstance(value, Integral) and not isinstance(value, bool)
    return str(int(value)) if whole else value


def _named(_: Any, attribute: Any, value: Any) -> None:
    """Refuse a name that is neither text nor a whole number; a cluster may be left out."""
    if isinstance(value, str) or (value is None and attribute.name == "cluster"):
        return
    msg = f"the {attribute.name} of a case must be text or a whole number, got {value!r:.80}"
    raise PlanError(msg)


@frozen
class Case:
    """One item of a trial.

    `id` is text; a whole number becomes text. `input` is one value or a mapping of named parts
    (`{"question": ..., "options": [...]}`); lists become tuples. Values may be texts, numbers,
    `messages`, arrays, `Volume`s and `Asset`s, alone or inside mappings and tuples, and so may the
    target.
    `groups` maps an attribute to this case's value of it (vendor, age band, topic);
    `cluster` names the unit that is really independent (patient, article, passage) and is the
    case itself when it is not given.
    """

    id: str = field(converter=_name, validator=_named)
    input: Any = field(converter=freeze)
    target: Any = field(default=None, converter=freeze)
    groups: FrozenMapping = field(factory=FrozenMapping, converter=frozen_mapping)
    cluster: str | None = field(default=None, converter=_name, validator=_named)


def with_input(case: Case, value: Any) -> Case:
    """Give a case with another input; `attrs.evolve` takes twice as long to find the fields."""
    return Case(case.id, value, case.target, case.groups, case.cluster)


@frozen
class Prediction:
    """What a model says about one input, when a bare value does not say enough.

    `value` is the answer itself. `probabilities` maps each possible answer to its probability.
    `refused` is True or False when the model knows whether it refused, None when it does not say.
    `details` holds anything else that JSON can carry (margins, ties, token counts).
    """

    value: Any
    probabilities: FrozenMapping | None = field(
        default=None, kw_only=True, converter=optional_mapping
    )
    refused: bool | None = field(default=None, kw_only=True)
    details: FrozenMapping = field(factory=FrozenMapping, kw_only=True, converter=frozen_mapping)


@frozen
class Failed:
    """What a model answers where it has no answer for one input: why, and whether to ask again.

    The other inputs of the same call keep their answers. `retryable` is for failures that pass by
    themselves (a rate limit, a time-out of an endpoint); others are final. `retry_after` is how
    many seconds to wait at least before asking again; a run waits a minute at most. `stops` is for
    failures that every further input would meet (a budget is spent): the run stops, keeps what was
    answered, and measures the rest when it is run again. `usage` is what the failure cost all the
    same, by name, as `details["usage"]` of a prediction is.
    """

    reason: str = field(validator=of_kind(str))
    retryable: bool = field(default=False, kw_only=True)
    retry_after: float | None = field(default=None, kw_only=True)
    stops: bool = field(default=False, kw_only=True)
    usage: FrozenMapping = field(factory=FrozenMapping, kw_only=True, converter=frozen_mapping)


@frozen
class Preference:
    """One pair for preference alignment: of two answers to an input, the better and the worse.

    `case_id` and `cluster` say which case it was made of; `reason` says why one answer is better.
    """

    input: Any = field(converter=freeze)
    chosen: Any
    rejected: Any
    case_id: str | None = field(default=None, kw_only=True)
    cluster: str | None = field(default=None, kw_only=True)
    reason: str = field(default="", kw_only=True)


@frozen(kw_only=True)
class Outcome:
    """One measured record with its case and the input that the model really saw.

    Explainers read outcomes: `right` is what they predict. `case` has the target against which the
    answer was scored, which a perturbation may have changed.
    """

    case: Case
    input: Any
    prediction: Prediction | None
    right: bool
    perturbation: str = CLEAN
    severity: int = 0
    replicate: int = 0


def cluster_of(case: Case) -> str:
    """Name the unit that is really independent: the case's cluster, or the case itself."""
    return case.cluster or case.id


def answer_of(answer: Any) -> Prediction:
    """Wrap a bare answer as a `Prediction`; hand a `Prediction` on as it is."""
    return answer if isinstance(answer, Prediction) else Prediction(answer)


def duplicates(ids: Sequence[str]) -> list[str]:
    """List the ids that occur more than once, in order of their second appearance."""
    seen: set[str] = set()
    twice: dict[str, None] = {}
    for one in ids:
        if one in seen:
            twice[one] = None
        seen.add(one)
    return list(twice)
