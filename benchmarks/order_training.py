"""Time the training of every modality in every category on cached features.

    python benchmarks/order_training.py

Ten categories, 30,000 pairs, features of 512 dimensions for each text and each image, drawn at
random with an order to be learned: text, vision and both, so 30 heads. Prints the seconds that each
kind of head takes, and what that is as a fraction of five minutes.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import seatrial_order as order

import seatrial as sea

WIDTH, CATEGORIES, STEPS, LIMIT = 512, 10, 6, 300.0


class Drawn:
    """Features that are drawn, with the number of the step in some of their dimensions."""

    identity = "drawn features"

    def __init__(self) -> None:
        self.weights = np.random.default_rng(0).standard_normal((STEPS, WIDTH)) * 0.2

    def _rows(self, names: Sequence[str]) -> Any:
        return np.stack([self._row(name) for name in names])

    def _row(self, name: str) -> Any:
        draw = np.random.default_rng(sea.derive(0, name)).standard_normal(WIDTH)
        step = int(name.rpartition(" ")[2])
        return draw + self.weights[step % STEPS]

    def embed_text(self, texts: Sequence[str]) -> Any:
        """Draw a row for each text; its last word is the number of the step."""
        return self._rows(texts)

    def embed_image(self, images: Sequence[Any]) -> Any:
        """Draw a row for each picture, of two pixels: the article and the step."""
        return self._rows([f"image {one.flat[0]} {int(one.flat[1])}" for one in images])


def main() -> None:
    """Print the seconds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=30_000)
    parser.add_argument("--categories", type=int, default=CATEGORIES, help="train so many only")
    given = parser.parse_args()
    each = 10
    articles = [
        order.Article(
            f"a{at}",
            f"Title {at}",
            f"c{at % CATEGORIES}",
            [
                order.Step(f"article {at} {step}", np.array([[[at, step, 0]]], np.uint16))
                for step in range(STEPS)
            ],
        )
        for at in range(given.pairs // each)
    ]
    pairs = order.sample_pairs(articles, per_article=each, seed=1)
    towers = order.Cached(Drawn())
    start = time.perf_counter()
    cases = order.cases_of(pairs)
    for place in (1, 2):
        towers.embed_text(
            [f"{one.input['title']}. {one.input[f'headline_{place}']}" for one in cases]
        )
    towers.embed_image([case.input[f"image_{place}"] for case in cases for place in (1, 2)])
    print(f"{len(pairs)} pairs, cached in {time.perf_counter() - start:.0f} s", flush=True)
    for hidden in (16, 0):
        start, used = time.perf_counter(), time.process_time()
        for category in range(given.categories):
            some = [case for case in cases if case.groups["category"] == f"c{category}"]
            for modality in ("text", "vision", "both"):
                adapt = order.fuse(modality=modality, hidden=hidden).build()
                adapt(towers, some, seed=1, work=None)
        took = time.perf_counter() - start
        print(
            f"{3 * given.categories} heads, {hidden} hidden units: {took:.0f} s "
            f"({time.process_time() - used:.0f} s of processor), "
            f"{took / LIMIT:.2f} of five minutes",
            flush=True,
        )


if __name__ == "__main__":
    main()
