"""What the conformance kit tries the searches on: perturbations to draw from, and a module."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Any

import numpy as np
from attrs import evolve

from seatrial import Case, Perturbation
from seatrial.testing import Samples

__all__ = [
    "entities",
    "greedy_words",
    "grouped",
    "in_parts",
    "projected_gradient",
    "random_search",
    "random_search_image",
    "targeted",
]

DRAWS = 8
PLAIN = frozenset(
    (
        *("the", "and", "that", "this", "with", "was", "are", "for", "but", "since", "after"),
        *("before", "now", "want", "take", "can", "may", "have", "has", "until", "about", "then"),
        *("patient", "doctor", "days", "morning", "evening", "back", "please", "what", "should"),
    )
)
"""Words in which a slip changes no meaning."""

NAMES = ("ibuprofen", "aspirin", "paracetamol", "naproxen", "codeine", "penicillin")


def slips(*, fraction: float, times: int) -> Callable[..., str]:
    """Repeat a letter of some plain words."""

    def work(text: str, /, *, seed: int) -> str:
        draw = Random(seed)
        words = text.split(" ")
        for at, word in enumerate(words):
            if word in PLAIN and draw.random() < fraction:
                place = draw.randrange(len(word))
                words[at] = word[:place] + word[place] * times + word[place:]
        return " ".join(words)

    return work


def noise(*, level: float) -> Callable[..., Any]:
    """Add noise to the pixels."""

    def work(image: Any, /, *, seed: int) -> Any:
        top = 255 if image.dtype.kind == "u" else 1.0
        drawn = np.random.default_rng(seed).uniform(-level, level, image.shape) * top
        return np.clip(image + drawn, 0, top).astype(image.dtype)

    return work


LETTERS = Perturbation(
    name="threats.slips",
    summary="Repeat a letter of some plain words.",
    modality="text",
    factory="seatrial_threats._samples:slips",
    ladder=tuple(
        {"fraction": fraction, "times": times} for fraction, times in ((0.3, 1), (0.6, 2), (1.0, 6))
    ),
)
NOISE = Perturbation(
    name="threats.noise",
    summary="Add noise to the pixels.",
    modality="image",
    factory="seatrial_threats._samples:noise",
    ladder=({"level": 0.05}, {"level": 0.5}),
)


def random_search() -> Samples:
    """Draw slips of plain words."""
    return Samples(params={"of": LETTERS(), "queries": DRAWS})


def random_search_image() -> Samples:
    """Draw noise, on one small picture."""
    return Samples(values=_pictures(), params={"of": NOISE(), "queries": DRAWS // 2})


def greedy_words() -> Samples:
    """Search short texts: a long one has thousands of choices."""
    texts = ["May I take aspirin before breakfast?", "The pain is stronger since this morning"]
    return Samples(values={"text": texts}, params={"queries": 60, "candidates": 3})


def entities() -> Samples:
    """Exchange the names of medicines."""
    return Samples(params={"names": NAMES, "queries": 2})


def projected_gradient() -> Samples:
    """Climb the loss of a small network."""
    return Samples(values=_pictures(), models=[Classifier()], params={"queries": 2, "norm": "l2"})


def targeted() -> Samples:
    """Turn training cases into those of one label."""
    return Samples(cases=_questions(), params={"target": "order"})


def grouped() -> Samples:
    """Leave out what is asked at one desk."""
    return Samples(cases=_questions(), params={"group": {"desk": "dose"}})


def in_parts() -> Samples:
    """Leave out one of two texts."""
    cases = [evolve(one, input={"question": one.input, "site": "B"}) for one in _questions()]
    return Samples(cases=cases, params={"part": "site"})


def _questions() -> list[Case]:
    desks = {"dose": "How much of {} may I take", "order": "Please send me a box of {}"}
    return [
        Case(
            f"{desk}-{name}-{at}",
            f"{words.format(name)}, for the {at}. time?",
            desk,
            {"desk": desk},
        )
        for desk, words in desks.items()
        for name in NAMES
        for at in range(1, 6)
    ]


def _pictures() -> dict[str, Sequence[Any]]:
    drawn = np.random.default_rng(0)
    return {"image": [drawn.random((6, 5, 3)).astype(np.float32) for _ in range(2)]}


class Classifier:
    """A model of pictures of any size with a torch module."""

    identity = "seatrial-threats sample classifier 1"

    def __init__(self) -> None:
        import torch

        class Coloured(torch.nn.Module):
            """Give grey pictures three channels, too."""

            def forward(self, images: Any) -> Any:
                return images.expand(-1, 3, -1, -1)

        weights = np.random.default_rng(5).normal(size=(2, 36))
        flat = torch.nn.Linear(36, 2)
        with torch.no_grad():
            flat.weight.copy_(torch.tensor(weights))
            flat.bias.zero_()
        self.module = torch.nn.Sequential(
            Coloured(),
            torch.nn.AdaptiveAvgPool2d((4, 3)),
            torch.nn.Flatten(),
            torch.nn.Tanh(),
            flat,
        ).eval()

    def __call__(self, images: Sequence[Any], /) -> list[int]:
        """Give the class of each picture."""
        import torch

        with torch.inference_mode():
            given = [torch.tensor(np.asarray(one)[None]).movedim(-1, 1).float() for one in images]
            return [int(self.module(one).argmax()) for one in given]
