"""A mask in a file lies on the grid of its image, or is named."""

from __future__ import annotations

import numpy as np
import pytest

from seatrial import Asset, Case, Volume
from seatrial.errors import ComponentError
from seatrial.inputs._assets import opened

IMAGE = Volume(np.zeros((4, 5, 6), np.float32), np.diag([2.0, 2, 2, 1]))


@pytest.fixture
def mask(tmp_path):
    def save(shape=(4, 5, 6), scale=2.0, shift=0.0):
        affine = np.diag([scale, scale, scale, 1])
        affine[0, 3] = shift
        np.savez(tmp_path / "mask.npz", labels=np.zeros(shape, np.uint8), affine=affine)
        return Asset(tmp_path / "mask.npz", "mask")

    return save


def test_a_mask_on_the_grid_is_opened(mask):
    assert opened(Case("a", IMAGE, mask())).target.array.shape == (1, 4, 5, 6)
    assert opened(Case("a", IMAGE, mask(shift=1e-4))).target.array.shape == (1, 4, 5, 6)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"shape": (4, 5, 7)}, "dim: the mask has 4×5×7 voxels, and its image has 4×5×6"),
        ({"shift": 3.0}, "affine: the mask lies up to 3 mm off its image"),
        ({"scale": 1.0}, "affine: the mask lies up to 5 mm off its image"),
    ],
)
def test_a_mask_elsewhere_is_named(mask, given, said):
    with pytest.raises(ComponentError, match=rf"mask\.npz: {said}"):
        opened(Case("a", IMAGE, {"lesion": mask(**given)}))


def test_the_image_is_named_where_it_is_a_file(mask, tmp_path):
    np.save(tmp_path / "t1.npy", IMAGE.array[0])
    with pytest.raises(ComponentError, match=r"its image t1\.npy"):
        opened(Case("a", {"t1": Asset(tmp_path / "t1.npy", "volume")}, mask()))


def test_one_of_several_images_is_enough(mask):
    low = Volume(np.zeros((2, 2, 2), np.float32))
    assert opened(Case("a", {"t2": low, "t1": IMAGE}, mask())).target is not None


def test_an_array_of_labels_has_the_place_of_its_image(tmp_path):
    np.save(tmp_path / "mask.npy", np.zeros((4, 5, 6), np.uint8))
    case = Case("a", IMAGE, Asset(tmp_path / "mask.npy", "mask"))
    assert opened(case).target.shape == (4, 5, 6)


def test_masks_without_a_volume_are_left_alone(mask):
    assert opened(Case("a", "a text", mask(shape=(1, 2, 3)))).target.array.shape == (1, 1, 2, 3)
