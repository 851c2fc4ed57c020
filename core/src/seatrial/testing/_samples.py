"""Tiny inputs, made by code, that components are checked on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import deepcopy
from typing import Any

from attrs import evolve, field, frozen

from .._cases import Case, Prediction
from .._components import Component
from .._declaring import attribute_of
from .._importing import import_string
from .._seeds import derive
from .._values import freeze
from ..errors import PlanError, UnknownComponentError
from ..inputs._modalities import Modalities
from ..protocols import Carrier, Model
from ._inside import Thinking
from ._results import NotExercised
from ._texts import TEXTS

__all__ = ["SEARCHED", "SEEDS", "Answers", "Bare", "SampleModel", "Samples"]

SEEDS = tuple(derive(0, "seatrial.testing", index) for index in range(8))

SEARCHED = 6  # a search asks a model hundreds of times


def _conversations() -> list[Any]:
    return [
        freeze(
            [
                {"role": "system", "content": "You answer for a pharmacy."},
                {"role": "user", "content": text},
            ]
        )
        for text in TEXTS
    ]


OWN: Mapping[str, Callable[[], list[Any]]] = {
    "text": lambda: list(TEXTS),
    "messages": _conversations,
}
"""Values of the kit's own, beside those that the carrier of a modality gives."""


def _listed(values: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(values)


def _cases_of(values: Iterable[Case]) -> tuple[Case, ...]:
    return tuple(values)


def _models_of(values: Iterable[Model]) -> tuple[Model, ...]:
    return tuple(values)


@frozen
class Answers:
    """Targets with three sets of answers to them, for checking metrics.

    `perfect` could not be better, `worst` could not be worse, and `mixed` lies between.
    """

    name: str
    targets: tuple[Any, ...] = field(converter=_listed)
    perfect: tuple[Prediction, ...] = field(converter=_listed)
    mixed: tuple[Prediction, ...] = field(converter=_listed)
    worst: tuple[Prediction, ...] = field(converter=_listed)


def _answers_of(values: Iterable[Answers]) -> tuple[Answers, ...]:
    return tuple(values)


ADVICE = ("rest at home and drink water", "see a doctor today")


def _classes() -> Answers:
    targets = [ADVICE[index % 5 in (3, 4)] for index in range(15)]

    def answers(sure: Iterable[float], *, refused: bool = False) -> list[Prediction]:
        found = []
        for target, p in zip(targets, sure, strict=True):
            other = ADVICE[target == ADVICE[0]]
            probabilities = {target: p, other: 1 - p}
            found.append(
                Prediction(
                    max(probabilities, key=probabilities.__getitem__),
                    probabilities=probabilities,
                    refused=refused,
                )
            )
        return found

    mixed = [0.35 if index % 4 == 0 else 0.55 + 0.03 * index for index in range(15)]
    return Answers(
        "classes",
        targets,
        answers([0.999] * 15),
        answers(mixed),
        answers([0.001] * 15, refused=True),
    )


def _numbers() -> Answers:
    targets = [float(index * index % 11) for index in range(12)]
    shifts = [0.0 if index % 3 else 0.75 for index in range(12)]
    return Answers(
        "numbers",
        targets,
        [Prediction(target) for target in targets],
        [Prediction(target + shift) for target, shift in zip(targets, shifts, strict=True)],
        [Prediction(100.0 - 10 * target) for target in targets],
    )


def _masks() -> Answers:
    import numpy as np

    from .._carriers import Volume

    z, y, x = np.mgrid[-1:1:9j, -1:1:8j, -1:1:7j]
    targets, mixed = [], []
    for index in range(5):
        ball = x**2 + y**2 + z**2 < 0.2 + 0.1 * index
        labels = ball * (1 + (x > 0))
        targets.append(Volume(labels.astype(np.uint8)))
        mixed.append(Prediction(Volume(np.roll(labels, index % 3, 1).astype(np.uint8))))
    nothing = Volume(np.zeros(x.shape, np.uint8))
    return Answers(
        "masks",
        targets,
        [Prediction(target) for target in targets],
        mixed,
        [Prediction(nothing)] * len(targets),
    )


class Bare:
    """A model with exactly the attributes that are named."""

    def __init__(self, model: Model, names: Sequence[str]) -> None:
        self._model = model
        for name in map(attribute_of, names):
            setattr(self, name, getattr(model, name))

    def __call__(self, inputs: Sequence[Any], /) -> Sequence[Any]:
        return self._model(inputs)


class SampleModel(Thinking):
    """A model of texts that adapters can repair: it advises by the words that its table lists."""

    identity = "seatrial.testing sample model 1"
    watched = "pain"

    def __init__(self) -> None:
        self.table = {"pain": ADVICE[1], "tired": ADVICE[0]}

    def __call__(self, inputs: Sequence[str], /) -> list[str]:
        """Give the advice of the first word that the table knows."""
        return [
            next((self.table[word] for word in text.split() if word in self.table), ADVICE[0])
            for text in inputs
        ]

    def otherwise(self, answer: str) -> str:
        """Give the other advice."""
        return ADVICE[answer == ADVICE[0]]


def _cases() -> tuple[Case, ...]:
    said = {
        ADVICE[0]: (
            "feeling tired",
            "a runny nose",
            "a mild cough",
            "a sore throat",
            "sneezing again",
        ),
        ADVICE[1]: (
            "chest pain",
            "sudden numbness",
            "coughing blood",
            "slurred speech",
            "fainting twice",
        ),
    }
    return tuple(
        Case(f"{label.split()[0]}-{index}", f"I have {words} since this morning", label)
        for label, phrases in said.items()
        for index, words in enumerate(phrases)
    )


@frozen(kw_only=True)
class Samples:
    """What components are checked on; what is not given is made by code.

    `values` maps a modality to inputs of it (or to whole `Case`s), in place of those that its
    carrier gives, `answers` are for metrics,
    `cases` (each with a target) for adapters and audits, and `models` for components whose `needs`
    ask for more than a callable: the first that has all of them is taken, or else a tiny network
    of the kit, which has `activations`, `intervened`, `embed_text`, `choices` and `generate`.
    `params` are bound to the component, for one that cannot be built without any.
    `made_by` is the import string that gave them, by which another process makes them too.
    """

    values: Mapping[str, Sequence[Any]] = field(factory=dict)
    answers: tuple[Answers, ...] = field(
        factory=lambda: (_classes(), _numbers(), _masks()), converter=_answers_of
    )
    cases: tuple[Case, ...] = field(factory=_cases, converter=_cases_of)
    models: tuple[Model, ...] = field(factory=tuple, converter=_models_of)
    params: Mapping[str, Any] = field(factory=dict)
    made_by: str | None = None

    @classmethod
    def of_component(cls, component: Component) -> Samples:
        """Make the samples that a component declares, or those of the kit."""
        declared = component.samples
        if declared is None:
            return cls()
        if not isinstance(declared, str):
            return cls._made(declared, component)
        make = import_string(declared, what=f"samples of {component.name}")
        return evolve(cls._made(make, component), made_by=declared)

    @classmethod
    def _made(cls, make: Any, component: Component) -> Samples:
        made = make()
        if not isinstance(made, Samples):
            msg = (
                f"samples of {component.name} must give seatrial.testing.Samples, got {made!r:.80}"
            )
            raise PlanError(msg)
        return made

    def carrier(self, modality: str) -> Carrier:
        """Give the carrier of a modality, or raise `NotExercised` where nothing declares it."""
        try:
            return Modalities().carrier(modality)
        except UnknownComponentError as error:
            msg = f"no samples of modality {modality!r}: {error}"
            raise NotExercised(msg) from error

    def of(self, modality: str) -> list[Any]:
        """Give values of a modality, new copies every time: what is given, else its carrier's."""
        if modality in self.values:
            return deepcopy(list(self.values[modality]))
        own = OWN.get(modality, list)()
        return [*own, *deepcopy(list(self.carrier(modality).samples()))]

    def edges(self, modality: str) -> list[Any]:
        """Give the edge cases of a modality, as its carrier has them."""
        return deepcopy(list(self.carrier(modality).edges()))

    def model(self, needs: Sequence[str], default: Callable[[], Model] = SampleModel) -> Model:
        """Give a model that has every attribute which is needed, or skip."""
        for model in (*(self.models if needs else ()), default()):
            if all(hasattr(model, attribute_of(need)) for need in needs):
                return model
        msg = f"no sample model has {' and '.join(needs)}; pass samples=Samples(models=[...])"
        raise NotExercised(msg)
