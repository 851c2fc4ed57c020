"""The pictures that were looked at: every corruption at severity 3, against a kept sheet.

`UPDATE_REFERENCES=1 pytest` draws the sheet anew: look at it before it is committed.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from seatrial_albumentations import seatrial_perturbations

SHEET = Path(__file__).with_name("severity-3.webp")
TILE, COLUMNS, BLOCK = 48, 8, 4
ALL = seatrial_perturbations()


def tile(one, pictures):
    """Corrupt a picture as large as ImageNet's, and show it small."""
    large = np.asarray(Image.fromarray(pictures[3]).resize((224, 224), Image.Resampling.BICUBIC))
    changed = Image.fromarray(one.at(3)(large, seed=5))
    return np.asarray(changed.resize((TILE, TILE), Image.Resampling.BOX))


@pytest.fixture(scope="module")
def sheet(pictures):
    if os.environ.get("UPDATE_REFERENCES"):
        tiles = [tile(one, pictures) for one in ALL]
        tiles += [np.zeros_like(tiles[0])] * (-len(tiles) % COLUMNS)
        rows = [np.concatenate(tiles[at : at + COLUMNS], 1) for at in range(0, len(tiles), COLUMNS)]
        Image.fromarray(np.concatenate(rows)).save(SHEET, quality=88, method=6)
    return np.asarray(Image.open(SHEET).convert("RGB"))


@pytest.mark.parametrize("place", range(len(ALL)), ids=[one.name for one in ALL])
def test_a_corruption_looks_as_it_did(place, sheet, pictures):
    row, column = divmod(place, COLUMNS)
    kept = sheet[row * TILE : (row + 1) * TILE, column * TILE : (column + 1) * TILE]
    means = [
        one.reshape(TILE // BLOCK, BLOCK, TILE // BLOCK, BLOCK, 3).mean(axis=(1, 3))
        for one in (kept.astype(float), tile(ALL[place], pictures).astype(float))
    ]
    assert np.sqrt(np.mean((means[0] - means[1]) ** 2)) < 5


def test_the_sheet_is_small():
    assert SHEET.stat().st_size <= 20_000
