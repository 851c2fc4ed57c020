"""Each artefact looks as it looked when people reviewed it: references/artefacts.png.

One row for each artefact, in the order of the plugin: the clean slice, and severities 1, 3 and 5.
After a change that is meant, UPDATE_REFERENCES=1 draws the picture anew: look at it.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import seatrial_torchio as plugin

from seatrial import Case, Modality, Volume, default_registry

image = pytest.importorskip("PIL.Image")

REFERENCE = Path(__file__).with_name("references") / "artefacts.png"
SHOWN = [one for one in plugin.seatrial_perturbations() if "rood" not in one.name]
SEVERITIES = (1, 3, 5)
SEED = 3
STEP = 2


def phantom():
    whole = default_registry().get("volume", Modality).build().example()
    return Volume(whole.array[:, ::STEP, ::STEP, ::STEP], whole.affine @ np.diag([STEP] * 3 + [1]))


def axial(volume, high, like):
    """Show the slice through the middle of the clean field, as grey; black where it was cut off."""
    shift = np.rint(np.linalg.solve(like.affine, volume.affine)[:3, 3]).astype(int)
    whole = np.zeros(like.array.shape[1:], np.float32)
    window = [slice(at, at + n) for at, n in zip(shift, volume.array.shape[1:], strict=True)]
    whole[tuple(window)] = volume.array[0]
    values = whole[::-1, ::-1, whole.shape[2] // 2].T
    return np.rint(np.clip(values / high, 0, 1) * 255).astype(np.uint8)


def row_of(component, clean):
    high = float(np.percentile(clean.array, 99.5))
    along = {"axis": 1} if "axis" in component.parameters() else {}  # so that it can be seen
    cells = [axial(clean, high, clean)]
    for severity in SEVERITIES:
        work = component.at(min(severity, len(component.ladder)), along)
        seen = work(Case("a", clean) if component.sees_case else clean, seed=SEED)
        cells.append(axial(seen.input if component.sees_case else seen, high, clean))
    return np.concatenate(cells, axis=1)


@pytest.fixture(scope="module")
def drawn():
    clean = phantom()
    return {one.name: row_of(one, clean) for one in SHOWN}


@pytest.fixture(scope="module")
def reviewed(drawn):
    if os.environ.get("UPDATE_REFERENCES"):
        REFERENCE.parent.mkdir(exist_ok=True)
        image.fromarray(np.concatenate(list(drawn.values()))).save(REFERENCE, optimize=True)
    with image.open(REFERENCE) as picture:
        rows = np.split(np.asarray(picture), len(SHOWN))
    return dict(zip([one.name for one in SHOWN], rows, strict=True))


@pytest.mark.parametrize("name", [one.name for one in SHOWN])
def test_an_artefact_looks_as_it_was_reviewed(name, drawn, reviewed):
    apart = np.abs(drawn[name].astype(int) - reviewed[name])
    assert apart.mean() < 0.5
    assert np.percentile(apart, 99) <= 4
