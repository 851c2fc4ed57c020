"""Ask whether a model that few-shot adapters repaired withstands corruptions better than before.

    python benchmarks/simnl_corruptions.py DATA [--to FOLDER] [--test 20]

DATA holds `cifar10_subset` and `medmnist/BreastMNIST.npz`. The adapters learn from 16 clean images
of each class (no views, nothing chosen, three seeds) on the dual encoder of seatrial-timm, and are
scored on clean test images and on the same images under ten corruptions of seatrial-albumentations
at severity 3. Pictures are enlarged to 224 × 224 before, as the tower does, so that ImageNet-C's
parameters mean what they say.

Prints for each method the accuracy on clean and on corrupted images (mean over corruptions), the
drop between them, how much larger that drop is than zero-shot's, paired by test image and with a
95 % interval over them, and the fraction of the clean accuracy that is kept. What is computed is
kept by content: broken off, it goes on.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import seatrial_albumentations as corruptions
from attrs import evolve
from PIL import Image
from seatrial_simnl import (
    Features,
    ImageData,
    Prompts,
    Trial,
    domain_trial,
    extract,
    few_shot,
    negative_prompts,
)
from seatrial_timm import dual_encoder
from simnl_features import PROMPTS, breastmnist, cifar10, default_folder

from seatrial import Case, derive

SIDE, SEVERITY, SHOTS, POOL, Z = 224, 3, 16, 32, 1.96
SEEDS = (1, 2, 3)
METHODS = ("zero-shot", "tip-f", "linear-probe", "clap", "simnl")
CLEAN = "clean"
KINDS = (
    "gaussian_noise",
    "impulse_noise",
    "defocus_blur",
    "motion_blur",
    "fog",
    "brightness",
    "contrast",
    "elastic",
    "pixelate",
    "jpeg",
)


def enlarged(case: Case) -> Case:
    """Give the case with its picture as large as the tower takes it, in colours."""
    picture = Image.fromarray(np.asarray(case.input).squeeze()).convert("RGB")
    return evolve(case, input=np.asarray(picture.resize((SIDE, SIDE), Image.Resampling.BICUBIC)))


def corrupted(cases: Sequence[Case], kind: str) -> list[Case]:
    """Corrupt all pictures, each with a seed of its own."""
    change = getattr(corruptions, kind).at(SEVERITY)
    return [
        evolve(
            case,
            id=f"{case.id}@{kind}",
            input=change(np.asarray(case.input), seed=derive(7, kind, case.id)),
        )
        for case in cases
    ]


def features(name: str, data: ImageData, each: int, folder: Path) -> dict[str, Features]:
    """Extract the training images and every version of the test images."""
    model = dual_encoder()
    prompts = Prompts(PROMPTS[name], negative_prompts(data.classes))
    test = list(map(enlarged, few_shot(data.test, each, seed=0, classes=data.classes)))
    train = few_shot(data.train, POOL, seed=0, classes=data.classes)
    parts: dict[str, list[Case]] = {"train": list(map(enlarged, train)), CLEAN: test}
    parts |= {kind: corrupted(test, kind) for kind in KINDS}
    found = {}
    for part, cases in parts.items():
        print(f"\r{name}: {part:20}", end="", flush=True)
        found[part] = extract(
            model, cases, classes=data.classes, prompts=prompts, views=0, cache=folder / "rows"
        )
    print("\r", end="")
    return found


def by_image(trial: Trial, method: str, point: Any) -> np.ndarray[Any, Any]:
    """Give the fraction of seeds with a right answer, for each test image."""
    return np.mean([cell.right for cell in trial.at(method, point)], axis=0)


def told(trial: Trial) -> None:
    """Print a row for each method."""
    print("| method | clean | corrupted | drop | drop beyond zero-shot's | kept |")
    print("|---|---:|---:|---:|---:|---:|")
    drops = {}
    for method in trial.methods:
        clean = by_image(trial, method, CLEAN)
        worse = np.mean([by_image(trial, method, kind) for kind in KINDS], axis=0)
        drops[method] = clean - worse
        beyond = drops[method] - drops["zero-shot"]
        around = Z * beyond.std(ddof=1) / len(beyond) ** 0.5
        cells = [clean.mean(), worse.mean(), drops[method].mean()]
        shown = " | ".join(f"{100 * value:.1f}" for value in cells)
        kept = worse.mean() / clean.mean()
        print(
            f"| {method} | {shown} | {100 * beyond.mean():+.1f} ± {100 * around:.1f} | {kept:.2f} |"
        )
    print(f"\n| corruption | {' | '.join(trial.methods)} |")
    print(f"|---|{'---:|' * len(trial.methods)}")
    for kind in (CLEAN, *KINDS):
        means = [f"{100 * trial.accuracy(one, kind).mean:.1f}" for one in trial.methods]
        print(f"| {kind.replace('_', '-')} | {' | '.join(means)} |")


def main() -> None:
    """Measure both sets."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--to", type=Path, default=default_folder())
    parser.add_argument("--test", type=int, default=20, help="test images of each class")
    given = parser.parse_args()

    import torch

    torch.set_num_threads(1)
    for name, read in {"cifar10": cifar10, "breastmnist": breastmnist}.items():
        found = features(name, read(given.data), given.test, given.to)
        train = found.pop("train")
        trial = domain_trial(
            train, found, methods=METHODS, shots=SHOTS, seeds=SEEDS, selection="none"
        )
        print(f"\n{name}, {len(found[CLEAN])} test images, severity {SEVERITY}\n")
        told(trial)


if __name__ == "__main__":
    main()
