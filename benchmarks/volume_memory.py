"""Measure what memory a run of volumes takes, and whether it grows with their number.

    python benchmarks/volume_memory.py                  4 and 200 volumes of 4 MB

Volumes lie in files and are `Asset`s; a model segments each and two noisy variants of it. Every
setting runs in a process of its own, measuring there or in one worker process. Printed is the peak
resident set of the driver and of its worker, and how many times as large it is with fifty times as
many volumes.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

import seatrial as sea

SIDES = (128, 128, 64)  # 4 MB of float32
VOLUMES = 4
TIMES = 50
BATCH = 4
BOUND = 1.1
THRESHOLD = 0.5
MODULE = "volume_memory"


def noise(sigma: float) -> Callable[..., sea.Volume]:
    """Add normal noise."""

    def apply(volume: sea.Volume, /, *, seed: int) -> sea.Volume:
        draw = np.random.default_rng(seed).standard_normal(volume.array.shape, np.float32)
        return sea.Volume(volume.array + np.float32(sigma) * draw, volume.affine)

    return apply


def accuracy() -> Callable[..., list[float]]:
    """Score the fraction of voxels with the right label."""
    return lambda targets, answers: [
        float((target.array == answer.array).mean())
        for target, answer in zip(targets, answers, strict=True)
    ]


def segment(volumes: Sequence[sea.Volume]) -> list[sea.Volume]:
    """Label what is above a threshold."""
    return [sea.Volume((one.array > THRESHOLD).astype(np.uint8), one.affine) for one in volumes]


segment.identity = "threshold 0.5"  # type: ignore[attr-defined]


def cases_in(folder: Path, volumes: int) -> list[sea.Case]:
    """Name volumes and labels in a folder, after writing those that are missing."""
    draw = np.random.default_rng(0)
    cases = []
    for at in range(volumes):
        given, wanted = folder / f"{at}.npy", folder / f"{at}-labels.npy"
        if not wanted.exists():
            array = draw.random(SIDES, np.float32)
            np.save(given, array)
            np.save(wanted, (array > THRESHOLD).astype(np.uint8))
        cases.append(sea.Case(f"v{at}", sea.Asset(given, "volume"), sea.Asset(wanted, "volume")))
    return cases


def measure(executor: str, cases: Sequence[sea.Case]) -> tuple[float, float]:
    """Run in this process, and give the peaks of driver and worker in MB."""
    noisy = sea.Perturbation(
        name="bench.noise",
        summary="Add noise.",
        modality="volume",
        factory=f"{MODULE}:noise",
        ladder=({"sigma": 0.1}, {"sigma": 0.2}),
    )
    metric = sea.Metric(
        name="bench.accuracy", summary="Right.", factory=f"{MODULE}:accuracy", per_case=True
    )
    plan = sea.Plan(perturbations=[noisy()], metrics=[metric()], severities=[1, 2], seed=7)
    with tempfile.TemporaryDirectory() as folder:
        report = sea.run(
            plan,
            f"{MODULE}:segment",
            cases,
            to=Path(folder, "run"),
            executor=executor,
            workers=1 if executor == "processes" else None,
            batch_size=BATCH,
        )
        assert report.accounting.scored == 3 * len(cases)
    return (
        resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024,
    )


def main() -> None:
    """Measure both executors with few and with many volumes."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--volumes", type=int, default=VOLUMES, help="the smaller number")
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        executor, volumes, folder = options.one
        print(json.dumps(measure(executor, cases_in(Path(folder), int(volumes)))))
        return
    with tempfile.TemporaryDirectory() as folder:
        counts = (options.volumes, TIMES * options.volumes)
        cases_in(Path(folder), counts[-1])
        for executor in ("serial", "processes"):
            peaks = [_peaks(executor, volumes, folder) for volumes in counts]
            for at, who in enumerate(("driver", "worker") if executor == "processes" else ("",)):
                few, many = (one[at] for one in peaks)
                print(
                    f"{executor} {who:6}  {counts[0]} volumes: {few:6.1f} MB, {counts[1]}: "
                    f"{many:6.1f} MB: {many / few:.2f} ×   (bound {BOUND:g} ×)"
                )


def _peaks(executor: str, volumes: int, folder: str) -> list[float]:
    command = [sys.executable, __file__, "--one", executor, str(volumes), folder]
    found: list[float] = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return found


if __name__ == "__main__":
    main()
