"""A model that counts votes, its training cases, and changes of these."""

# ruff: noqa: EM101, TRY003 - stand-ins say what they like

from __future__ import annotations

from collections import Counter, defaultdict

from attrs import evolve, frozen
from trial_stand_ins import same

import seatrial as sea
from seatrial import derive

TRAININGS = []
"""The number of cases of each training in this process."""


def questions(part="test", count=60, end=""):
    half = [{"half": at % 2} for at in range(count)]
    return [
        sea.Case(f"{part}-{at}", f"question {at}{end}", "ab"[at % 2], half[at], f"{part} {at}")
        for at in range(count)
    ]


def five_of_each(count=60):
    return [
        evolve(one, id=f"{one.id}-{copy}", cluster=None)
        for one in questions("training", count)
        for copy in range(5)
    ]


def vote(cases, *, seed):
    """Give every question the label that most of its training cases have."""
    TRAININGS.append(len(cases))
    votes = defaultdict(Counter)
    for one in cases:
        votes[one.input][one.target] += 1
    return lambda texts: [
        votes[text].most_common(1)[0][0] if text in votes else None
        for text in (text.rstrip(".") for text in texts)
    ]


def broken(cases, *, seed):
    if any(one.target == "?" for one in cases):
        raise RuntimeError("what label is that?")
    return vote(cases, seed=seed)


@frozen
class Change:
    change: object
    suffix: str = ""

    def training(self, cases, /, *, seed):
        return self.change(cases, seed)

    def __call__(self, case, /, *, seed):
        return evolve(case, input=case.input + self.suffix)


def _relabelled(label, fraction):
    def change(cases, seed):
        order = sorted((one.id for one in cases), key=lambda name: derive(seed, name))
        chosen = set(order[: round(fraction * len(order))])
        return [evolve(one, target=label(one)) if one.id in chosen else one for one in cases]

    return change


def flipping(*, fraction, suffix=""):
    return Change(_relabelled(lambda one: "ba"["ab".index(one.target)], fraction), suffix)


def doubting(*, fraction):
    return Change(_relabelled(lambda _: "?", fraction))


def emptying():
    return Change(lambda cases, seed: [])


def naming():
    return Change(lambda cases, seed: [one.id for one in cases])


def made(name, factory, ladder=({},), **more):
    return sea.Perturbation(
        name=f"stand.{name}",
        summary="Change training cases.",
        modality="text",
        factory=f"train_stand_ins:{factory}",
        ladder=ladder,
        sees_case=True,
        trains=True,
        **more,
    )


flip = made("flip", "flipping", tuple({"fraction": one} for one in (0.1, 0.4, 1.0)))
doubt = made("doubt", "doubting", ({"fraction": 0.5},))
nothing_left = made("nothing-left", "emptying")
names = made("names", "naming")


def specification(*uses, where=None, severities=(), metric=same, **more):
    demand = sea.Priority(
        "Withstands it",
        perturbations=uses or (flip(),),
        where=where or {},
        severities=severities,
        metric=metric(),
        require={"max_drop": 0.05},
    )
    given = {
        "train": sea.Training(
            "train_stand_ins:vote", sea.Reference("train_stand_ins:five_of_each", {"count": 60})
        ),
        "cases": "train_stand_ins:questions",
        "seed": 5,
    }
    return sea.Specification("Votes", priorities=[demand], **{**given, **more})
