"""Faults of adapters, with the model and the pictures that they are tried on."""

# ruff: noqa: RUF012 - faults on purpose

import random
from itertools import count

import numpy as np
import seatrial_simnl as simnl

from faulty._spoil import spoilt
from seatrial import Case

calls = count()


class Towers:
    """A dual encoder by colour, as small as can be."""

    identity = "faulty towers"
    colours = {"red": (200, 40, 40), "green": (40, 200, 40), "blue": (40, 40, 200)}

    def __call__(self, images):
        return ["red"] * len(images)

    def embed_image(self, images):
        means = np.stack([np.asarray(one, dtype=np.float64).mean((0, 1)) for one in images])
        return np.float32(means / 128 - 0.7)

    def embed_text(self, texts):
        seen = [next((c for n, c in self.colours.items() if n in t), (90, 90, 90)) for t in texts]
        return np.float32(np.array(seen) / 128 - 0.7)


def pictures():
    draw = np.random.default_rng(0)
    return [
        Case(f"{name}-{at}", np.uint8(np.clip(draw.normal(colour, 40, (8, 8, 3)), 0, 255)), name)
        for name, colour in Towers.colours.items()
        for at in range(4)
    ]


def adapts(name, base=simnl.tip):
    def register(change):
        spoilt(base, name)(
            lambda adapt: (
                lambda model, cases, /, *, seed, work: change(
                    lambda: adapt(model, cases, seed=seed, work=work), model, cases, seed
                )
            )
        )
        return change

    return register


@adapts("original_is_changed")
def _(adapt, model, cases, seed):
    fixed = adapt()
    type(model).__call__ = lambda self, images: ["blue"] * len(images)
    return fixed


@adapts("gives_a_table")
def _(adapt, model, cases, seed):
    adapt()
    return {"red": 1}


@adapts("wants_many_cases")
def _(adapt, model, cases, seed):
    cases[5]
    return adapt()


@adapts("repairs_differ")
def _(adapt, model, cases, seed):
    number = next(calls)
    adapt()
    return lambda images: [f"red {number}" for _ in images]


@adapts("adapter_reseeds")
def _(adapt, model, cases, seed):
    random.seed(seed)
    return adapt()
