"""Compare the artefacts of seatrial-torchio with torchio's own: speed, and peak memory.

    python benchmarks/torchio_speed.py [VOLUME.nii.gz] [REPEATS]

Prints one line for each artefact: the median time of torchio's transform (on a torchio image) over
that of ours (on a seatrial Volume, checks and type conversion included), both on the same volume
and the same number of threads; and how much memory one call takes beyond the volume, in volumes of
float32: the growth of the peak in a fresh process, on Linux. Artefacts that torchio does not have
come last, with their time and memory alone. The volume is the MNI152 template inside nilearn (1 mm)
unless another is named.
"""

from __future__ import annotations

import subprocess
import sys
import time
from importlib.metadata import files
from pathlib import Path
from statistics import median
from typing import Any

import nibabel
import numpy as np
import seatrial_torchio as ours
import torch
import torchio

from seatrial import Case, Volume

REPEATS = 3
POINTS = np.random.default_rng(0).uniform(-5, 5, (7, 7, 7, 3))
POINTS[[0, -1]] = POINTS[:, [0, -1]] = POINTS[:, :, [0, -1]] = 0
TURNS, SHIFTS = np.random.default_rng(0).normal(size=(2, 2, 3))
PAIRS: dict[str, tuple[Any, dict[str, Any], Any]] = {
    "bias-field": (ours.bias_field, {"strength": 0.3}, torchio.BiasField([0.1] * 20, 3)),
    "ghosting": (ours.ghosting, {"intensity": 0.7, "axis": 1}, torchio.Ghosting(8, 1, 0.7, 0.02)),
    "spike": (ours.spike, {"intensity": 0.5}, torchio.Spike(np.array([[0.4, 0.3, 0.6]]), 0.5)),
    "motion": (
        ours.motion,
        {"degrees": 2.0, "translation": 2.0, "movements": 2, "axis": 2},
        torchio.Motion(TURNS, SHIFTS, np.array([0.3, 0.7]), image_interpolation="linear"),
    ),
    "noise": (ours.noise, {"std": 0.05}, torchio.Noise(0.0, 5.0, seed=1)),
    "blur": (ours.blur, {"std": 2.0}, torchio.Blur((2.0, 2.0, 2.0))),
    "gamma": (ours.gamma, {"log_gamma": 0.3}, torchio.Gamma(1.35)),
    "anisotropy": (
        ours.anisotropy,
        {"factor": 4.0, "axis": 2},
        torchio.RandomAnisotropy((2,), (4.0, 4.0)),
    ),
    "affine": (
        ours.affine,
        {"degrees": 5.0, "translation": 4.0},
        torchio.Affine((1, 1, 1), (3.0, 3.0, 3.0), (2.0, 2.0, 2.0)),
    ),
    "elastic": (
        ours.elastic,
        {"displacement": 0.04},
        torchio.ElasticDeformation(POINTS, (5.0, 5.0, 5.0)),
    ),
}


OTHERS = (
    *("rician", "contrast", "gibbs", "wrap-around", "drop-out", "swap", "flip", "crop"),
    "field-of-view",
)


def chosen(name: str) -> tuple[Any, dict[str, Any]]:
    """Give an artefact and its parameters: for those that torchio lacks, of the third rung."""
    if name in PAIRS:
        return PAIRS[name][:2]
    component = getattr(ours, name.replace("-", "_"))
    return component, dict(component.ladder[min(2, len(component.ladder) - 1)])


def template() -> str:
    """Find the MNI152 template inside nilearn."""
    held = files("nilearn") or []
    return str(next(one.locate() for one in held if "t1_tal_nlin_sym_09a" in one.name))


def loaded(path: str) -> Volume:
    """Read a volume as float32."""
    image = nibabel.load(path)
    values = np.asarray(image.dataobj, np.float32)
    return Volume(np.ascontiguousarray(values), image.affine)  # as a run hands it out


def value_for(component: Any, volume: Volume) -> Any:
    """Give what a component takes: a volume, or a case."""
    return Case("one", volume) if component.sees_case else volume


def main(path: str, repeats: int) -> None:
    """Print the ratios."""
    volume = loaded(path)
    image = torchio.ScalarImage(tensor=torch.from_numpy(volume.array.copy()), affine=volume.affine)
    sides = "×".join(map(str, volume.array.shape[1:]))
    print(f"{Path(path).name}, {sides}, {torch.get_num_threads()} threads, {repeats} repeats")
    print(f"{'artefact':<14}{'torchio s':>10}{'ours s':>8}{'ratio':>8}{'memory':>8}")
    for name, (component, params, transform) in PAIRS.items():
        work, value = component.build(params), value_for(component, volume)
        times: dict[str, list[float]] = {"theirs": [], "ours": []}
        for seed in range(repeats + 1):  # one after the other: a busy machine slows both
            start = time.perf_counter()
            transform(image)
            times["theirs"].append(time.perf_counter() - start)
            start = time.perf_counter()
            work(value, seed=seed)
            times["ours"].append(time.perf_counter() - start)
        theirs, mine = (median(one[1:]) for one in times.values())  # the first warms up
        print(
            f"{name:<14}{theirs:>10.3f}{mine:>8.3f}{theirs / mine:>8.2f}{memory(name, path):>8}",
            flush=True,
        )
    for name in OTHERS:
        component, params = chosen(name)
        work, value = component.build(params), value_for(component, volume)
        alone = []
        for seed in range(repeats + 1):
            start = time.perf_counter()
            work(value, seed=seed)
            alone.append(time.perf_counter() - start)
        spent = median(alone[1:])
        print(f"{name:<14}{'':>10}{spent:>8.3f}{'':>8}{memory(name, path):>8}", flush=True)


def memory(name: str, path: str) -> str:
    """Measure in a fresh process how much one call adds to the peak, in volumes."""
    command = [sys.executable, __file__, "--memory", name, path]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def add_to_peak(name: str, path: str) -> None:
    """Print how many volumes of float32 one call adds to the peak of this process."""
    component, params = chosen(name)
    work = component.build(params)
    small = Volume(np.random.default_rng(0).random((16, 16, 16), np.float32))
    work(value_for(component, small), seed=0)  # load what is loaded once
    value = value_for(component, volume := loaded(path))
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the peak starts anew
    before = peak()
    work(value, seed=0)
    print(f"{(peak() - before) * 1024 / volume.array.nbytes:.1f}")


def peak() -> int:
    """Read the peak of this process's memory, in KiB."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0])


if __name__ == "__main__":
    if sys.argv[1:2] == ["--memory"]:
        add_to_peak(*sys.argv[2:4])
    else:
        given = sys.argv[1:]
        main(given[0] if given else template(), int(given[1]) if len(given) > 1 else REPEATS)
