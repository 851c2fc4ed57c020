"""Outcomes made by rules, so that the truth about every failure is known."""

from __future__ import annotations

import random

import pytest

from seatrial import Case, Outcome, Prediction

WHO = ("children", "adults", "grown men", "older people", "students", "nurses")
WHAT = ("ibuprofen", "aspirin", "paracetamol", "a cough syrup", "an antihistamine", "zinc")
WHEN = ("after a meal", "before bed", "with coffee", "during a fever", "every morning", "on a trip")
OPENERS = ("May", "Can", "Should", "What if", "Why do", "How could")


def questions(count: int, seed: int = 0) -> list[str]:
    drawn = random.Random(seed)
    return [
        f"{drawn.choice(OPENERS)} {drawn.choice(WHO)} take {drawn.choice(WHAT)} "
        f"{drawn.choice(WHEN)}?"
        for _ in range(count)
    ]


def outcome(number: int, given, *, right: bool, cluster: str | None = None) -> Outcome:
    case = Case(f"case-{number}", given, "yes", cluster=cluster)
    return Outcome(
        case=case, input=given, prediction=Prediction("yes" if right else "no"), right=right
    )


@pytest.fixture
def planted():
    """Give outcomes of a model that fails on children, most of the time, and on little else."""

    def make(count: int = 240, *, sure: float = 0.9, seed: int = 0):
        drawn = random.Random(seed + 1)
        return [
            outcome(n, text, right=drawn.random() > (sure if "children" in text else 0.1))
            for n, text in enumerate(questions(count, seed))
        ]

    return make


@pytest.fixture
def by_lot():
    """Give outcomes that have no cause."""

    def make(count: int = 240, seed: int = 0):
        drawn = random.Random(seed + 2)
        texts = questions(count, seed)
        return [outcome(n, text, right=drawn.random() < 0.5) for n, text in enumerate(texts)]

    return make
