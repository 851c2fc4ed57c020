"""The ladders are in order on a real volume, and ROOD's are those that were published."""

from __future__ import annotations

import subprocess
import sys
from itertools import pairwise

import numpy as np
import pytest
import seatrial_torchio as plugin
from seatrial_torchio._rood import ROOD

from seatrial import Case, Modality, default_registry

OURS = [one for one in plugin.seatrial_perturbations() if one not in ROOD and len(one.ladder) > 1]


@pytest.mark.slow
@pytest.mark.parametrize("component", OURS, ids=lambda one: one.name)
@pytest.mark.parametrize("name", ["brain", "head"])
def test_damage_rises_along_the_ladder_on_a_real_scan(name, component, request):
    """In every step but one in twenty; where only background was cut off, there is no damage."""
    clean = request.getfixturevalue(name)
    carrier = default_registry().get("volume", Modality).build()
    value = Case(name, clean) if component.sees_case else clean
    steps = []
    for seed in range(2):
        seen = [component.at(rung)(value, seed=seed) for rung in range(1, 6)]
        volumes = [one.input if component.sees_case else one for one in seen]
        damage = [0.0, *(carrier.distance(clean, one) or 0.0 for one in volumes)]
        assert damage[-1] > 0
        steps += [low <= high for low, high in pairwise(damage)]
    assert np.mean(steps) >= 0.95


def test_importing_the_face_imports_neither_torch_nor_torchio():
    heavy = "{'numpy', 'torch', 'torchio', 'nibabel', 'pydicom', 'SimpleITK', 'scipy'}"
    code = f"import sys, seatrial_torchio; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_name_of_the_face_is_declared():
    names = {one.name for one in plugin.seatrial_perturbations()}
    declared = {one.name for one in default_registry().components("torchio")}
    assert names <= declared
    ours = {f"torchio.{name.replace('_', '-')}" for name in plugin.__all__}
    assert {one.name for one in OURS} <= ours


def test_roods_ladder_is_the_published_one():
    """Five levels: a line from the start to the end, without the start."""
    published = {
        "affine": {"degrees": (0, 30), "translation": (0, 40)},
        "aniso-downsample": {"downsampling": (1, 10)},
        "bias-field": {"coefficients": (0, 1.5)},
        "contrast-compression": {"gamma": (1, 0.3)},
        "contrast-expansion": {"gamma": (1, 3)},
        "elastic-deformation": {"max_displacement": (0, 30)},
        "ghosting": {"num_ghosts": (1, 11), "intensity": (0, 2.5)},
        "iso-downsample": {"factor": (1, 4)},
        "motion": {"degrees": (0, 5), "translation": (0, 10), "num_transforms": (0, 10)},
        "rician-noise": {"std": (0, 0.8)},
        "smoothing": {"std": (0, 4)},
    }
    assert {one.name for one in ROOD} == {f"torchio.rood-{name}" for name in published}
    for one in ROOD:
        wanted = published[one.name.removeprefix("torchio.rood-")]
        for name, (start, end) in wanted.items():
            line = np.linspace(start, end, 6)[1:]
            assert [rung[name] for rung in one.ladder] == pytest.approx(line.tolist())
