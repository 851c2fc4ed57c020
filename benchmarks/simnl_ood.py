"""Ask whether SimNL's negative classifier knows images of classes that it never saw.

    python benchmarks/simnl_ood.py [--features FOLDER]

FOLDER is what benchmarks/simnl_features.py kept. The estimators learn from 16 images of each class
with ten augmented views, nothing chosen, three seeds. Known are five classes of CIFAR-10 and
unknown the other five, and the other way round ("near"); or known are all ten, and unknown are
BreastMNIST or the digits ("far"). All images that are scored are test images.

Prints Markdown: the AUROC and FPR95 (the fraction of unknown images that pass the threshold that
95 % of the known ones pass), and how far the AUROC lies from that of the probability of the same
method's answer, each with a 95 % interval over the seeds.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from attrs import evolve
from seatrial_simnl import (
    ESTIMATORS,
    Detected,
    Features,
    SimNL,
    Spread,
    few_shot,
    ood_detection,
)
from simnl_features import default_folder

from seatrial import Case

SHOTS, SEEDS = 16, (1, 2, 3)
METHODS = {name: ESTIMATORS[name] for name in ("zero-shot", "tip-f", "simnl")}
PLAIN = ("probability", "logit", "energy")


def only(part: Features, places: list[int]) -> Features:
    """Give the images of some of the classes, and the texts of these."""
    some = part.take(np.flatnonzero(np.isin(part.labels, places)).tolist())
    return evolve(
        some,
        classes=tuple(part.classes[place] for place in places),
        labels=np.searchsorted(places, some.labels),
        texts={name: rows[places] for name, rows in part.texts.items()},
    )


def found(known: Features, inside: Features, outside: Features) -> dict[str, list[Detected]]:
    """Fit every method on each seed's draw, and measure its scores."""
    results: dict[str, list[Detected]] = {}
    cases = [
        Case(one, at, name)
        for at, (one, name) in enumerate(zip(known.ids, known.targets, strict=True))
    ]
    for seed in SEEDS:
        drawn = few_shot(cases, SHOTS, seed=seed, classes=known.classes)
        places = [case.input for case in drawn]
        for name, method in METHODS.items():
            learner = type(method)().set_params(**{**method.get_params(), "seed": seed})
            learner.fit(
                known.keys[places],
                [case.target for case in drawn],
                text=known.texts["template"],
                negative=known.texts["negative"],
                classes=known.classes,
                views=known.views[:, places],
            )
            scores = (*PLAIN, "negative", "negative-max") if isinstance(learner, SimNL) else PLAIN
            for by, one in ood_detection(learner, inside, outside, scores=scores).scores.items():
                results.setdefault(f"{name}, {by}", []).append(one)
    return results


def main() -> None:
    """Measure all settings and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--features", type=Path, default=default_folder())
    given = parser.parse_args()

    import torch

    torch.set_num_threads(1)
    train, test, breast, digits = (
        Features.load(given.features / f"{name}.safetensors")
        for name in ("cifar10-train", "cifar10-test", "breastmnist-test", "digits-test")
    )
    first, second = [0, 1, 2, 3, 4], [5, 6, 7, 8, 9]
    settings = {
        "near, first five": (only(train, first), only(test, first), only(test, second)),
        "near, last five": (only(train, second), only(test, second), only(test, first)),
        "far, breastmnist": (train, test, breast),
        "far, digits": (train, test, digits),
    }
    for name, parts in settings.items():
        print(f"\n{name}: {len(parts[1])} known and {len(parts[2])} unknown images\n")
        print("| score | AUROC | beyond probability | FPR95 |\n| --- | ---: | ---: | ---: |")
        for score, seeds in found(*parts).items():
            area = Spread.of([one.area.estimate for one in seeds])
            gain = Spread.of([one.gain.estimate for one in seeds]).signed()
            passed = Spread.of([one.false_positives for one in seeds])
            print(f"| {score} | {area} | {gain} | {passed} |")


if __name__ == "__main__":
    main()
