"""Does the modality gap explain a model that fails at order? Shift the gap, hold everything else.

    python benchmarks/order_gap_shift.py

On generated articles (order in the pictures, the words, or both) the unit embeddings of two frozen
towers are moved along the gap and brought to unit length again, a head is trained on each, and its
test accuracy is measured on the same pairs. A dead image branch, with the gap untouched, stands
below. Prints the gap and the accuracy of every head, and the ratio of the largest to the smallest
gap beside that of the accuracies.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

import numpy as np
import seatrial_order as order

SHIFTS = (-3.0, -1.0, 0.0, 0.5, 1.0)
SEED = 1
HIDDEN = 32
NOISE = 0.3  # so that no head is perfect, and a loss can be seen


class Dead:
    """Towers whose images are all embedded alike."""

    def __init__(self, towers: Any) -> None:
        self.towers = towers
        self.embed_text = towers.embed_text

    def embed_image(self, images: Sequence[Any]) -> Any:
        """Give the same row for each image."""
        return np.ones_like(self.towers.embed_image(images))


def main() -> None:
    """Print a table for each set of articles."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--articles", type=int, default=800)
    given = parser.parse_args()
    for order_in in ("pictures", "words", "both"):
        made = order.generated_articles(order_in, articles=given.articles, seed=SEED, noise=NOISE)
        parts = order.split_articles(made, test=0.5, seed=SEED)
        train, test = (
            order.cases_of(order.sample_pairs(parts[name], per_article=4, seed=SEED))
            for name in ("train", "test")
        )
        plain = order.Cached(order.Hashed())
        images = [case.input[f"image_{at}"] for case in train for at in (1, 2)]
        texts = [case.input[f"headline_{at}"] for case in train for at in (1, 2)]
        rows: dict[str, Any] = {
            f"shift {shift:g}": order.Shifted(plain, images=images, texts=texts, shift=shift)
            for shift in SHIFTS
        }
        gaps, accuracies = [], []
        for name, towers in (rows | {"dead image branch": Dead(plain)}).items():
            gap = order.modality_gap(
                towers.embed_image(images),
                towers.embed_text(texts),
                paired=True,
                clusters=[case.cluster for case in train for _ in (1, 2)],
            )
            line = f"{order_in:9} {name:18} gap {gap.gap:.3f}"
            for head, modality in (
                ("antisymmetric", "both"),
                ("linear", "both"),
                ("antisymmetric", "vision"),
                ("antisymmetric", "text"),
            ):
                adapt = order.fuse(modality=modality, head=head, hidden=HIDDEN).build()
                model = adapt(towers, train, seed=SEED, work=None)
                (one,) = order.accuracy_by(test, model([case.input for case in test]))
                line += f"  {modality} {head} {one.interval.estimate:.3f}"
                if (head, modality) == ("antisymmetric", "both") and name in rows:
                    gaps.append(gap.gap)
                    accuracies.append(one.interval.estimate)
            print(line, flush=True)
        print(
            f"{order_in:9} the gap varies by a factor of {max(gaps) / min(gaps):.1f}, the accuracy "
            f"of both modalities by {max(accuracies) / min(accuracies):.2f}"
        )


if __name__ == "__main__":
    main()
