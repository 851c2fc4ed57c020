"""Volumes that the tests of scanner artefacts share."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

import numpy as np
import pytest

from seatrial import Case, Volume

SHARED = Path(__file__).parents[4] / "shared" / "data" / "brainchop" / "t1_crop.nii.gz"


@pytest.fixture
def ball():
    """Make a ball in noise, not a cube, off the world's origin: float32, 1.5 × 1 × 2 mm."""
    draw = np.random.default_rng(0)
    x, y, z = np.meshgrid(*(np.linspace(-1, 1, n) for n in (28, 31, 22)), indexing="ij")
    values = (x**2 + y**2 + z**2 < 0.5) * 300 + draw.normal(100, 10, x.shape)
    affine = np.diag([1.5, 1.0, 2.0, 1.0])
    affine[:3, 3] = (-20, -15, -22)
    return Volume(values.astype(np.float32), affine)


@pytest.fixture
def segmented(ball):
    """Make a case of the ball whose target labels its halves 1 (left) and 2 (right)."""
    inside = ball.array[0] > 250
    labels = np.where(np.arange(28)[:, None, None] < 14, 1, 2) * inside
    return Case("ball", ball, Volume(labels.astype(np.uint8), ball.affine))


@pytest.fixture(scope="session")
def brain():
    """Give the MNI152 template inside nilearn, every third voxel: 66×78×63, uint8."""
    nibabel = pytest.importorskip("nibabel")
    try:
        held = files("nilearn") or []
    except PackageNotFoundError:
        pytest.skip("nilearn, of which only a volume is read, is not installed")
    (path,) = (one.locate() for one in held if "t1_tal_nlin_sym_09a" in one.name)
    image = nibabel.load(path)
    affine = image.affine @ np.diag([3, 3, 3, 1])
    return Volume(np.asarray(image.dataobj)[::3, ::3, ::3].copy(), affine)


@pytest.fixture(scope="session")
def head():
    """Give one individual's T1 with its skull, every third voxel, where the shared data are."""
    nibabel = pytest.importorskip("nibabel")
    if not SHARED.exists():
        pytest.skip("the shared data are not here")
    image = nibabel.load(SHARED)
    affine = image.affine @ np.diag([3, 3, 3, 1])
    return Volume(np.asarray(image.dataobj)[::3, ::3, ::3].copy(), affine)
