"""Cases, what models answer, and the values that carry each modality."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from attrs import field, frozen
from attrs.validators import instance_of

from ._values import FrozenMapping, frozen_mapping, optional_mapping

__all__ = [
    "CARRIERS",
    "CLEAN",
    "Case",
    "Outcome",
    "Prediction",
    "Preference",
    "answer_of",
    "cluster_of",
]

CLEAN = "clean"
"""The name that stands in reports for the unperturbed input (severity 0)."""

CARRIERS: Mapping[str, str] = {
    "text": "str",
    "messages": "tuple of {'role': str, 'content': str}",
    "image": "uint8 array H×W×3, or float32 in [0, 1]",
    "volume": "float32 array C×X×Y×Z with a 4×4 affine (mm, RAS+)",
}
"""The documented carrier of each modality. The list is open: a plugin may name another one."""


def _parts(value: Any) -> Any:
    return frozen_mapping(value) if isinstance(value, Mapping) else value


@frozen
class Case:
    """One item of a trial.

    `input` is one value or a mapping of named parts (`{"question": ..., "options": [...]}`).
    `groups` maps an attribute to this case's value of it (vendor, age band, topic);
    `cluster` names the unit that is really independent (patient, article, passage) and is the
    case itself when it is not given.
    """

    id: str = field(validator=instance_of(str))
    input: Any = field(converter=_parts)
    target: Any = None
    groups: FrozenMapping = field(factory=FrozenMapping, converter=frozen_mapping)
    cluster: str | None = None


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
class Preference:
    """One pair for preference alignment: of two answers to an input, the better and the worse."""

    input: Any = field(converter=_parts)
    chosen: Any
    rejected: Any


@frozen(kw_only=True)
class Outcome:
    """One measured record with its case and the input that the model really saw.

    Explainers read outcomes: `right` is what they predict.
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
