"""Frozen towers against trained ones, on articles whose order is known to be in one place.

    python benchmarks/order_fine_tuning.py

A tiny CLIP with random weights (2 layers, 32 dimensions) learns the order of steps on generated
articles: a head on its frozen features, and head and towers together. Prints the test accuracy of
text, vision and both, and the gap between the modalities before and after. How accurate large
pretrained towers are is not measured here.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Sequence
from typing import Any

import seatrial_order as order
import torch

import seatrial as sea

SEED = 1
PLACES = ("pictures", "words", "both")


def gap(towers: Any, cases: Sequence[sea.Case]) -> float:
    """Measure the gap between the images and the headlines of cases."""
    images, texts = (
        [case.input[f"{part}_{at}"] for case in cases for at in (1, 2)]
        for part in ("image", "headline")
    )
    rows = towers.embed_image(images), towers.embed_text(texts)
    clusters = [case.cluster for case in cases for _ in (1, 2)]
    return order.modality_gap(*rows, paired=True, clusters=clusters).gap


def main() -> None:
    """Print a line for each set and modality."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--articles", type=int, default=400)
    parser.add_argument("--epochs", type=int, default=10)
    given = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        towers = order.towers(order.random_towers(folder), batch_size=32)
        for place in PLACES:
            made = order.generated_articles(place, articles=given.articles, seed=SEED)
            parts = order.split_articles(made, test=0.25, seed=SEED)
            train, test = (
                order.cases_of(order.sample_pairs(parts[name], per_article=4, seed=SEED))
                for name in ("train", "test")
            )
            for modality in ("vision", "text", "both"):
                adapters = {
                    "frozen": order.fuse(modality=modality, hidden=32),
                    "trained": order.fine_tune(
                        modality=modality,
                        hidden=32,
                        learning_rate=1e-3,
                        batch_size=16,
                        epochs=given.epochs,
                    ),
                }
                line = f"order in {place:8} {modality:6}"
                for name, use in adapters.items():
                    start = time.process_time()
                    model = use.build()(towers, train, seed=SEED, work=None)
                    took = time.process_time() - start
                    (one,) = order.accuracy_by(test, model([case.input for case in test]))
                    ends = f"{one.interval.low:.3f} to {one.interval.high:.3f}"
                    line += f"  {name} {one.interval.estimate:.3f} ({ends}; {took:.0f} s)"
                before, after = (gap(one, test) for one in (towers, model))
                print(f"{line}  gap {before:.3f}, after training {after:.3f}", flush=True)


if __name__ == "__main__":
    main()
