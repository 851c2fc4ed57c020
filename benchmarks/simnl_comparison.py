"""Compare all few-shot methods on equal terms, on real features, without a look at the test set.

    python benchmarks/simnl_comparison.py [--features FOLDER] [--figures FOLDER] [--seeds 1 2 3]

FOLDER is what benchmarks/simnl_features.py kept: the dual encoder's features of CIFAR-10,
BreastMNIST and scikit-learn's digits. Three data sets; 1, 4 and 16 images of each class; three
seeds. For each of these 27 draws every method gets

- the same images, ten augmented views of each, and the same texts;
- the same budget: 300 epochs of batches of 256, at least what any of them was published with for a
  data set of ten classes;
- the same min(shots, 4) held-out images of each class, which no support set holds, to choose on: a
  learning rate among six (1/25, 1/5, 1, 5, 25 and 125 times the published one), then the epoch,
  then, where the method has them, its alpha, beta, gamma and lam in its own published ranges.

Initial values and ranges are those published for EuroSAT, the one data set of ten classes
(`preset`). "simnl" is SimNL with what this package repairs, "simnl-release" the published code's
model. The test part is scored once. Nothing was chosen on these data sets beforehand, but for what
`SimNL()` repairs beside its rate and its epochs (simnl_ablation.py).

Prints Markdown: the gain over zero-shot in points of accuracy with 95 % intervals over the seeds,
the mean rank over the 9 settings, in how many of them no method was better, and the median seconds
of a fit with all that it tries; SimNL's paired differences, the pairs that are told apart, and
calibration; then accuracy by shots for each data set, which rates were chosen, and how often one at
an end of the range. After that the same with each method's published settings for EuroSAT, rate and
epochs too, for the largest number of shots; and accuracy on CIFAR-10 by rate of wrong labels, on
equal terms, the held-out labels being as wrong. --figures writes the pictures, and prints accuracy
by adapter. One process of one thread (--workers); finished fits are kept (--to), and the same
command goes on.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from itertools import combinations
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter

from seatrial_simnl import (
    Ape,
    ClipAdapter,
    Comparison,
    Features,
    LinearProbe,
    SimNL,
    TaskRes,
    Tip,
    Trial,
    ZeroShot,
    branches,
    compared,
    few_shot_trial,
    noise_trial,
    preset,
    sensitivity,
)
from simnl_features import SETS, default_folder

SHOTS, SEEDS = (1, 4, 16), (1, 2, 3)
EPOCHS = 300
TIMES = (1 / 25, 1 / 5, 1, 5, 25, 125)
"""What the published learning rates are multiplied by."""
LIKE = "eurosat"
RELEASE = {
    "negative_keys": "per_shot",
    "consistency_axis": "classes",
    "leave_self_out": False,
    "weights_of": "shots",
    "cons_weight": 8.0,
}
"""The published code's model, with the tie rule of the other methods in the search."""
NOISY = ("zero-shot", "tip-f", "taskres", "linear-probe", "clap", "simnl", "simnl-release")
RATES = (0.0, 0.2, 0.4)


def published(width: int) -> dict[str, object]:
    """Give every method as published for EuroSAT, on features of some width."""
    simnl = {name: one for name, one in preset(LIKE).items() if name != "variant"}
    return {
        "zero-shot": ZeroShot(),
        "tip": Tip(**preset(LIKE, "tip")),
        "ape": Ape(**preset(LIKE, "ape", width=width)),
        "tip-f": Tip(**preset(LIKE, "tip-f")),
        "ape-t": Ape(**preset(LIKE, "ape-t", width=width)),
        "taskres": TaskRes(**preset(LIKE, "taskres")),
        "clip-adapter": ClipAdapter(),
        "linear-probe": LinearProbe(),
        "clap": LinearProbe(penalty="zero-shot"),
        "simnl": SimNL(**simnl),
        "simnl-release": SimNL(**RELEASE, **simnl),
    }


def equal(width: int) -> dict[str, object]:
    """Give every trained method the same number of epochs, and the same number of rates to try."""
    methods = published(width)
    for one in methods.values():
        if getattr(one, "trained", True) and not isinstance(one, ZeroShot):
            rates = tuple(round(one.lr * times, 12) for times in TIMES)
            one.set_params(epochs=EPOCHS, lr_grid=rates)
    return methods


def parts(folder: Path, name: str) -> tuple[Features, Features]:
    """Read the training and the test part of a set."""
    train, test = (
        Features.load(folder / f"{name}-{part}.safetensors") for part in ("train", "test")
    )
    return train, test


def measured(
    name: str, terms: str, shots: tuple[int, ...], seeds: tuple[int, ...], folder: Path, to: Path
) -> Trial:
    """Measure one data set."""
    import torch

    torch.set_num_threads(1)
    train, test = parts(folder, name)
    methods = {"equal": equal, "published": published}[terms](train.plain.shape[1])
    return few_shot_trial(
        train, test, methods=methods, shots=shots, seeds=seeds, selection="validation", to=to
    )


def mislabelled(seeds: tuple[int, ...], folder: Path, to: Path) -> Trial:
    """Measure some methods on CIFAR-10 by rate of wrong labels, on the same terms."""
    import torch

    torch.set_num_threads(1)
    train, test = parts(folder, "cifar10")
    every = equal(train.plain.shape[1])
    return noise_trial(
        train, test, rates=RATES, methods={name: every[name] for name in NOISY},
        shots=SHOTS[-1], seeds=seeds, selection="validation", to=to,
    )  # fmt: skip


def draw_all(trials: Mapping[str, Trial], noisy: Trial, folder: Path, figures: Path) -> None:
    """Draw accuracy by shots, noise, sensitivity and reliability."""
    figures.mkdir(parents=True, exist_ok=True)
    for name, trial in trials.items():
        (figures / f"{name}-shots.svg").write_text(trial.figure(f"{name}: accuracy by shots"))
    train, test = parts(folder, "cifar10")
    (figures / "cifar10-noise.svg").write_text(noisy.figure("cifar10: accuracy by label noise"))
    curves = sensitivity(train, test)
    (figures / "cifar10-sensitivity.svg").write_text(curves.figure("cifar10: sensitivity of SimNL"))
    found = trials["cifar10"].reliability("simnl", SHOTS[-1])
    (figures / "cifar10-reliability.svg").write_text(found.figure("cifar10: SimNL with 16 shots"))
    print("\ncifar10, the four adapters of SimNL\n")
    print(branches(train, test).markdown())


def published_rate(method: str) -> float:
    """Give the learning rate that a method was published with."""
    one = published(1)[method]
    return float(one.lr)


def told_apart(together: Comparison) -> None:
    """Print the pairs whose interval over the seeds, by itself, holds no 0."""
    pairs = list(combinations(sorted(together.methods, key=lambda m: -together.gain(m).mean), 2))
    print(f"\nof {len(pairs)} pairs, these have an interval without 0, uncorrected:\n")
    for one, other in pairs:
        gain = together.gain(one, to=other)
        if gain.low is not None and gain.high is not None and not gain.low <= 0 <= gain.high:
            print(f"  {one:14} {other:14} {gain.signed()}")


def rates(trials: Mapping[str, Trial]) -> None:
    """Print how often each learning rate was chosen."""
    print("\nlearning rates chosen, and how often:\n")
    cells = [cell for trial in trials.values() for cell in trial.cells if "lr" in cell.selected]
    for method in dict.fromkeys(cell.method for cell in cells):
        found = Counter(cell.selected["lr"] for cell in cells if cell.method == method)
        tried = sorted(round(published_rate(method) * times, 12) for times in TIMES)
        print(
            f"  {method:14}",
            ", ".join(f"{lr:.3g}: {n}" for lr, n in sorted(found.items())),
            f"(at the ends {found[tried[0]]} and {found[tried[-1]]} of {found.total()})",
        )


def main() -> None:
    """Measure, print, draw."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--features", type=Path, default=default_folder())
    parser.add_argument("--to", type=Path, default=default_folder() / "comparison")
    parser.add_argument("--figures", type=Path)
    parser.add_argument("--seeds", type=int, nargs="+", default=SEEDS)
    parser.add_argument("--workers", type=int, default=1)
    given = parser.parse_args()
    started = perf_counter()
    terms = {"equal": SHOTS, "published": SHOTS[-1:]}
    asked = [
        (name, which, shots, (seed,))
        for seed in given.seeds
        for which, shots in terms.items()
        for name in SETS
    ]
    with ProcessPoolExecutor(given.workers, mp_context=get_context("spawn")) as pool:
        futures = [pool.submit(measured, *one, given.features, given.to) for one in asked]
        futures += [
            pool.submit(mislabelled, (seed,), given.features, given.to) for seed in given.seeds
        ]
        for future in futures:
            future.result()
    found = {
        which: {
            name: measured(name, which, shots, tuple(given.seeds), given.features, given.to)
            for name in SETS
        }
        for which, shots in terms.items()
    }
    trials = found["equal"]
    together = compared(trials)
    seconds = perf_counter() - started
    print(f"{len(together.ranks('simnl'))} settings, {len(given.seeds)} seeds, {seconds:.0f} s\n")
    print(together.markdown())
    print("\nSimNL against the others, paired by seed:\n")
    for other in together.methods:
        print(f"  {other:18} {together.gain('simnl', to=other).signed()}")
    told_apart(together)
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
    rates(trials)
    print(f"\nas published for {LIKE}, {SHOTS[-1]} shots\n")
    print(compared(found["published"]).markdown())
    noisy = mislabelled(tuple(given.seeds), given.features, given.to)
    print(f"\ncifar10, {SHOTS[-1]} shots, by rate of wrong labels among all that is learned from\n")
    print(noisy.markdown())
    if given.figures is not None:
        draw_all(trials, noisy, given.features, given.figures)


if __name__ == "__main__":
    main()
