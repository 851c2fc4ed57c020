"""What the paper's own tables say of its explanations: WikiOrder, tables 1 and 2.

    python benchmarks/order_paper_tables.py

Prints for each model the mean accuracy of each modality, in how many categories one modality beats
another, how far vision and text together lie from text alone, and the rank correlation of accuracy
with the number of stories, with its permutation test over the ten categories; then how many
parameters ViT and RoBERTa have with a linear head, with their poolers and without: the paper states
211.04M. The paper gives no interval and one training run for each figure.
"""

from __future__ import annotations

import attrs
import numpy as np
import seatrial_order as order

from seatrial.statistics import proportion

STORIES = {
    "HC": 1888,
    "AE": 894,
    "CE": 1834,
    "EC": 301,
    "FL": 616,
    "Health": 2083,
    "HG": 2518,
    "PS": 1988,
    "PR": 702,
    "Travel": 438,
}
CATEGORIES = ("AE", "CE", "EC", "FL", "Health", "HC", "HG", "PS", "PR", "Travel")
CLIP, TWO, BLIP = "CLIP", "ViT and RoBERTa", "BLIP"
ACCURACIES = {
    (CLIP, "both"): (0.599, 0.677, 0.539, 0.538, 0.561, 0.663, 0.628, 0.612, 0.580, 0.597),
    (CLIP, "vision"): (0.622, 0.664, 0.549, 0.665, 0.708, 0.704, 0.601, 0.693, 0.586, 0.577),
    (CLIP, "text"): (0.593, 0.669, 0.541, 0.538, 0.560, 0.658, 0.622, 0.615, 0.590, 0.580),
    (TWO, "both"): (0.701, 0.759, 0.629, 0.703, 0.733, 0.773, 0.730, 0.728, 0.696, 0.644),
    (TWO, "vision"): (0.684, 0.716, 0.613, 0.657, 0.723, 0.733, 0.692, 0.707, 0.674, 0.589),
    (TWO, "text"): (0.637, 0.690, 0.580, 0.532, 0.600, 0.702, 0.651, 0.561, 0.615, 0.558),
    (BLIP, "both"): (0.732, 0.817, 0.665, 0.695, 0.738, 0.780, 0.734, 0.788, 0.715, 0.743),
    (BLIP, "vision"): (0.699, 0.789, 0.696, 0.721, 0.709, 0.786, 0.717, 0.746, 0.701, 0.741),
    (BLIP, "text"): (0.603, 0.675, 0.518, 0.564, 0.586, 0.679, 0.643, 0.627, 0.615, 0.585),
}


def trend(values: tuple[float, ...]) -> order.StoryTrend:
    """Set accuracies against the number of stories."""
    interval = proportion([1.0, 0.0], ["a", "b"], 0.95)  # the paper has none; only estimates count
    found = [
        order.Accuracy(name, 1, 1, attrs.evolve(interval, estimate=value))
        for name, value in zip(CATEGORIES, values, strict=True)
    ]
    return order.accuracy_by_stories(found, STORIES)


def parameters(*, poolers: bool) -> int:
    """Count those of ViT-B/16 and roberta-base, without making them, with a head on [t; v; v]."""
    import torch
    from transformers import RobertaConfig, RobertaModel, ViTConfig, ViTModel

    text = RobertaConfig(vocab_size=50265, max_position_embeddings=514, type_vocab_size=1)
    with torch.device("meta"):
        towers = (
            RobertaModel(text, add_pooling_layer=poolers),
            ViTModel(ViTConfig(), add_pooling_layer=poolers),
            torch.nn.Linear(3 * text.hidden_size, 2),
        )
    return sum(one.numel() for tower in towers for one in tower.parameters())


def main() -> None:
    """Print what follows from the tables."""
    for model in (CLIP, TWO, BLIP):
        both, vision, text = (
            np.array(ACCURACIES[model, one]) for one in ("both", "vision", "text")
        )
        print(
            f"{model}: mean {both.mean():.4f} both, {vision.mean():.4f} vision, {text.mean():.4f} "
            f"text; vision beats text in {(vision > text).sum()} of 10, both beats each in "
            f"{((both > vision) & (both > text)).sum()}; both less text: mean distance "
            f"{np.abs(both - text).mean():.3f}, largest {np.abs(both - text).max():.3f}; vision "
            f"less both: at most {(vision - both).max():.3f}"
        )
        for modality in ("both", "vision", "text"):
            found = trend(ACCURACIES[model, modality])
            print(
                f"  {modality:6} with the number of stories: rank correlation "
                f"{found.correlation:.2f}, p = {found.p:.2g}"
            )
    with_them, without = (parameters(poolers=one) / 1e6 for one in (True, False))
    print(f"{TWO}: {with_them:.2f}M parameters with poolers, {without:.2f}M without")


if __name__ == "__main__":
    main()
