"""Siemens mosaics are taken apart, and every slice lies where the protocol says."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import numpy as np
import pytest

from seatrial import Asset
from seatrial.inputs._assets import opened

pydicom = pytest.importorskip("pydicom")
nibabel = pytest.importorskip("nibabel")
SHARED = Path(__file__).parents[4] / "shared" / "data" / "dcm_qa_nih" / "In" / "20180918Si"
CSA = (0x0029, 0x1020)


def protocol_positions(data):
    """Read the centres of the slices, LPS, from the protocol that the scanner was given."""
    text = bytes(data[CSA].value).decode("latin-1")
    found = {}
    pattern = r"sSliceArray\.asSlice\[(\d+)\]\.sPosition\.d(Sag|Cor|Tra)\s*=\s*(\S+)"
    for index, axis, value in re.findall(pattern, text):
        found.setdefault(int(index), dict.fromkeys(("Sag", "Cor", "Tra"), 0.0))
        found[int(index)][axis] = float(value)
    return np.array([list(found[index].values()) for index in sorted(found)])


def centres(volume):
    """Give the centres of the slices, LPS; the scanner counts from between two voxels."""
    x, y, z = volume.array.shape[1:]
    places = np.array([[x / 2, y / 2, index, 1] for index in range(z)])
    return (volume.affine @ places.T)[:3].T * [-1, -1, 1]


@pytest.fixture
def packaged(tmp_path):
    """Give the mosaic inside nibabel, its slices filled with their numbers."""
    folder = Path(nibabel.__file__).parent / "nicom" / "tests" / "data"
    with gzip.open(folder / "siemens_dwi_1000.dcm.gz") as stream:
        data = pydicom.dcmread(stream)
    side = 7
    tile = data.Rows // side
    pixels = np.kron(np.arange(side * side).reshape(side, side), np.ones((tile, tile)))
    data.PixelData = pixels.astype(np.uint16).tobytes()
    data.save_as(tmp_path / "mosaic.dcm")
    return data, tmp_path / "mosaic.dcm"


def test_slices_lie_side_by_side_row_by_row(packaged):
    _, path = packaged
    found = opened(Asset(path, "volume")).array[0]
    assert found.shape[2] == 48
    assert np.array_equal(found, np.broadcast_to(np.arange(48), found.shape))


def test_every_slice_lies_where_the_protocol_says(packaged):
    data, path = packaged
    wanted = protocol_positions(data)
    assert len(wanted) == 48
    assert np.abs(centres(opened(Asset(path, "volume"))) - wanted).max() < 0.01


@pytest.mark.parametrize("series", ["mr_0003", "mr_0004", "mr_0005", "mr_0006"])
def test_real_mosaics_lie_where_the_protocol_says(series):
    if not SHARED.exists():
        pytest.skip("the shared data are not here")
    path = min((SHARED / series).glob("*.dcm"))
    found = opened(Asset(path, "volume"))
    assert np.abs(centres(found) - protocol_positions(pydicom.dcmread(path))).max() < 0.01
    assert found.array.any(axis=(0, 1, 2)).all()
