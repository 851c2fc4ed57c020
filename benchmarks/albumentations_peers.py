"""Compare the corruptions of pictures with imagecorruptions and medmnistc, level by level.

    python3.10 -m venv peers              # scikit-image 0.19 has no wheels for newer ones
    peers/bin/pip install "numpy==1.26.*" "scikit-image==0.19.*" "scipy==1.14.*" "setuptools<80"
    peers/bin/pip install "opencv-python-headless<4.12" imagecorruptions
    peers/bin/pip install --no-deps medmnistc wand        # and apt install libmagickwand-6.q16-6
    python benchmarks/albumentations_peers.py peers/bin/python

Both sides get the same 224 × 224 crops of photographs, and ImageNet-C's (or MedMNIST-C's)
parameters for each level, also where our own ladders differ. A fixed corruption is compared pixel
by pixel: the root mean squared difference over 255. A random one draws otherwise on each side, so
distributions are compared: the root mean squared error that each side does, as a ratio, and the
Kolmogorov-Smirnov distance between the values that come out. Time is theirs over ours at level 3.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
import time
import types
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

SIDE, TIMED, DRAWS = 224, 3, 3
LEAST, LONG, MANY = 5, 0.5, 50  # calls that are timed: at least, for how long, at most


@dataclass
class Row:
    """One corruption: what it is called there and here, and our parameters on each level."""

    peer: str
    ours: str
    fixed: bool
    levels: list[dict[str, Any]]
    source: str = "imagecorruptions"

    def name(self, level: int) -> str:
        """Name our corruption: some of theirs are two of ours."""
        names = self.ours.split("/")
        return names[0] if len(names) == 1 or level in FIRST[self.peer] else names[1]


FIRST = {"spatter": (0, 1, 2), "saturate": (0, 1)}


def one(name: str, *values: Any) -> list[dict[str, Any]]:
    """Give one parameter on each level."""
    return [{name: value} for value in values]


def some(names: str, *levels: tuple[Any, ...]) -> list[dict[str, Any]]:
    """Give several parameters on each level."""
    return [dict(zip(names.split(), level, strict=True)) for level in levels]


FLAKES, LIQUID = "mean sd zoom cut radius sigma keep", "mean sd sigma cut"
ZOOMS = ((1.11, 0.01), (1.16, 0.01), (1.21, 0.02), (1.26, 0.02), (1.31, 0.03))
SMEARS = ((10, 3), (15, 5), (15, 8), (15, 12), (20, 15))
DISKS = ((3, 0.1), (4, 0.5), (6, 0.5), (8, 0.5), (10, 0.5))
GLASS = ((0.7, 1, 2), (0.9, 2, 1), (1, 2, 3), (1.1, 3, 2), (1.5, 4, 2))
FLURRIES = (
    (0.1, 0.3, 3, 0.5, 10, 4, 0.8),
    (0.2, 0.3, 2, 0.5, 12, 4, 0.7),
    (0.55, 0.3, 4, 0.9, 12, 8, 0.7),
    (0.55, 0.3, 4.5, 0.85, 12, 8, 0.65),
    (0.55, 0.3, 2.5, 0.85, 12, 12, 0.55),
)
WATER = ((0.65, 0.3, 4, 0.69, 0.6), (0.65, 0.3, 3, 0.68, 0.6), (0.65, 0.3, 2, 0.68, 0.5))
MUDDY = ((0.65, 0.3, 1, 0.65, 1.5), (0.67, 0.4, 1, 0.65, 1.5))
COLOURS = ((0.3,), (0.1,)), ((2, 0), (5, 0.1), (20, 0.2))

ROWS = [
    Row("gaussian_noise", "gaussian_noise", False, one("sd", 0.08, 0.12, 0.18, 0.26, 0.38)),
    Row("shot_noise", "shot_noise", False, one("photons", 60, 25, 12, 5, 3)),
    Row("impulse_noise", "impulse_noise", False, one("amount", 0.03, 0.06, 0.09, 0.17, 0.27)),
    Row("speckle_noise", "speckle_noise", False, one("sd", 0.15, 0.2, 0.35, 0.45, 0.6)),
    Row("gaussian_blur", "gaussian_blur", True, one("sigma", 1, 2, 3, 4, 6)),
    Row("defocus_blur", "defocus_blur", True, some("radius alias", *DISKS)),
    Row("glass_blur", "glass_blur", False, some("sigma shift times", *GLASS)),
    Row("motion_blur", "motion_blur", False, some("radius sigma", *SMEARS)),
    Row("zoom_blur", "zoom_blur", True, some("most step", *ZOOMS)),
    Row("snow", "snow", False, some(FLAKES, *FLURRIES)),
    Row(
        "frost",
        "frost",
        False,
        some("keep ice", (1, 0.4), (0.8, 0.6), (0.7, 0.7), (0.65, 0.7), (0.6, 0.75)),
    ),
    Row(
        "fog",
        "fog",
        False,
        some("thickness decay", (1.5, 2), (2, 2), (2.5, 1.7), (2.5, 1.5), (3, 1.4)),
    ),
    Row(
        "spatter",
        "spatter/mud",
        False,
        some(f"{LIQUID} strength", *WATER) + some(f"{LIQUID} soft", *MUDDY),
    ),
    Row("brightness", "brightness", True, one("add", 0.1, 0.2, 0.3, 0.4, 0.5)),
    Row("contrast", "contrast", True, one("factor", 0.4, 0.3, 0.2, 0.1, 0.05)),
    Row(
        "saturate",
        "desaturate/saturate",
        True,
        some("factor", *COLOURS[0]) + some("factor add", *COLOURS[1]),
    ),
    Row(
        "elastic_transform",
        "elastic",
        False,
        some("shift tilt", (0.0625, 0), (0.08125, 0), (0.10625, 0), (0.125, 0), (0.15, 0)),
    ),
    Row("pixelate", "pixelate", True, one("scale", 0.6, 0.5, 0.4, 0.3, 0.25)),
    Row("jpeg_compression", "jpeg", True, one("quality", 25, 18, 15, 10, 7)),
    Row("pixelate", "pixelate", True, one("scale", 0.3, 0.25, 0.2, 0.15, 0.1), "chestmnist"),
    Row("jpeg_compression", "jpeg", True, one("quality", 50, 30, 15, 10, 7), "chestmnist"),
    Row("brightness_up", "brighten", True, one("factor", 1.1, 1.2, 1.3, 1.4, 1.5), "chestmnist"),
    Row("brightness_down", "dim", True, one("factor", 0.9, 0.8, 0.7, 0.6, 0.5), "chestmnist"),
    Row("contrast_up", "contrast_up", True, one("factor", 1.1, 1.2, 1.3, 1.4, 1.6), "chestmnist"),
    Row("contrast_down", "contrast", True, one("factor", 0.9, 0.8, 0.7, 0.6, 0.4), "chestmnist"),
    Row(
        "speckle_noise",
        "speckle_noise",
        False,
        one("sd", 0.05, 0.15, 0.2, 0.35, 0.45),
        "dermamnist",
    ),
    Row(
        "motion_blur",
        "motion_blur",
        False,
        some("radius sigma", (10, 5), (15, 5), (15, 8), (15, 12), (20, 15)),
        "dermamnist",
    ),
    Row("black_corner", "black_corner", True, one("radius", 1.1, 1.05, 1, 0.9, 0.95), "dermamnist"),
    Row(
        "characters",
        "characters",
        False,
        some("words size", (1, 0.016), (1, 0.016), (2, 0.016), (2, 0.016), (3, 0.016)),
        "dermamnist",
    ),
    Row(
        "saturate",
        "saturate",
        True,
        [{"factor": 1, "add": add} for add in (0.05, 0.1, 0.15, 0.2, 0.25)],
        "pathmnist",
    ),
    Row(
        "bubble",
        "bubbles",
        False,
        some("count radius", (11, 0.03), (11, 0.045), (11, 0.055), (13, 0.067), (16, 0.076)),
        "pathmnist",
    ),
    Row(
        "stain_deposit", "stain", False, one("cover", 0.01, 0.012, 0.016, 0.025, 0.035), "pathmnist"
    ),
]


def crops() -> np.ndarray[Any, Any]:
    """Cut four squares of the two photographs of scikit-learn."""
    from sklearn.datasets import load_sample_images

    first, second = load_sample_images().images
    places = [(first, 80, 100), (first, 150, 400), (second, 100, 200), (second, 200, 60)]
    return np.stack([photo[y : y + SIDE, x : x + SIDE] for photo, y, x in places])


def grey_for(row: Row, picture: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Make the picture grey where the data set is."""
    if row.source != "chestmnist":
        return picture
    return np.rint(picture.mean(axis=2)).astype(np.uint8)


def peer_call(row: Row) -> Callable[[Any, int], Any]:
    """Give their corruption: of a picture and a level from 0."""
    from PIL import Image

    if row.source == "imagecorruptions":
        from imagecorruptions import corrupt

        return lambda picture, level: corrupt(picture, corruption_name=row.peer, severity=level + 1)
    # Two of medmnistc's corruptions, not compared here, call torchvision.
    functional = types.ModuleType("torchvision.transforms.functional")
    transforms = types.ModuleType("torchvision.transforms")
    transforms.functional = functional  # type: ignore[attr-defined]
    sys.modules.setdefault("torchvision", types.ModuleType("torchvision"))
    sys.modules.setdefault("torchvision.transforms", transforms)
    sys.modules.setdefault("torchvision.transforms.functional", functional)
    from medmnistc.corruptions.registry import CORRUPTIONS_DS

    found = CORRUPTIONS_DS[row.source][row.peer]
    if row.peer == "stain_deposit":  # it multiplies integers in place, which numpy refuses
        return lambda picture, level: found.apply(picture.astype(np.float64), level)
    return lambda picture, level: found.apply(Image.fromarray(picture), level)


def seconds(call: Callable[[], Any]) -> float:
    """Give the median time of a call over several."""
    taken = []
    while len(taken) < LEAST or (sum(taken) < LONG and len(taken) < MANY):
        began = time.perf_counter()
        call()
        taken.append(time.perf_counter() - began)
    return float(np.median(taken))


def worker(given: str, to: str) -> None:
    """Corrupt all pictures with the peers, in their environment."""
    warnings.simplefilter("ignore")
    pictures = np.load(given)["pictures"]
    held: dict[str, Any] = {}
    for index, row in enumerate(ROWS):
        try:
            call = peer_call(row)
        except ImportError as error:
            print(f"{row.source} {row.peer} is left out: {error}", file=sys.stderr)
            continue
        for level in range(len(row.levels)):
            np.random.seed(level)  # noqa: NPY002 - they draw from the global generators
            random.seed(level)
            draws = 1 if row.fixed else DRAWS
            held[f"{index}.{level}"] = np.stack(
                [call(grey_for(row, one), level) for one in pictures for _ in range(draws)]
            ).astype(np.float32)
        timed = grey_for(row, pictures[0])
        held[f"{index}.seconds"] = seconds(partial(call, timed, TIMED - 1))
    np.savez(to, **held)


def distance(ours: Any, theirs: Any) -> float:
    """Give the Kolmogorov-Smirnov distance of two sets of values from 0 to 255."""
    edges = np.arange(257) - 0.5
    both = [np.cumsum(np.histogram(one, edges)[0]) / one.size for one in (ours, theirs)]
    return float(np.abs(both[0] - both[1]).max())


def compare(row: Row, index: int, theirs: Any, pictures: Any) -> str:
    """Say in one line how far apart the levels are, and how the times compare."""
    import seatrial_albumentations as plugin

    cells = []
    for level, parameters in enumerate(row.levels):
        call = getattr(plugin, row.name(level)).build(parameters)
        draws = 1 if row.fixed else DRAWS
        clean = [grey_for(row, one).reshape(SIDE, SIDE, -1) for one in pictures]
        ours = np.stack([call(one, seed=seed) for one in clean for seed in range(draws)]).astype(
            np.float32
        )
        before = np.repeat(np.stack(clean), draws, axis=0).astype(np.float32)
        peer = theirs[f"{index}.{level}"].reshape(ours.shape)
        if row.fixed:
            cells.append(f"{np.sqrt(np.mean((ours - peer) ** 2)) / 255:.4f}")
        else:
            moved = [np.sqrt(np.mean((one - before) ** 2)) for one in (ours, peer)]
            cells.append(f"{moved[0] / moved[1]:.2f}, {distance(ours, peer):.2f}")
    call = getattr(plugin, row.name(TIMED - 1)).build(row.levels[TIMED - 1])
    timed = grey_for(row, pictures[0]).reshape(SIDE, SIDE, -1)
    ratio = float(theirs[f"{index}.seconds"]) / seconds(lambda: call(timed, seed=1))
    shown = row.ours.replace("_", "-")
    return f"| `{shown}` | {row.source} | {' | '.join(cells)} | {ratio:.1f} |"


def main() -> None:
    """Print a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("python", help="the Python that has the peers")
    given = parser.parse_args()
    pictures = crops()
    with tempfile.TemporaryDirectory() as folder:
        there, back = Path(folder, "given.npz"), Path(folder, "back.npz")
        np.savez(there, pictures=pictures)
        command = [given.python, __file__, "--worker", str(there), str(back)]
        subprocess.run(command, check=True)
        with np.load(back) as theirs:
            print("| name | against | 1 | 2 | 3 | 4 | 5 | time |")
            print("|---|---|---|---|---|---|---|---|")
            for index, row in enumerate(ROWS):
                if f"{index}.seconds" in theirs:
                    print(compare(row, index, theirs, pictures), flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--worker"]:
        worker(*sys.argv[2:])
    else:
        main()
