"""Draw the contact sheet of corruptions of pictures in docs/: one row each, the clean one first.

    python benchmarks/albumentations_sheet.py docs/image-corruptions.webp

The photograph is one of the two that scikit-learn carries.
"""

from __future__ import annotations

import sys

import numpy as np
import seatrial_albumentations as plugin
from PIL import Image, ImageDraw
from sklearn.datasets import load_sample_images

SEED = 3
SIDE = 128
EDGE = 4
LABEL = 96


def main(out: str) -> None:
    """Write the sheet."""
    clean = load_sample_images().images[1][150 : 150 + SIDE, 240 : 240 + SIDE].copy()
    every = plugin.seatrial_perturbations()
    step = SIDE + EDGE
    sheet = Image.new("RGB", (LABEL + 6 * step, len(every) * step), "white")
    draw = ImageDraw.Draw(sheet)
    for row, one in enumerate(every):
        draw.text((EDGE, row * step + SIDE // 2), one.name.partition(".")[2], fill="black")
        changed = [one.at(severity)(clean, seed=SEED) for severity in range(1, 6)]
        for column, picture in enumerate([clean, *changed]):
            sheet.paste(Image.fromarray(np.asarray(picture)), (LABEL + column * step, row * step))
    sheet.save(out, quality=45, method=6)


if __name__ == "__main__":
    main(sys.argv[1])
