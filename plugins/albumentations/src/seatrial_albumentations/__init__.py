"""Corruptions of pictures, by albumentations where it is faithful to ImageNet-C, else our own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from seatrial import Perturbation, hookimpl

__all__ = [
    "black_corner",
    "brighten",
    "brightness",
    "bubbles",
    "characters",
    "contrast",
    "contrast_up",
    "darkness",
    "defocus_blur",
    "desaturate",
    "dim",
    "elastic",
    "fog",
    "frost",
    "gamma_down",
    "gamma_up",
    "gaussian_blur",
    "gaussian_noise",
    "glass_blur",
    "impulse_noise",
    "jpeg",
    "motion_blur",
    "mud",
    "pixelate",
    "saturate",
    "seatrial_perturbations",
    "shot_noise",
    "snow",
    "spatter",
    "speckle_noise",
    "stain",
    "zoom_blur",
]


def _picture(
    name: str,
    summary: str,
    factory: str,
    ladder: Sequence[Mapping[str, Any]],
    tags: tuple[str, ...] = (),
    revision: int = 1,
) -> Perturbation:
    return Perturbation(
        name=f"albumentations.{name}",
        summary=summary,
        modality="image",
        factory=f"seatrial_albumentations.{factory}",
        ladder=tuple(ladder),
        tags=tags,
        revision=revision,
    )


def _rungs(name: str, *values: float) -> tuple[Mapping[str, float], ...]:
    return tuple({name: value} for value in values)


_FIXED = ("deterministic",)

gaussian_noise = _picture(
    "gaussian-noise",
    "Add Gaussian noise, as in ImageNet-C (our own).",
    "_noise:gaussian_noise",
    _rungs("sd", 0.08, 0.12, 0.18, 0.26, 0.38),
    revision=2,
)
shot_noise = _picture(
    "shot-noise",
    "Count photons, as in ImageNet-C (our own).",
    "_noise:shot_noise",
    _rungs("photons", 60, 25, 12, 5, 3),
)
impulse_noise = _picture(
    "impulse-noise",
    "Make values of a channel black or white, as in ImageNet-C (our own).",
    "_noise:impulse_noise",
    _rungs("amount", 0.03, 0.06, 0.09, 0.17, 0.27),
    revision=2,
)
speckle_noise = _picture(
    "speckle-noise",
    "Multiply by Gaussian noise, as in ImageNet-C (our own).",
    "_noise:speckle_noise",
    _rungs("sd", 0.15, 0.2, 0.35, 0.45, 0.6),
    revision=2,
)
gaussian_blur = _picture(
    "gaussian-blur",
    "Blur by a Gaussian, as in ImageNet-C (our own).",
    "_blur:gaussian_blur",
    _rungs("sigma", 1, 2, 3, 4, 6),
    _FIXED,
    revision=2,
)
defocus_blur = _picture(
    "defocus-blur",
    "Blur by a disk, as a lens out of focus does, as in ImageNet-C.",
    "_blur:defocus_blur",
    [
        {"radius": radius, "alias": alias}
        for radius, alias in [(3, 0.1), (4, 0.5), (6, 0.5), (8, 0.5), (10, 0.5)]
    ],
    _FIXED,
    revision=2,
)
glass_blur = _picture(
    "glass-blur",
    "Look through frosted glass, by ImageNet-C's formula (our own).",
    "_blur:glass_blur",
    [
        {"sigma": sigma, "shift": shift, "times": times}
        for sigma, shift, times in [(0.7, 1, 1), (0.7, 1, 2), (1, 2, 2), (1.1, 3, 2), (1.5, 4, 2)]
    ],
)
motion_blur = _picture(
    "motion-blur",
    "Smear along a line, as in ImageNet-C (our own).",
    "_blur:motion_blur",
    [
        {"radius": radius, "sigma": sigma}
        for radius, sigma in [(10, 3), (15, 5), (15, 8), (15, 12), (20, 15)]
    ],
    revision=2,
)
zoom_blur = _picture(
    "zoom-blur",
    "Average enlarged copies, as in ImageNet-C (our own).",
    "_blur:zoom_blur",
    [
        {"most": most, "step": step}
        for most, step in [(1.11, 0.01), (1.16, 0.01), (1.21, 0.02), (1.26, 0.02), (1.31, 0.03)]
    ],
    _FIXED,
)
brightness = _picture(
    "brightness",
    "Make brighter, as in ImageNet-C (our own).",
    "_light:brightness",
    _rungs("add", 0.1, 0.2, 0.3, 0.4, 0.5),
    _FIXED,
    revision=2,
)
darkness = _picture(
    "darkness",
    "Make darker: brightness with the signs turned (our own).",
    "_light:darkness",
    _rungs("subtract", 0.1, 0.2, 0.3, 0.4, 0.5),
    _FIXED,
    revision=2,
)
contrast = _picture(
    "contrast",
    "Lower the contrast, as in ImageNet-C (our own).",
    "_light:contrast",
    _rungs("factor", 0.4, 0.3, 0.2, 0.1, 0.05),
    _FIXED,
)
contrast_up = _picture(
    "contrast-up",
    "Raise the contrast about the mean (our own).",
    "_light:contrast_up",
    _rungs("factor", 1.2, 1.4, 1.7, 2.1, 2.6),
    _FIXED,
)
gamma_up = _picture(
    "gamma-up",
    "Darken midtones by a gamma curve, in MedMNIST-C's range (our own).",
    "_light:gamma_up",
    _rungs("power", 1.1, 1.2, 1.3, 1.4, 1.6),
    _FIXED,
)
gamma_down = _picture(
    "gamma-down",
    "Brighten midtones by a gamma curve, in MedMNIST-C's range (our own).",
    "_light:gamma_down",
    _rungs("power", 0.9, 0.8, 0.7, 0.6, 0.4),
    _FIXED,
)
saturate = _picture(
    "saturate",
    "Strengthen colours: one side of ImageNet-C's saturate (our own).",
    "_light:saturate",
    [
        {"factor": factor, "add": add}
        for factor, add in [(1.25, 0), (1.5, 0), (2, 0), (3, 0.05), (20, 0.2)]
    ],
    _FIXED,
    revision=2,
)
desaturate = _picture(
    "desaturate",
    "Weaken colours: the other side of ImageNet-C's saturate (our own).",
    "_light:desaturate",
    _rungs("factor", 0.7, 0.5, 0.3, 0.1, 0),
    _FIXED,
    revision=2,
)
elastic = _picture(
    "elastic",
    "Warp smoothly, up to ImageNet-C's severity 5 (our own).",
    "_digital:elastic",
    [
        {"shift": shift, "tilt": tilt}
        for shift, tilt in [
            (0.02, 0.004),
            (0.04, 0.008),
            (0.065, 0.012),
            (0.09, 0.016),
            (0.12, 0.02),
        ]
    ],
)
pixelate = _picture(
    "pixelate",
    "Lose resolution, by ImageNet-C's formula (our own).",
    "_digital:pixelate",
    _rungs("scale", 0.5, 0.35, 0.25, 0.18, 0.125),
    _FIXED,
)
jpeg = _picture(
    "jpeg",
    "Compress as JPEG, as in ImageNet-C (our own).",
    "_digital:jpeg",
    _rungs("quality", 25, 18, 15, 10, 7),
    _FIXED,
)

snow = _picture(
    "snow",
    "Let snow fall, by ImageNet-C's formula (our own).",
    "_weather:snow",
    [
        dict(zip(("mean", "sd", "zoom", "cut", "radius", "sigma", "keep"), rung, strict=True))
        for rung in [
            (0.1, 0.3, 3, 0.5, 10, 4, 0.8),
            (0.2, 0.3, 2, 0.5, 12, 4, 0.7),
            (0.55, 0.3, 4, 0.9, 12, 8, 0.6),
            (0.55, 0.3, 4.5, 0.85, 12, 8, 0.58),
            (0.55, 0.3, 2.5, 0.85, 12, 12, 0.55),
        ]
    ],
)
frost = _picture(
    "frost",
    "Look through a frozen pane, by drawn ice (our own).",
    "_weather:frost",
    [
        {"keep": keep, "ice": ice}
        for keep, ice in [(0.85, 0.3), (0.7, 0.5), (0.6, 0.62), (0.45, 0.75), (0.3, 0.85)]
    ],
)
fog = _picture(
    "fog",
    "Lay fog over the picture, as in ImageNet-C (our own).",
    "_weather:fog",
    [
        {"thickness": thickness, "decay": decay}
        for thickness, decay in [(1, 2), (1.5, 1.9), (2.5, 1.8), (4, 1.7), (7, 1.6)]
    ],
)
spatter = _picture(
    "spatter",
    "Splash the lens with water, by ImageNet-C's formula (our own).",
    "_weather:spatter",
    [
        dict(zip(("mean", "sd", "sigma", "cut", "strength"), rung, strict=True))
        for rung in [
            (0.65, 0.3, 4, 0.69, 0.6),
            (0.65, 0.3, 3, 0.68, 0.6),
            (0.65, 0.3, 2, 0.68, 0.6),
            (0.65, 0.3, 1.7, 0.66, 0.6),
            (0.65, 0.3, 1.4, 0.64, 0.6),
        ]
    ],
)
mud = _picture(
    "mud",
    "Splash the lens with mud, by ImageNet-C's formula (our own).",
    "_weather:mud",
    [
        dict(zip(("mean", "sd", "sigma", "cut", "soft"), rung, strict=True))
        for rung in [
            (0.58, 0.3, 1, 0.65, 1.5),
            (0.62, 0.3, 1, 0.65, 1.5),
            (0.65, 0.3, 1, 0.65, 1.5),
            (0.67, 0.4, 1, 0.65, 1.5),
            (0.72, 0.4, 1, 0.65, 1.5),
        ]
    ],
)
brighten = _picture(
    "brighten",
    "Multiply by a factor above 1, as in MedMNIST-C (our own).",
    "_light:brighten",
    _rungs("factor", 1.1, 1.2, 1.3, 1.4, 1.5),
    _FIXED,
)
dim = _picture(
    "dim",
    "Multiply by a factor below 1, as in MedMNIST-C (our own).",
    "_light:dim",
    _rungs("factor", 0.9, 0.8, 0.7, 0.6, 0.5),
    _FIXED,
)
black_corner = _picture(
    "black-corner",
    "Black out what a dermatoscope hides, in MedMNIST-C's range (our own).",
    "_medical:black_corner",
    _rungs("radius", 1.1, 1.05, 1.0, 0.95, 0.9),
    _FIXED,
)
characters = _picture(
    "characters",
    "Write random words over the picture, after MedMNIST-C (our own).",
    "_medical:characters",
    _rungs("words", 1, 2, 4, 7, 12),
)
bubbles = _picture(
    "bubbles",
    "Trap bubbles of air under the cover glass, after MedMNIST-C (our own).",
    "_medical:bubbles",
    [
        {"count": count, "radius": radius}
        for count, radius in [(5, 0.03), (8, 0.04), (12, 0.05), (16, 0.07), (22, 0.09)]
    ],
)
stain = _picture(
    "stain",
    "Leave deposits of stain, after MedMNIST-C (our own).",
    "_medical:stain",
    _rungs("cover", 0.01, 0.025, 0.05, 0.1, 0.2),
)

_ALL = (
    gaussian_noise,
    shot_noise,
    impulse_noise,
    speckle_noise,
    gaussian_blur,
    defocus_blur,
    glass_blur,
    motion_blur,
    zoom_blur,
    brightness,
    darkness,
    contrast,
    contrast_up,
    gamma_up,
    gamma_down,
    saturate,
    desaturate,
    elastic,
    pixelate,
    jpeg,
    snow,
    frost,
    fog,
    spatter,
    mud,
    brighten,
    dim,
    black_corner,
    characters,
    bubbles,
    stain,
)


@hookimpl
def seatrial_perturbations() -> tuple[Perturbation, ...]:
    """Declare the perturbations of this plugin."""
    return _ALL
