"""Extract the real features on which few-shot adapters are compared, and keep them.

    python benchmarks/simnl_features.py DATA [--to FOLDER]

DATA holds `cifar10_subset` (train and test folders of classes) and `medmnist/BreastMNIST.npz`; the
digits come from scikit-learn. The model is the dual encoder of seatrial-timm. Of each class 32
training images get ten augmented views: few-shot draws are made from these. What is computed is
kept by content: broken off, it goes on.

Prints, for each set, how many images there are, the zero-shot accuracy of the dual encoder, and of
logistic regression on all plain training features the accuracy (and AUC for two classes), all on
the test part; then the time an image takes.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from seatrial_simnl import (
    Features,
    ImageData,
    Prompts,
    extract,
    few_shot,
    image_folder,
    medmnist,
    negative_prompts,
)
from seatrial_timm import dual_encoder

from seatrial import Case

VIEWS = 10
DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
TEST_DIGITS = 1000
POOL = 32  # training images of each class that get views

FITTED = ("plain", "labels")

PROMPTS = {
    "cifar10": ("a photo of a {}.", "a blurry photo of a {}.", "a close-up photo of a {}."),
    "breastmnist": ("an ultrasound image of a {} breast.", "a scan that shows {} tissue."),
    "digits": ("a photo of the number {}.", "the handwritten digit {}."),
}


def cifar10(data: Path) -> ImageData:
    """Read the 32 training and 50 test images of each class."""
    return image_folder(data / "cifar10_subset")


def breastmnist(data: Path) -> ImageData:
    """Read all 546 training, 78 validation and 156 test images."""
    return medmnist(data / "medmnist" / "BreastMNIST.npz")


def digits(_: Path) -> ImageData:
    """Take scikit-learn's digits: the last 1000 to test, 32 of each class before them to train."""
    from sklearn.datasets import load_digits

    found = load_digits()
    grey = np.rint(found.images * (255 / 16)).astype(np.uint8)
    cases = [
        Case(f"digit-{place}", np.repeat(image[:, :, None], 3, axis=2), DIGITS[label])
        for place, (image, label) in enumerate(zip(grey, found.target, strict=True))
    ]
    train = few_shot(cases[:-TEST_DIGITS], POOL, seed=0, classes=DIGITS)
    return ImageData(train, (), tuple(cases[-TEST_DIGITS:]), DIGITS)


SETS: dict[str, Callable[[Path], ImageData]] = {
    "cifar10": cifar10,
    "breastmnist": breastmnist,
    "digits": digits,
}


def default_folder() -> Path:
    """Give the folder in which seatrial keeps what can be computed again."""
    chosen = os.environ.get("SEATRIAL_CACHE")
    return (Path(chosen) if chosen else Path.home() / ".cache" / "seatrial") / "simnl"


def parts_of(name: str, data: ImageData, folder: Path) -> dict[str, Features]:
    """Extract and save each part of a set."""
    model = dual_encoder()
    prompts = Prompts(PROMPTS[name], negative_prompts(data.classes))
    pool = few_shot(data.train, POOL, seed=0, classes=data.classes)
    drawn = {case.id for case in getattr(pool, "entries", pool)}
    parts: dict[str, Sequence[Case]] = {
        "train": pool,
        "rest": [case for case in data.train if case.id not in drawn],
        "validation": data.validation,
        "test": data.test,
    }
    found = {}
    for part, cases in parts.items():
        if not cases:
            continue
        found[part] = extract(
            model,
            cases,
            classes=data.classes,
            prompts=prompts,
            views=VIEWS if part == "train" else 0,
            cache=folder / "rows",
            progress=lambda done, of, part=part: print(
                f"\r{name} {part} {done} of {of}", end="", flush=True
            ),
        )
        found[part].save(folder / f"{name}-{part}.safetensors")
    print("\r", end="")
    return found


def described(name: str, parts: dict[str, Features]) -> str:
    """Say how good plain answers are."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import roc_auc_score

    train, test = parts["train"], parts["test"]
    zero = ((test.plain @ test.texts["template"].T).argmax(1) == test.labels).mean()
    whole = [train, *([parts["rest"]] if "rest" in parts else ())]
    rows, labels = (np.concatenate([getattr(one, name) for one in whole]) for name in FITTED)
    linear = LogisticRegression(C=10.0, max_iter=2000).fit(rows, labels)
    right = linear.score(test.plain, test.labels)
    auc = ""
    if len(test.classes) == 2:  # noqa: PLR2004 - of more there is no single AUC
        probability = linear.predict_proba(test.plain)[:, 1]
        auc = f", AUC {roc_auc_score(test.labels, probability):.3f}"
    sizes = ", ".join(f"{len(found)} {part}" for part, found in parts.items())
    return f"{name:12} {sizes}: zero-shot {zero:.3f}, logistic regression {right:.3f}{auc}"


def main() -> None:
    """Extract all sets."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--to", type=Path, default=default_folder())
    parser.add_argument("--threads", type=int, default=1)
    given = parser.parse_args()

    import torch

    torch.set_num_threads(given.threads)
    for name, read in SETS.items():
        started = time.perf_counter()
        data = read(given.data)
        parts = parts_of(name, data, given.to)
        seconds = time.perf_counter() - started
        rows = sum(len(one) * (1 + len(one.views)) for one in parts.values())
        print(described(name, parts))
        print(f"{'':12} {seconds:.0f} s for {rows} rows, {1000 * seconds / rows:.1f} ms each")
    print(f"kept in {given.to}")


if __name__ == "__main__":
    main()
