"""Find which parts of SimNL earn their place, on images that are neither support nor test.

    python benchmarks/simnl_ablation.py [--features FOLDER] [--shots 4 16] [--seeds 1 2]

FOLDER is what benchmarks/simnl_features.py kept. For each seed 16 training images of each class may
be drawn as shots; all other training images, and the validation part where there is one, are the
development images on which each arm is scored. The test images are never read. Each arm changes one
thing in `SimNL()`; further arms change the learning rate of the baselines, so that tuning one
method and not the others can be seen. The first column is the mean accuracy over all data sets,
shots and seeds; "against" is its difference to the first arm with a 95 % interval (t, over seeds).
Prints Markdown; goes on where it was broken off (--to).
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from attrs import evolve
from seatrial_simnl import ESTIMATORS, ClipAdapter, Features, LinearProbe, SimNL, TaskRes
from seatrial_simnl._draws import draw
from seatrial_simnl._protocol import few_shot_trial
from seatrial_simnl._spread import Spread
from seatrial_simnl._tables import markdown
from simnl_features import SETS, default_folder

POOL = 16
CALIBRATED = {"alpha_grid": (1.0, 2.0, 1), "beta_grid": (1.0, 2.0, 1), "lam_grid": (0.75, 1.0, 1)}
"""Grids of one point each, so that only the negative scale is chosen."""

ARMS = {
    "default": SimNL(),
    "release": SimNL(variant="release"),
    "release, 200 epochs": SimNL(variant="release", epochs=200),
    "no negative branch (lam 1)": SimNL(lam=1.0),
    "no negative text (neg_scale 0)": SimNL(neg_scale=0.0),
    "no cached images (alpha 0)": SimNL(alpha=0.0),
    "no reranking": SimNL(rerank=False),
    "negative keys per shot": SimNL(negative_keys="per_shot"),
    "consistency per class": SimNL(cons_weight=8.0, consistency_axis="features"),
    "consistency across classes": SimNL(cons_weight=8.0, consistency_axis="classes"),
    "leave-one-out selection": SimNL(selection="loo"),
    "neg_scale calibrated": SimNL(selection="loo", neg_scale_grid=(0.0, 0.6, 8), **CALIBRATED),
    "complementary loss": SimNL(negative_loss="complementary"),
    "lr 1e-4": SimNL(lr=1e-4),
    "lr 3e-4": SimNL(lr=3e-4),
    "lr 3e-3": SimNL(lr=3e-3),
    "zero-shot": ESTIMATORS["zero-shot"],
    "taskres": ESTIMATORS["taskres"],
    "taskres, lr 6e-3": TaskRes(lr=6e-3),
    "clip-adapter": ESTIMATORS["clip-adapter"],
    "clip-adapter, lr 3e-3": ClipAdapter(lr=3e-3),
    "linear-probe": ESTIMATORS["linear-probe"],
    "linear-probe, lr 0.3": LinearProbe(lr=0.3),
}


def parts(folder: Path, name: str, seed: int) -> tuple[Features, Features]:
    """Give what shots are drawn from, and the development images."""
    pool = Features.load(folder / f"{name}-train.safetensors")
    chosen = draw(pool, POOL, seed=seed).places
    rest = pool.take(sorted(set(range(len(pool))) - set(chosen)))
    more = folder / f"{name}-validation.safetensors"
    if more.exists():
        other = Features.load(more)
        rest = evolve(
            rest,
            ids=rest.ids + other.ids,
            labels=np.concatenate([rest.labels, other.labels]),
            plain=np.concatenate([rest.plain, other.plain]),
        )
    return pool.take(chosen), rest


def main() -> None:
    """Measure all arms and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--features", type=Path, default=default_folder())
    parser.add_argument("--to", type=Path, default=default_folder() / "ablation")
    parser.add_argument("--shots", type=int, nargs="+", default=[4, 16])
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--sets", nargs="+", default=list(SETS))
    parser.add_argument("--arms", nargs="+", default=list(ARMS))
    parser.add_argument("--threads", type=int, default=2)
    given = parser.parse_args()

    import torch

    torch.set_num_threads(given.threads)
    found: dict[str, dict[tuple[str, int, int], float]] = {}
    for name in given.sets:
        for seed in given.seeds:
            train, held = parts(given.features, name, seed)
            for arm in given.arms:
                trial = few_shot_trial(
                    train,
                    held,
                    methods={"arm": ARMS[arm]},
                    shots=given.shots,
                    seeds=[seed],
                    selection=getattr(ARMS[arm], "selection", "none"),
                    to=given.to,
                )
                for cell in trial.cells:
                    found.setdefault(arm, {})[name, cell.shots, seed] = cell.accuracy
    first = given.arms[0]
    rows = [["arm", "all", "against", *given.sets, *(f"{k} shots" for k in given.shots)]]
    for arm in given.arms:

        def mean(arm: str = arm, **at: object) -> float:
            keys = ("name", "shots", "seed")
            return float(
                np.mean(
                    [
                        value
                        for key, value in found[arm].items()
                        if all(key[keys.index(one)] == which for one, which in at.items())
                    ]
                )
            )

        apart = Spread.of([mean(seed=s) - mean(first, seed=s) for s in given.seeds])
        row = [arm, f"{100 * mean():.1f}", "" if arm == first else str(apart)]
        row += [f"{100 * mean(name=name):.1f}" for name in given.sets]
        rows.append(row + [f"{100 * mean(shots=shots):.1f}" for shots in given.shots])
    print(markdown(rows))


if __name__ == "__main__":
    main()
