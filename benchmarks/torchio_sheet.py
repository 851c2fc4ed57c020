"""Draw the contact sheet of scanner artefacts in docs/: one row each, the clean slice first.

    python benchmarks/torchio_sheet.py docs/mri-artefacts.webp

The volume is the MNI152 template inside nilearn, every second voxel; the slice is axial.
"""

from __future__ import annotations

import sys

import numpy as np
import seatrial_torchio as plugin
from PIL import Image, ImageDraw
from torchio_speed import loaded, template

from seatrial import Case, Volume

SEED = 3
EDGE = 4
LABEL = 84


def axial(volume: Volume, high: float) -> np.ndarray:
    """Show the slice through the middle, front up, in the range of the clean volume."""
    values = volume.array[0, ::-1, ::-1, volume.array.shape[3] // 2].T
    return np.rint(np.clip(values / high, 0, 1) * 255).astype(np.uint8)


def main(out: str) -> None:
    """Draw every artefact at every severity."""
    whole = loaded(template())
    clean = Volume(whole.array[:, ::2, ::2, ::2].copy(), whole.affine @ np.diag([2, 2, 2, 1]))
    high = float(np.percentile(clean.array, 99.5))
    rows = []
    for component in plugin.seatrial_perturbations():
        if component.name.startswith("torchio.rood-"):
            continue
        along = {"axis": 1} if "axis" in component.parameters() else {}  # so that it can be seen
        cells = [axial(clean, high)]
        for severity in range(1, len(component.ladder) + 1):
            work = component.at(severity, along)
            if component.sees_case:
                cells.append(axial(work(Case("mni", clean), seed=SEED).input, high))
            else:
                cells.append(axial(work(clean, seed=SEED), high))
        rows.append((component.name.removeprefix("torchio."), cells))
    height, width = rows[0][1][0].shape
    sheet = Image.new("L", (LABEL + 6 * (width + EDGE), len(rows) * (height + EDGE)))
    draw = ImageDraw.Draw(sheet)
    for row, (name, cells) in enumerate(rows):
        top = row * (height + EDGE)
        draw.text((2, top + height // 2), name, fill=255)
        for column, cell in enumerate(cells):
            picture = Image.fromarray(cell)
            sheet.paste(picture, (LABEL + column * (width + EDGE), top))
    sheet.save(out, quality=60)


if __name__ == "__main__":
    main(sys.argv[1])
