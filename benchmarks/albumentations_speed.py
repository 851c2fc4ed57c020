"""How fast the corruptions of pictures are, over raw albumentations with the same settings.

    python benchmarks/albumentations_speed.py [--side 224] [--severity 3] [--repeats 9]

Both sides get the same uint8 picture in colours; repetitions are interleaved. A ratio above 1 says
that ours takes less time. The last column says how far the two are apart as NRMSE over 255: 0 where
the formula is the same (random ones draw otherwise, so there it says how much both move). What
albumentations does not have is left out.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import seatrial_albumentations as plugin

os.environ["NO_ALBUMENTATIONS_UPDATE"] = "1"
import albumentations as A  # noqa: N812 - as its users write it


def raw(name: str, rung: Any) -> Any:
    """Make albumentations' own transform with the parameters of a rung; None where it has none."""
    jitter = {"brightness": (1, 1), "contrast": (1, 1), "saturation": (1, 1), "hue": (0, 0)}

    def gamma() -> Any:
        return A.RandomGamma(gamma_limit=(100 * rung["power"],) * 2, p=1)

    def colours(**changed: Any) -> Any:
        return A.ColorJitter(**{**jitter, **changed}, p=1)

    makers: dict[str, Callable[[], Any]] = {
        "gaussian-noise": lambda: A.GaussNoise(std_range=(min(rung["sd"], 1),) * 2, p=1),
        "shot-noise": lambda: A.ShotNoise(scale_range=(1 / rung["photons"],) * 2, p=1),
        "impulse-noise": lambda: A.SaltAndPepper(
            amount=(rung["amount"],) * 2, salt_vs_pepper=(0.5, 0.5), p=1
        ),
        "speckle-noise": lambda: A.MultiplicativeNoise(
            (max(1 - 3**0.5 * rung["sd"], 0), 1 + 3**0.5 * rung["sd"]),
            elementwise=True,
            per_channel=True,
            p=1,
        ),
        "gaussian-blur": lambda: A.GaussianBlur(
            blur_limit=0, sigma_limit=(rung["sigma"],) * 2, p=1
        ),
        "defocus-blur": lambda: A.Defocus(
            radius=(rung["radius"],) * 2, alias_blur=(rung["alias"],) * 2, p=1
        ),
        "glass-blur": lambda: A.GlassBlur(
            rung["sigma"], rung["shift"], rung["times"], mode="exact", p=1
        ),
        "motion-blur": lambda: A.MotionBlur(
            blur_limit=(2 * rung["radius"] + 1,) * 2,
            angle_range=(0, 45),
            allow_shifted=False,
            p=1,
        ),
        "zoom-blur": lambda: A.ZoomBlur((rung["most"],) * 2, (rung["step"],) * 2, p=1),
        "brightness": lambda: A.RandomBrightnessContrast((rung["add"],) * 2, (0, 0), p=1),
        "darkness": lambda: A.RandomBrightnessContrast((-rung["subtract"],) * 2, (0, 0), p=1),
        "brighten": lambda: colours(brightness=(rung["factor"],) * 2),
        "dim": lambda: colours(brightness=(rung["factor"],) * 2),
        "contrast": lambda: colours(contrast=(rung["factor"],) * 2),
        "contrast-up": lambda: colours(contrast=(rung["factor"],) * 2),
        "gamma-up": gamma,
        "gamma-down": gamma,
        "saturate": lambda: colours(saturation=(rung["factor"],) * 2),
        "desaturate": lambda: colours(saturation=(rung["factor"],) * 2),
        "elastic": lambda: A.ElasticTransform(alpha=rung["shift"] * 224, sigma=0.01 * 224, p=1),
        "pixelate": lambda: A.Downscale(scale_range=(rung["scale"],) * 2, p=1),
        "spatter": lambda: A.Spatter(
            mean=(rung["mean"],) * 2,
            std=(rung["sd"],) * 2,
            gauss_sigma=(rung["sigma"],) * 2,
            cutout_threshold=(rung["cut"],) * 2,
            intensity=(rung["strength"],) * 2,
            mode="rain",
            p=1,
        ),
        "jpeg": lambda: A.ImageCompression("jpeg", (rung["quality"],) * 2, p=1),
    }
    made = makers.get(name)
    return made and made()


def seconds(call: Callable[[], Any], least: float = 0.05) -> float:
    """Time one call, as the mean over as many as take a moment."""
    began, count = time.perf_counter(), 0
    while time.perf_counter() - began < least or not count:
        call()
        count += 1
    return (time.perf_counter() - began) / count


def main() -> None:
    """Print a line for each corruption."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--side", type=int, default=224)
    parser.add_argument("--severity", type=int, default=3)
    parser.add_argument("--repeats", type=int, default=9)
    given = parser.parse_args()
    draw = np.random.default_rng(0)
    low = draw.random((given.side // 8, given.side // 8, 3))
    picture = (np.kron(low, np.ones((8, 8, 1))) * 255).astype(np.uint8)

    print(f"{'':16}{'ours, ms':>10}{'raw, ms':>10}{'ratio':>8}{'apart':>8}")
    for one in plugin.seatrial_perturbations():
        name = one.name.partition(".")[2]
        ours, theirs = one.at(given.severity), raw(name, one.ladder[given.severity - 1])
        if theirs is None:
            continue
        theirs.set_random_seed(1)
        apart = ours(picture, seed=1).astype(float) - theirs(image=picture)["image"]
        pairs = [
            (
                seconds(lambda work=ours: work(picture, seed=1)),
                seconds(lambda work=theirs: work(image=picture)),
            )
            for _ in range(given.repeats)
        ]
        mine, other = (statistics.median(side) for side in zip(*pairs, strict=True))
        ratio = statistics.median(theirs / ours for ours, theirs in pairs)
        far = np.sqrt(np.mean(apart**2)) / 255
        print(f"{name:16}{mine * 1e3:10.2f}{other * 1e3:10.2f}{ratio:8.2f}{far:8.3f}", flush=True)


if __name__ == "__main__":
    main()
