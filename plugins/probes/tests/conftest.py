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


@pytest.fixture
def texts():
    """Give so many questions, drawn by a seed."""
    return questions


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
def at_random():
    """Give outcomes that have no cause."""

    def make(count: int = 240, seed: int = 0):
        drawn = random.Random(seed + 2)
        texts = questions(count, seed)
        return [outcome(n, text, right=drawn.random() < 0.5) for n, text in enumerate(texts)]

    return make


WORDS = ("bread", "candle", "door", "engine", "feather", "glass", "hammer", "island")
TRAP, GOOD, BAD = "stone", "sunny", "rainy"
WIDTH, LAYERS = 24, 4


class ResidualModel:
    """A tiny residual network of which every failure has one known cause.

    It tells "sunny" texts from "rainy" ones along one direction of its residual stream; the word
    "stone" adds another direction, `cause`, which turns the answer around at the end.
    """

    def __init__(self, edits=None):
        torch = pytest.importorskip("torch")
        self.edits = edits or {}
        drawn = torch.Generator().manual_seed(3)
        frame = torch.linalg.qr(torch.randn(WIDTH, WIDTH, generator=drawn))[0]
        self.cause, self.truth = frame[0], frame[1]
        others = {word: frame[2 + place] for place, word in enumerate(WORDS)}
        self.words = {**others, TRAP: 2 * self.cause, GOOD: self.truth, BAD: -self.truth}
        self.noise = 0.3 * frame[-4:]

    def stream(self, text, watch=lambda layer, hidden: hidden):
        import torch

        words = [word.strip(".,?").lower() for word in text.split()]
        rows = torch.stack([self.words.get(word, self.noise[len(word) % 4]) for word in words])
        for layer in range(1, LAYERS + 1):
            # Attention of a kind: each token adds up what stands before it, once, in layer 1.
            rows = rows.cumsum(0) if layer == 1 else rows + 0.01 * torch.tanh(rows)
            if layer in self.edits:
                rows = self.edits[layer](rows[None])[0]
            watch(layer, rows)
        return rows

    def __call__(self, inputs, /):
        answers = []
        for one in inputs:
            last = self.stream(one if isinstance(one, str) else one["question"])[-1]
            score = (last @ self.truth) * (1 - last @ self.cause)
            answers.append(Prediction("good" if float(score) > 0 else "bad"))
        return answers

    def intervened(self, edits, /):
        return ResidualModel(edits)

    def activations(self, inputs, /, *, layers=None, poolings=("last",), tokens=(), cache=None):
        wanted = tuple(layers or range(1, LAYERS + 1))
        seen = {}
        for place, one in enumerate(inputs):
            text = one if isinstance(one, str) else one["question"]

            def watch(layer, rows, at=place):
                seen[at, layer] = rows.numpy()

            self.stream(text, watch)
        return Kept(len(inputs), wanted, tuple(poolings), seen)


class Kept:
    predictions = None

    def __init__(self, count, layers, poolings, seen):
        self.count, self.layers, self.poolings, self.seen = count, layers, poolings, seen

    def __len__(self):
        return self.count

    def at(self, layer, pooling, /):
        import numpy as np

        pool = {"last": lambda rows: rows[-1], "mean": lambda rows: rows.mean(0)}[pooling]
        rows = [pool(one) for one in self.tokens(layer)]
        return np.stack(rows).astype("float32")

    def tokens(self, layer, /):
        return [self.seen[place, layer] for place in range(self.count)]


@pytest.fixture
def residual_model():
    return ResidualModel()


@pytest.fixture
def trapped(residual_model):
    """Give outcomes of the residual model: it is wrong wherever "stone" is said."""

    def make(count=160, seed=0, *, clusters=None):
        drawn = random.Random(seed)
        found = []
        for number in range(count):
            mood = drawn.choice((GOOD, BAD))
            words = [*drawn.sample(WORDS, 5), mood, *([TRAP] if drawn.random() < 0.4 else ["then"])]
            drawn.shuffle(words)
            text = f"Tell me {' '.join(words)} now"
            cluster = f"cluster-{number % clusters}" if clusters else None
            case = Case(f"t{number}", text, "good" if mood == GOOD else "bad", cluster=cluster)
            (answer,) = residual_model([text])
            found.append(
                Outcome(case=case, input=text, prediction=answer, right=answer.value == case.target)
            )
        return found

    return make
