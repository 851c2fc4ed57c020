"""Tiny inputs, made by code, that components are checked on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import deepcopy
from typing import Any

from attrs import field, frozen

from .._cases import Case, Prediction
from .._declaring import attribute_of
from .._seeds import derive
from ..protocols import Model
from ._inside import Thinking
from ._results import Skipped

__all__ = ["SEEDS", "Answers", "Bare", "SampleModel", "Samples"]

SEEDS = tuple(derive(0, "seatrial.testing", index) for index in range(8))

TEXTS = tuple(
    " ".join(lines.split()).replace("|", "\n")
    for lines in (
        """Please take two tablets of ibuprofen 400 mg after breakfast with plenty of water, and
        do not take more than 1200 mg in a day before you have spoken with the pharmacist
        about it.""",
        """My left knee has been hurting badly since the long walk on Tuesday, and the swelling
        is getting worse every morning. I am not allergic to aspirin. Could I still go
        swimming?""",
        """The patient denies chest pain but reports shortness of breath when climbing the
        stairs; blood pressure was 145/90 mmHg, temperature 37.2 °C, and there is no swelling
        around the right ankle.""",
        """Which of these medicines would be the safest choice for somebody with a headache and a
        weak stomach?|A) ibuprofen 200 mg|B) paracetamol 500 mg|C) aspirin 300 mg|D) none of
        these""",
        """Thank you for writing to our little pharmacy yesterday. Somebody from the team would
        be glad to explain how the new inhaler works, where to store it, and when it needs
        cleaning.""",
    )
)
SPANS: Mapping[str, str] = {
    "numbers": r"two tablets|\d[\d./]* (?:mg|mmHg|°C)",
    "drugs": r"ibuprofen|aspirin|paracetamol",
    "negation": r"not|no|none|denies|never|without|cannot",
    "laterality": r"left|right",
    "options": r"[A-D]\)",
}
"""The protected spans of the texts above, by the word that `Perturbation.alters` has for them."""


def _images() -> list[Any]:
    import numpy as np

    down, across = np.mgrid[0:24, 0:32]
    plane = 120 + 60 * np.sin(down / 4) + 50 * np.cos(across / 5)
    texture = np.random.default_rng(0).integers(-15, 16, size=(24, 32, 3))
    image = np.clip(plane[..., None] + texture, 0, 255).astype(np.uint8)
    return [image, image[::-1] // 2, (image / np.float32(255)).astype(np.float32)]


def _volumes() -> list[Any]:
    import numpy as np

    x, y, z = np.mgrid[-1:1:12j, -1:1:14j, -1:1:10j]
    head = np.exp(-3 * (x**2 + 2 * y**2 + z**2)) + 0.3 * np.exp(
        -40 * ((x - 0.3) ** 2 + y**2 + z**2)
    )
    grain = 0.02 * np.random.default_rng(0).random(head.shape)
    return [(head + grain)[None].astype(np.float32), np.stack([head, grain]).astype(np.float32)]


def _messages() -> list[Any]:
    return [
        (
            {"role": "system", "content": "You answer for a pharmacy."},
            {"role": "user", "content": text},
        )
        for text in TEXTS
    ]


def _edge_images() -> list[Any]:
    import numpy as np

    pixel = np.full((1, 1, 3), 7, dtype=np.uint8)
    return [pixel, np.full((8, 8, 3), 0.5, dtype=np.float32), np.zeros((8, 8, 3), dtype=np.uint8)]


def _edge_volumes() -> list[Any]:
    import numpy as np

    return [np.zeros((1, 6, 6, 6), dtype=np.float32), np.ones((1, 1, 1, 1), dtype=np.float32)]


MADE: Mapping[str, Callable[[], list[Any]]] = {
    "text": lambda: list(TEXTS),
    "messages": _messages,
    "image": _images,
    "volume": _volumes,
}
EDGES: Mapping[str, Callable[[], list[Any]]] = {
    "text": lambda: ["", " ", " \n\t", "x", "?!", "a\u0301 🩺"],
    "messages": lambda: [(), ({"role": "user", "content": ""},)],
    "image": _edge_images,
    "volume": _edge_volumes,
}


def _listed(values: Iterable[Any]) -> tuple[Any, ...]:
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


ADVICE = ("rest at home and drink water", "see a doctor today")


def _classes() -> Answers:
    targets = [ADVICE[index % 5 in (3, 4)] for index in range(15)]

    def answers(sure: Iterable[float], *, refused: bool = False) -> list[Prediction]:
        found = []
        for target, p in zip(targets, sure, strict=True):
            other = ADVICE[target == ADVICE[0]]
            chance = {target: p, other: 1 - p}
            found.append(
                Prediction(
                    max(chance, key=chance.__getitem__), probabilities=chance, refused=refused
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

    `values` maps a modality to inputs of it (or to whole `Case`s), `answers` are for metrics,
    `cases` (each with a target) for adapters and audits, and `models` for components whose `needs`
    ask for more than a callable: the first that has all of them is taken, or else a tiny network
    of the kit, which has `activations`, `intervened`, `embed_text`, `choices` and `generate`.
    """

    values: Mapping[str, Sequence[Any]] = field(factory=dict)
    answers: tuple[Answers, ...] = field(factory=lambda: (_classes(), _numbers()), converter=tuple)
    cases: tuple[Case, ...] = field(factory=_cases, converter=tuple)
    models: tuple[Model, ...] = field(factory=tuple, converter=tuple)

    def of(self, modality: str) -> list[Any]:
        """Give inputs of a modality, new copies every time, or skip."""
        if modality in self.values:
            return deepcopy(list(self.values[modality]))
        if modality in MADE:
            return MADE[modality]()
        msg = f"no samples of modality {modality!r}"
        raise Skipped(msg)

    def edges(self, modality: str) -> list[Any]:
        """Give the edge inputs of a modality, or skip."""
        if modality in EDGES:
            return EDGES[modality]()
        msg = f"no edge inputs of modality {modality!r}"
        raise Skipped(msg)

    def model(self, needs: Sequence[str], default: Callable[[], Model] = SampleModel) -> Model:
        """Give a model that has every attribute which is needed, or skip."""
        for model in (*(self.models if needs else ()), default()):
            if all(hasattr(model, attribute_of(need)) for need in needs):
                return model
        msg = f"no sample model has {' and '.join(needs)}; pass samples=Samples(models=[...])"
        raise Skipped(msg)
