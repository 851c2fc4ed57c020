"""A perturbation, metrics and models with which any outcome of any demand can be made."""

from __future__ import annotations

import attrs
from scipy.stats import binomtest
from trial_stand_ins import same

import seatrial as sea
from seatrial.verbs._judge import judge
from seatrial.verbs._run import run

reword = sea.Perturbation(
    name="stand.reword",
    summary="Add a word.",
    modality="text",
    factory=lambda rung: lambda text, /, *, seed: f"{text} r{rung}",
    ladder=tuple({"rung": rung} for rung in range(1, 6)),
)
other = attrs.evolve(
    reword,
    name="stand.other",
    factory=lambda rung: lambda text, /, *, seed: f"{text} o{rung}",
)
said = sea.Metric(
    name="stand.said",
    summary="The number that the model says.",
    per_case=True,
    factory=lambda: lambda targets, answers: [float(answer) for answer in answers],
)
wrongs = attrs.evolve(
    same,
    name="stand.wrong",
    higher_is_better=False,
    factory=lambda: (
        lambda targets, answers: [float(t != a) for t, a in zip(targets, answers, strict=True)]
    ),
)


def items(count, target="yes", **fields):
    return [sea.Case(f"{i:04}", f"{i} text", target, **fields) for i in range(count)]


def grouped(count, **kinds):
    """Cases whose groups are told by their number, as in grouped(60, vendor=lambda i: ...)."""
    return [
        sea.Case(f"{i:04}", f"{i} text", "yes", {key: of(i) for key, of in kinds.items()})
        for i in range(count)
    ]


def answering(rule):
    """A model that answers by case number and rung: "" when clean, "r1" or "o1" when perturbed."""

    def model(texts):
        found = []
        for text in texts:
            number, _, *rung = text.split()
            answer = rule(int(number), rung[0] if rung else "")
            if isinstance(answer, Exception):
                raise answer
            found.append(answer)
        return found

    return model


def right_unless(wrong):
    """A model that says "no" where a rule is true, and "yes" elsewhere."""
    return answering(lambda number, rung: "no" if wrong(number, rung) else "yes")


def demand(require, *, uses=(reword,), severities=(1,), metric=same, name="it", **fields):
    return sea.Priority(
        name,
        perturbations=uses,
        severities=severities if uses else (),
        metric=metric and metric(),
        require=require,
        **fields,
    )


def verdict(priority, model, cases, **options):
    specification = sea.Specification("test", priorities=[priority], seed=3)
    (found,) = judge(
        specification, run(specification, model, cases, batch_size=1, **options)
    ).verdicts
    return found


def low_of(cases, confidence=0.95):
    """What so many flawless cases prove: the closed form of Clopper and Pearson's bound."""
    return (1 - confidence) ** (1 / cases)


def rate(right, cases, confidence=0.95):
    """Bound a rate at both ends, exactly."""
    low = binomtest(right, cases, alternative="greater").proportion_ci(confidence, "exact").low
    high = binomtest(right, cases, alternative="less").proportion_ci(confidence, "exact").high
    return low, high
