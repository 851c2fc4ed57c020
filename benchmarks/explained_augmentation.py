"""Measure whether explained failures choose a better augmentation than a random choice.

    python benchmarks/explained_augmentation.py [--repeats 2] [--training 400] [--epochs 4]

The network of the digits meets pictures of which 40 % are dimmed, low in contrast, blurred or
noisy: one cause a world, which nobody says. `probes.appearance` explains its failures on half of
the test digits, and its first finding names the augmentation to fine-tune with (`retrain.torch`,
clean and changed training digits). Prints for each world the finding, and the accuracy on the
other half without repair, with the augmentation that was chosen, and on average over all four,
which is what a random choice gives; then the mean gain over the random choice, and its range.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from statistics import mean
from typing import Any

import numpy as np
from scipy.ndimage import gaussian_filter
from seatrial_probes import appearance
from seatrial_retrain import torch as retrain
from seatrial_timm import digits_cases, digits_classifier

import seatrial as sea

OFTEN = 0.4

Change = Callable[[Any, Any], Any]


def _clipped(picture: Any) -> Any:
    return np.uint8(np.clip(np.rint(picture), 0, 255))


def _blurred(draw: Any, picture: Any) -> Any:
    width = draw.uniform(3, 6)
    return _clipped(gaussian_filter(picture.astype(float), (width, width, 0)))


CHANGES: dict[str, Change] = {
    "dim": lambda draw, one: _clipped(one * draw.uniform(0.25, 0.6)),
    "contrast": lambda draw, one: _clipped(170 + (one - 170.0) * draw.uniform(0.15, 0.4)),
    "blur": _blurred,
    "noise": lambda draw, one: _clipped(one + draw.normal(0, draw.uniform(40, 90), one.shape)),
}
NAMED = {
    "dim": ("lowest quarter of brightness", "highest quarter of black pixels"),
    "contrast": ("lowest quarter of contrast", "lowest quarter of white pixels"),
    "blur": ("lowest quarter of sharpness", "lowest quarter of edges"),
    "noise": (
        "highest quarter of noise",
        "highest quarter of sharpness",
        "highest quarter of edges",
    ),
}
"""Which augmentation makes more of the pictures that a condition is about."""


def met(change: Change, cases: list[sea.Case], seed: int) -> list[sea.Case]:
    """Change 40 % of the pictures."""
    draw = np.random.default_rng(seed)
    return [
        sea.Case(
            one.id, change(draw, one.input) if draw.random() < OFTEN else one.input, one.target
        )
        for one in cases
    ]


def outcomes(model: Any, cases: list[sea.Case]) -> list[sea.Outcome]:
    """Ask the model."""
    answers = model([one.input for one in cases])
    return [
        sea.Outcome(case=one, input=one.input, prediction=said, right=said.value == one.target)
        for one, said in zip(cases, answers, strict=True)
    ]


def accuracy(model: Any, cases: list[sea.Case]) -> float:
    """Give the fraction of right answers."""
    return mean(one.right for one in outcomes(model, cases))


def chosen(explanation: sea.Explanation) -> tuple[str | None, str]:
    """Read the augmentation off the first finding that comes with failure."""
    for one in explanation.findings:
        said = one.condition or ""
        for name, conditions in NAMED.items():
            if one.name == "comes-with-failure" and any(words in said for words in conditions):
                return name, said
    return None, "nothing"


def main() -> None:
    """Print one line for each world, and the mean gain."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--training", type=int, default=400)
    parser.add_argument("--epochs", type=int, default=4)
    given = parser.parse_args()
    model, test = digits_classifier(), digits_cases()
    training = digits_cases(part="train")[: given.training]
    gains = []
    print("world     before  chosen  random  by the finding")
    for seed in range(given.repeats):
        draw = np.random.default_rng(seed)
        repaired = {}
        for name, change in CHANGES.items():
            more = [sea.Case(f"{c.id}-{name}", change(draw, c.input), c.target) for c in training]
            use = retrain(epochs=given.epochs, batch=50)
            repaired[name] = sea.repair(use, model=model, cases=[*training, *more], seed=seed)
        for world, change in CHANGES.items():
            cases = met(change, test, seed)
            why = sea.explain(appearance(), outcomes=outcomes(model, cases[::2]), seed=seed)
            choice, said = chosen(why)
            unseen = cases[1::2]
            each = {name: accuracy(one.model, unseen) for name, one in repaired.items()}
            before, random = accuracy(model, unseen), mean(each.values())
            after = random if choice is None else each[choice]
            gains.append(after - random)
            print(
                f"{world:9} {before:6.3f}  {after:6.3f}  {random:6.3f}  {choice}: {said}",
                flush=True,
            )
    print(f"gain over a random choice: {mean(gains):+.3f} ({min(gains):+.3f} to {max(gains):+.3f})")


if __name__ == "__main__":
    main()
