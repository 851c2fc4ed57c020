"""Measure how often the dual encoder of seatrial-timm is right on CIFAR-10 without any training.

    python benchmarks/zero_shot.py DATA

DATA holds `cifar10_subset`, with folders of classes in `train` and `test`. Prints the accuracy on
the test images with its exact 95 % interval, as it is and centred on the training images without
their labels; then the fraction of right answers for each class.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from seatrial_simnl import image_folder
from seatrial_timm import dual_encoder

from seatrial.statistics import clopper_pearson


def main() -> None:
    """Measure both."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("data", type=Path)
    data = image_folder(parser.parse_args().data / "cifar10_subset")
    model = dual_encoder(classes=data.classes)
    test = list(data.test)
    targets = np.array([case.target for case in test])
    images = [case.input for case in test]
    centred = model.centred([case.input for case in data.train])
    for name, one in {"as it is": model, "centred": centred}.items():
        right = np.array([answer.value for answer in one(images)]) == targets
        bounds = clopper_pearson(int(right.sum()), len(right), 0.975)  # each end is one-sided
        said = f"{right.mean():.3f} ({bounds.low:.3f} to {bounds.high:.3f})"
        print(f"{name:10} {said} of {len(right)} images")
        print("  " + ", ".join(f"{c} {right[targets == c].mean():.2f}" for c in data.classes))


if __name__ == "__main__":
    main()
