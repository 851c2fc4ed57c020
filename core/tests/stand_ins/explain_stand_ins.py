"""Outcomes whose failures have a known cause, and explainers of a few lines."""

from __future__ import annotations

from random import Random

import seatrial as sea

WORDS = ("aspirin", "fever", "cough", "pain")


def outcomes(count=240, *, fails=lambda text, draw: draw.random() < 0.5, seed=0, **more):
    """Measure a model of yes and no, whose answers tell nothing of whether they are right."""
    draw = Random(seed)
    found = []
    for number in range(count):
        words = [*draw.sample(WORDS, 3), draw.choice(["child", "woman"])]
        draw.shuffle(words)
        text = " ".join(words)
        target = draw.choice(["yes", "no"])
        right = not fails(text, draw)
        answer = target if right else {"yes": "no", "no": "yes"}[target]
        cluster = more.get("cluster", lambda number: None)(number)
        found.append(
            sea.Outcome(
                case=sea.Case(f"q{number:03}", text, target, cluster=cluster),
                input=text,
                prediction=sea.Prediction(answer),
                right=right,
            )
        )
    return found


def children(text, draw):
    """Fail mostly on children."""
    return draw.random() < (0.8 if "child" in text else 0.2)


def explainer(predict, name="stand.explainer", **details):
    """Make an explainer whose predictor is given, and which remembers what it was shown."""
    seen = []

    def factory():
        def explain(model, outcomes, /, *, seed):
            seen.append((model, outcomes, seed))
            return sea.Explanation("It has a reason.", predictor=predict, details=details)

        return explain

    found = sea.Explainer(name=name, summary="Stand in.", factory=factory)
    return found, seen


def by_word(cases):
    return [0.8 if "child" in case.input else 0.2 for case in cases]


def at_random(cases):
    return [sea.derive(0, case.id) / 2**63 for case in cases]
