"""Compare all few-shot methods on real features, under one protocol without a look at the test set.

    python benchmarks/simnl_comparison.py [--features FOLDER] [--selection loo] [--figures FOLDER]

FOLDER is what benchmarks/simnl_features.py kept: the dual encoder's features of CIFAR-10,
BreastMNIST and scikit-learn's digits. Three data sets, 1 to 16 images of each class, three seeds,
and every method with its published settings, each fitted on the same draws; only SimNL's default
was chosen on these data sets, on images that are neither support nor test (simnl_ablation.py). The
release of SimNL is there as it stands, with 20 epochs, and with the 200 that it has for EuroSAT,
its own data set of ten classes.

Prints Markdown: the gain over zero-shot in points of accuracy with 95 % intervals over the seeds,
the mean rank over the 15 settings, in how many of them no method was better, and the median seconds
of a fit; SimNL's paired differences and calibration; then accuracy by shots for each data set.
--figures writes the pictures, and prints accuracy by label noise and by adapter. Two processes of
one thread each; finished fits are kept (--to), and the same command goes on.
"""

from __future__ import annotations

import argparse
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter

from seatrial_simnl import (
    ESTIMATORS,
    Features,
    SimNL,
    Trial,
    branches,
    compared,
    few_shot_trial,
    noise_trial,
    sensitivity,
)
from simnl_features import SETS, default_folder

SHOTS, SEEDS = (1, 2, 4, 8, 16), (1, 2, 3)
METHODS = {**ESTIMATORS, "simnl-release-200": SimNL(variant="release", epochs=200)}
NOISY = ("zero-shot", "tip-f", "linear-probe", "clap", "simnl")


def parts(folder: Path, name: str) -> tuple[Features, Features]:
    """Read the training and the test part of a set."""
    train, test = (
        Features.load(folder / f"{name}-{part}.safetensors") for part in ("train", "test")
    )
    return train, test


def measured(name: str, seeds: tuple[int, ...], folder: Path, to: Path, selection: str) -> Trial:
    """Measure one data set."""
    import torch

    torch.set_num_threads(1)
    train, test = parts(folder, name)
    return few_shot_trial(
        train, test, methods=METHODS, shots=SHOTS, seeds=seeds, selection=selection, to=to
    )


def draw_all(trials: dict[str, Trial], folder: Path, figures: Path) -> None:
    """Draw accuracy by shots, noise, sensitivity and reliability."""
    figures.mkdir(parents=True, exist_ok=True)
    for name, trial in trials.items():
        (figures / f"{name}-shots.svg").write_text(trial.figure(f"{name}: accuracy by shots"))
    train, test = parts(folder, "cifar10")
    noisy = noise_trial(train, test, methods=NOISY, selection="none")
    (figures / "cifar10-noise.svg").write_text(noisy.figure("cifar10: accuracy by label noise"))
    curves = sensitivity(train, test)
    (figures / "cifar10-sensitivity.svg").write_text(curves.figure("cifar10: sensitivity of SimNL"))
    found = trials["cifar10"].reliability("simnl", SHOTS[-1])
    (figures / "cifar10-reliability.svg").write_text(found.figure("cifar10: SimNL with 16 shots"))
    print("\ncifar10, label noise\n")
    print(noisy.markdown())
    print("\ncifar10, the four adapters of SimNL\n")
    print(branches(train, test).markdown())


def main() -> None:
    """Measure, print, draw."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--features", type=Path, default=default_folder())
    parser.add_argument("--to", type=Path, default=default_folder() / "comparison")
    parser.add_argument("--selection", default="loo", choices=("loo", "validation", "none"))
    parser.add_argument("--figures", type=Path)
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args()
    started = perf_counter()
    asked = [(name, (seed,)) for seed in SEEDS for name in SETS]
    with ProcessPoolExecutor(given.workers, mp_context=get_context("spawn")) as pool:
        futures = [
            pool.submit(measured, *one, given.features, given.to, given.selection) for one in asked
        ]
        for future in futures:
            future.result()
    trials = {
        name: measured(name, SEEDS, given.features, given.to, given.selection) for name in SETS
    }
    seconds = perf_counter() - started
    found = compared(trials)
    print(f"{len(found.ranks('simnl'))} settings, {len(SEEDS)} seeds, {seconds:.0f} s\n")
    print(found.markdown())
    print("\nSimNL against the others, paired by seed:\n")
    for other in METHODS:
        print(f"  {other:18} {found.gain('simnl', to=other).signed()}")
    print(f"\nexpected calibration error with {SHOTS[-1]} shots, 95 % interval:\n")
    for name, trial in trials.items():
        for method in ("simnl", "zero-shot"):
            error = trial.reliability(method, SHOTS[-1]).error
            print(
                f"  {name:12} {method:10} {error.estimate:.3f} "
                f"({error.low:.3f} to {error.high:.3f})"
            )
    for name, trial in trials.items():
        print(f"\n{name}: {trial.protocol()}\n")
        print(trial.markdown())
    if given.figures is not None:
        draw_all(trials, given.features, given.figures)


if __name__ == "__main__":
    main()
