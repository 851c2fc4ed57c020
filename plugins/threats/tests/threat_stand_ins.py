"""Models and perturbations with planted weaknesses, which the tests of searches share."""

from __future__ import annotations

from random import Random

import seatrial as sea


class Loss:
    """A loss by a function of the candidate, which refuses to be asked too often."""

    def __init__(self, judge, budget, target=None, model=None):
        self.judge, self.budget, self.target, self.model = judge, budget, target, model
        self.asked = []
        self.spent = 0

    @property
    def left(self):
        return self.budget - self.spent

    def spend(self, queries):
        self.spent += queries
        assert self.spent <= self.budget

    def __call__(self, candidates):
        self.spend(len(candidates))
        self.asked += candidates
        return [self.judge(one) for one in candidates]


def lettering(*, letters, most=1):
    """Write other letters in place of some."""

    def work(text, *, seed):
        draw = Random(seed)
        found = list(text)
        for _ in range(draw.randint(1, most) if found else 0):
            found[draw.randrange(len(found))] = draw.choice(letters)
        return "".join(found)

    return work


def brightening(*, level):
    """Brighten and darken pixels by chance."""
    import numpy as np

    def work(image, *, seed):
        top = 255 if image.dtype == np.uint8 else 1
        noise = np.random.default_rng(seed).uniform(-level, level, image.shape) * top
        return np.clip(image + noise, 0, top).astype(image.dtype)

    return work


letters = sea.Perturbation(
    name="stand.letters",
    summary="Write other letters.",
    modality="text",
    factory="threat_stand_ins:lettering",
    ladder=(
        {"letters": "abc", "most": 1},
        {"letters": "abc", "most": 4},
        {"letters": "abc", "most": 80},
    ),
)
brighten = sea.Perturbation(
    name="stand.brighten",
    summary="Change pixels.",
    modality="image",
    factory="threat_stand_ins:brightening",
    ladder=({"level": 0.05}, {"level": 0.5}),
)


def equal():
    return lambda targets, answers: [
        float(target == answer) for target, answer in zip(targets, answers, strict=True)
    ]


same = sea.Metric(
    name="stand.same", summary="Equal.", factory="threat_stand_ins:equal", per_case=True
)
