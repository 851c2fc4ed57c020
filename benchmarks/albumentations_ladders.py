"""Measure what each rung of the corruptions of pictures does, as a table in Markdown.

    python benchmarks/albumentations_ladders.py [FOLDER ...]

Each rung corrupts 224 × 224 crops with two seeds: twelve of scikit-learn's two photographs, and one
from the middle of each picture in the folders (those of scikit-image are in its `data`). The table
has the root mean squared error over 255, and the fraction of steps from rung to rung that do not
lower it, by crop and seed.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import seatrial_albumentations as plugin
from PIL import Image
from sklearn.datasets import load_sample_images

from seatrial.errors import NotApplicable

SIDE, SEEDS = 224, 2
KINDS = {".png", ".jpg", ".webp"}

Picture = np.ndarray[Any, Any]


def crops(folders: list[str]) -> Iterator[Picture]:
    """Cut squares of 8 bits, grey or in colours."""
    for photo in load_sample_images().images:
        for top in (0, 200):
            for left in (0, 200, 400):
                yield photo[top : top + SIDE, left : left + SIDE].copy()
    for folder in folders:
        for file in sorted(Path(folder).iterdir()):
            if file.suffix not in KINDS:
                continue
            with Image.open(file) as opened:
                if min(opened.size) < SIDE or opened.mode not in ("L", "RGB"):
                    continue
                whole = np.asarray(opened)
            top, left = ((side - SIDE) // 2 for side in whole.shape[:2])
            yield whole[top : top + SIDE, left : left + SIDE].reshape(SIDE, SIDE, -1).copy()


def damage(one: Any, picture: Picture, seed: int) -> list[float] | None:
    """Measure all rungs; None where there is nothing to act on."""
    try:
        changed = [one.at(rung + 1)(picture, seed=seed) for rung in range(len(one.ladder))]
    except NotApplicable:
        return None
    return [float(np.sqrt(np.mean((each.astype(float) - picture) ** 2))) / 255 for each in changed]


def parameters(one: Any) -> str:
    """Write the parameters of all rungs; those that never change are said once."""
    said = []
    for name in one.ladder[0]:
        values = [rung[name] for rung in one.ladder]
        shown = values[:1] if len(set(values)) == 1 else values
        said.append(f"`{name}` {' '.join(f'{value:g}'.replace('0.', '.') for value in shown)}")
    return ", ".join(said)


def main() -> None:
    """Print a row for each corruption."""
    pictures = list(crops(sys.argv[1:]))
    print(f"{len(pictures)} crops, {SEEDS} seeds each\n")
    print("| name | parameters on the ladder | 1 | 2 | 3 | 4 | 5 | steps |")
    print("|---|---|---|---|---|---|---|---|")
    for one in plugin.seatrial_perturbations():
        each = [damage(one, picture, seed) for picture in pictures for seed in range(SEEDS)]
        done = [row for row in each if row is not None]
        grown = np.mean([low <= high for row in done for low, high in pairwise(row)])
        means = " | ".join(f"{value:.3f}"[1:] for value in np.mean(done, axis=0))
        name = one.name.partition(".")[2]
        print(f"| `{name}` | {parameters(one)} | {means} | {grown:.3g} |", flush=True)


if __name__ == "__main__":
    main()
