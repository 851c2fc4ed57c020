"""Features of clusters around class directions, with texts near them."""

from __future__ import annotations

import numpy as np
from seatrial_simnl import Features

NAMES = ("ant", "bee", "cat", "dog")
WIDTH = 16


def unit(rows):
    return (rows / np.linalg.norm(rows, axis=-1, keepdims=True)).astype(np.float32)


def centres():
    return unit(np.random.default_rng(0).standard_normal((len(NAMES), WIDTH)))


def features(part, each, *, classes=NAMES, spread=1.0, views=0, seed=0, backbone="drawn"):
    """Draw `each` images of every class; parts of other names hold other images."""
    drawn = np.random.default_rng([seed, *part.encode()])
    middle = centres()[[NAMES.index(name) for name in classes]]
    labels = np.repeat(np.arange(len(classes)), each)

    def near(rows, size):
        return unit(rows + size * drawn.standard_normal(rows.shape) / WIDTH**0.5)

    plain = near(middle[labels], spread)
    seen = np.stack([near(plain, 0.3) for _ in range(views)]) if views else None
    fixed = np.random.default_rng(1)
    moved = unit(centres() + 0.8 * fixed.standard_normal((len(NAMES), WIDTH)) / WIDTH**0.5)
    against = unit(0.5 * fixed.standard_normal((len(NAMES), WIDTH)) - 0.3 * centres())
    rows = [NAMES.index(name) for name in classes]
    return Features(
        ids=tuple(f"{part}-{place}" for place in range(len(labels))),
        classes=tuple(classes),
        labels=labels,
        plain=plain,
        keys=plain if seen is None else unit(seen.mean(0)),
        views=np.empty((0, *plain.shape), np.float32) if seen is None else seen,
        texts={"template": moved[rows], "negative": against[rows]},
        facts={"backbone": backbone, "data": part},
    )
