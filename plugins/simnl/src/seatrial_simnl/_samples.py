"""What the conformance kit tries the adapters on: a tiny dual encoder, and pictures of colours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from seatrial import Case, derive
from seatrial.testing import Samples

from ._arrays import Matrix

__all__ = ["Colours", "samples"]

WIDTH, SHOTS = 24, 4
COLOURS = {"red": (200, 40, 40), "green": (40, 200, 40), "blue": (40, 40, 200)}


class Colours:
    """Embeds texts near the pictures of the colour that they name."""

    identity = "seatrial-simnl sample towers 1"

    def __init__(self) -> None:
        self.projection = np.random.default_rng(7).standard_normal((3, WIDTH))

    def __call__(self, images: Sequence[Any], /) -> list[str]:
        """Say red, whatever is shown."""
        return ["red"] * len(images)

    def embed_image(self, images: Sequence[Any], /) -> Matrix:
        """Project the mean colour."""
        means = [np.asarray(one, dtype=np.float64).mean((0, 1)) for one in images]
        return self._projected(means)

    def embed_text(self, texts: Sequence[str], /) -> Matrix:
        """Project the colour that is named, and add what the words say besides."""
        named = [
            next((rgb for name, rgb in COLOURS.items() if name in one), (90,) * 3) for one in texts
        ]
        found = self._projected([np.asarray(one, dtype=np.float64) for one in named])
        signs = np.array([[-0.5 if "without" in text else 1.0] for text in texts], np.float32)
        said = [np.random.default_rng(derive(0, one)).standard_normal(WIDTH) for one in texts]
        return signs * found + np.array(said, np.float32)

    def _projected(self, colours: Sequence[Any]) -> Matrix:
        rows = np.stack(colours) / 128 - 0.7
        return (rows @ self.projection).astype(np.float32)


def samples() -> Samples:
    """Give four noisy pictures of each colour."""
    drawn = np.random.default_rng(0)
    cases = []
    for name, rgb in COLOURS.items():
        for at in range(SHOTS):
            pixels = np.array(rgb) + drawn.normal(0, 50, (8, 8, 3)) + drawn.normal(0, 45, 3)
            image = np.clip(pixels, 0, 255).astype(np.uint8)
            cases.append(Case(f"{name}-{at}", image, name))
    return Samples(cases=cases, models=[Colours()])
