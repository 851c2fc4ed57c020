"""Fits every probe that computes much, and prints a digest of all that it gives; run by a test."""

from __future__ import annotations

import numpy as np
import seatrial_probes as probes

from seatrial import Case, Outcome, Prediction
from seatrial.kit import digest

WIDTH = 384
OPTIONS = {
    "logistic": {},
    "lda": {},
    "mass_mean": {},
    "mlp": {},
    "attention": {"epochs": 3},
    "sae": {"layer": 2, "steps": 3},
    "embeddings": {},
}


class Read:
    """The activations of some numbers: tokens drawn by the number, a failure at layer 2."""

    predictions = None

    def __init__(self, inputs, layers, poolings, kept):
        self.layers, self.poolings, self.kept = layers, poolings, kept
        self.states = [Read.state(number) for number in inputs]

    @staticmethod
    def state(number):
        tokens = 8 + number % 13
        drawn = np.random.default_rng(number).standard_normal((tokens, WIDTH)) * 3 + 1
        drawn[number % tokens, :7] += 6 * (number % 3 == 0)
        return drawn.astype(np.float32)

    def at(self, layer, pooling):
        return np.stack([one[-1] * layer for one in self.states])

    def tokens(self, layer):
        return [one * layer for one in self.states]


class Model:
    def __call__(self, inputs):
        return ["yes"] * len(inputs)

    def activations(self, inputs, *, layers=None, poolings=("last",), tokens=(), cache=None):
        return Read([int(one) for one in inputs], layers or (1, 2), poolings, tokens)

    def embed_text(self, texts):
        return np.stack([Read.state(int(one)).mean(axis=0) for one in texts])


def outcomes(first, count):
    return [
        Outcome(
            case=Case(f"c{number}", str(number), "yes"),
            input=str(number),
            prediction=Prediction("yes"),
            right=number % 3 > 0,
        )
        for number in range(first, first + count)
    ]


def main():
    model = Model()
    for name, given in OPTIONS.items():
        use, options = getattr(probes, name), dict(given)
        if "poolings" in use.parameters():
            options["poolings"] = ("last",)
        if name == "embeddings":
            options["encoder"] = model
        found = use(**options).build()(model, outcomes(0, 150), seed=3)
        said = [float(p) for p in found.predict([one.case for one in outcomes(900, 20)])]
        print(name, digest([found.summary, said, repr(found.details)]), flush=True)


if __name__ == "__main__":
    main()
