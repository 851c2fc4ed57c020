"""Small components and models that the tests of the upper layer share."""

# ruff: noqa: EM101, TRY003 - stand-ins say what they like

from __future__ import annotations

import multiprocessing
import os
import random

import pytest

import seatrial as sea
from seatrial.errors import MetricError, NotApplicable, PlanError
from seatrial.verbs._run import run


def swapping(count, times=1):
    def apply(text, /, *, seed):
        draw = random.Random(seed)
        letters = list(text)
        for _ in range(count * times if len(letters) > 1 else 0):
            at = draw.randrange(len(letters) - 1)
            letters[at], letters[at + 1] = letters[at + 1], letters[at]
        return "".join(letters)

    return apply


def shouting():
    return lambda text, /, *, seed: text.upper()


def choosy():
    def apply(text, /, *, seed):
        if "7" in text:
            raise NotApplicable("there is a seven in it")
        if "9" in text:
            raise RuntimeError("nine is too much")
        return text + "?"

    return apply


def equal():
    return lambda targets, answers: [
        float(target == answer) for target, answer in zip(targets, answers, strict=True)
    ]


def balanced():
    def score(targets, answers):
        kinds = sorted(set(targets))
        if len(kinds) < 2:
            raise MetricError("one class")
        fractions = []
        for kind in kinds:
            mine = [
                answer for target, answer in zip(targets, answers, strict=True) if target == kind
            ]
            fractions.append(mine.count(kind) / len(mine))
        return sum(fractions) / len(fractions)

    return score


swap = sea.Perturbation(
    name="stand.swap",
    summary="Swap neighbouring letters.",
    modality="text",
    factory="trial_stand_ins:swapping",
    ladder=({"count": 1}, {"count": 2}, {"count": 4}),
)
shout = sea.Perturbation(
    name="stand.shout", summary="Capitals.", modality="text", factory="trial_stand_ins:shouting"
)
picky = sea.Perturbation(
    name="stand.picky", summary="Not for all.", modality="text", factory="trial_stand_ins:choosy"
)
same = sea.Metric(
    name="stand.same", summary="Equal.", factory="trial_stand_ins:equal", per_case=True
)
even = sea.Metric(name="stand.even", summary="Balanced.", factory="trial_stand_ins:balanced")


def bot(texts):
    return ["refund" if "money" in text else "other" for text in texts]


bot.identity = "bot 1"


def deadly(texts):
    if any("order 5" in text for text in texts):
        os._exit(1)
    return bot(texts)


def only_in_the_driver():
    if multiprocessing.parent_process() is not None:
        raise RuntimeError("no weights here")
    return bot


class Counting:
    """Answers like the bot, and keeps what it was asked."""

    def __init__(self, identity="bot 1", answer=bot):
        self.identity = identity
        self.answer = answer
        self.asked = []

    def __call__(self, texts):
        self.asked += texts
        return self.answer(texts)


def orders(count, target="refund"):
    return [
        sea.Case(f"q{i:03}", f"please return my money for order {i}", target) for i in range(count)
    ]


def plan(*uses, metrics=(same,), severities=(1, 2, 3), seed=7, replicates=1):
    return sea.Plan(
        perturbations=uses or (swap(),),
        metrics=metrics,
        severities=severities,
        seed=seed,
        replicates=replicates,
    )


def rows(report):
    """Everything that a report's records say, in order."""
    return list(report.records())


def refused(fragment, *arguments, error=PlanError, **options):
    model = Counting()
    with pytest.raises(error, match=fragment):
        run(*(arguments or (plan(),)), options.pop("model", model), **options)
    assert model.asked == []


def unsure_bot(texts):
    """Say "refund" by how much of two words is there, with probabilities."""
    found = []
    for text in texts:
        p = 0.3 * ("money" in text) + 0.4 * ("refund" in text) + 0.2
        probabilities = {"refund": p, "other": 1 - p}
        found.append(
            sea.Prediction(max(probabilities, key=probabilities.get), probabilities=probabilities)
        )
    return found


unsure_bot.identity = "unsure bot 1"
