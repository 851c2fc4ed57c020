"""NIfTI files become volumes and masks; what is wrong with one is named, with its field."""

from __future__ import annotations

import gzip
import warnings

import numpy as np
import pytest

from seatrial import Asset, Volume
from seatrial.errors import ComponentError, SeatrialWarning
from seatrial.inputs._assets import opened

nibabel = pytest.importorskip("nibabel")

AFFINE = np.array([[0, 0, 3, -40], [-1.5, 0, 0, 20], [0, 2, 0, -30], [0, 0, 0, 1.0]])
VALUES = np.arange(60, dtype=np.int16).reshape(3, 4, 5)


def save(path, values=VALUES, affine=AFFINE, change=None, **header):
    image = nibabel.Nifti1Image(values, affine, dtype=values.dtype)
    for name, value in header.items():
        image.header[name] = value
    if change:
        change(image)
    nibabel.save(image, path)
    return path


def read(path, modality="volume"):
    return opened(Asset(path, modality))


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz", "A.NII"])
def test_voxels_type_and_place_are_those_of_the_file(tmp_path, name):
    assert read(save(tmp_path / name)) == Volume(VALUES, AFFINE)


def test_a_big_endian_file_is_read_in_the_order_of_this_machine(tmp_path):
    image = nibabel.Nifti1Image(VALUES.astype(">f4"), AFFINE, nibabel.Nifti1Header(endianness=">"))
    nibabel.save(image, tmp_path / "a.nii")
    found = read(tmp_path / "a.nii")
    assert found.array.dtype == np.dtype("f4")
    assert found.array.dtype.isnative
    assert np.array_equal(found.array[0], VALUES)


def test_intensities_are_scaled(tmp_path):
    path = save(tmp_path / "a.nii")
    data = bytearray(path.read_bytes())
    data[112:120] = np.array([0.5, 10], "<f4").tobytes()  # scl_slope, scl_inter
    path.write_bytes(data)
    found = read(path)
    assert found.array.dtype == np.float32
    assert np.array_equal(found.array[0], VALUES * 0.5 + 10)


def test_labels_survive_a_slope(tmp_path):
    """FreeSurfer and SPM write labels with a slope that is not exactly representable."""
    labels = np.array([0, 1, 4, 1000], np.int16).repeat(15).reshape(3, 4, 5)
    slope = np.float32(1000 / 32767)
    path = save(tmp_path / "m.nii", np.rint(labels / slope).astype(np.int16))
    data = bytearray(path.read_bytes())
    data[112:116] = slope.tobytes()  # scl_slope
    path.write_bytes(data)
    found = read(tmp_path / "m.nii", "mask")
    assert found.array.dtype.kind in "iu"
    assert np.array_equal(found.array[0], labels)


def test_labels_that_are_no_whole_numbers_are_refused(tmp_path):
    path = save(tmp_path / "m.nii", (VALUES / 7).astype(np.float32))
    with pytest.raises(ComponentError, match=r"m\.nii.*scl_slope 1.*labels are whole numbers"):
        read(path, "mask")


def test_whole_floats_are_labels(tmp_path):
    found = read(save(tmp_path / "m.nii", (VALUES % 3).astype(np.float32)), "mask")
    assert found == Volume((VALUES % 3).astype(np.uint8), AFFINE)


def test_empty_axes_beyond_the_third_are_dropped(tmp_path):
    assert read(save(tmp_path / "a.nii", VALUES[..., None])).array.shape == (1, 3, 4, 5)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (VALUES[0], r"dim: it has 2 dimensions \(4×5\)"),
        (np.stack([VALUES] * 6, -1), r"dim: it has 4 dimensions \(3×4×5×6\).*file of its own"),
        (np.zeros((3, 4, 5, 1, 3), np.float32), r"dim: it has 5 dimensions \(3×4×5×1×3\)"),
        (np.full((3, 4, 5), np.nan, np.float32), r"60 of its voxels are NaN"),
        (np.zeros((3, 4, 5), np.complex64), r"datatype: .*complex64"),
        (
            np.zeros((3, 4, 5), [("R", "u1"), ("G", "u1"), ("B", "u1")]),
            r"datatype: it holds colour",
        ),
    ],
    ids=["2-D", "4-D", "5-D", "NaN", "complex", "colours"],
)
def test_what_is_no_volume_is_refused(tmp_path, values, said):
    path = save(tmp_path / "a.nii", values)
    with pytest.raises(ComponentError, match=rf"(?s)a\.nii.*{said}"):
        read(path)


def test_voxels_without_a_size_are_refused(tmp_path, capfd):
    path = save(tmp_path / "a.nii")
    data = bytearray(path.read_bytes())
    data[84:88] = b"\0\0\0\0"  # pixdim[2]
    path.write_bytes(data)
    with pytest.raises(ComponentError, match=r"a\.nii: pixdim: voxels of 1\.5 × 0 × 3 mm"):
        read(path)
    assert not capfd.readouterr().err


def test_an_affine_that_cannot_be_inverted_is_refused(tmp_path):
    path = save(tmp_path / "a.nii")
    data = bytearray(path.read_bytes())
    data[280:296] = b"\0" * 16  # srow_x
    path.write_bytes(data)
    with pytest.raises(ComponentError, match=r"a\.nii: affine \(sform, qform\)"):
        read(path)


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz"])
def test_a_file_that_is_cut_off_is_refused(tmp_path, name):
    path = save(tmp_path / name)
    data = gzip.decompress(path.read_bytes()) if name.endswith("gz") else path.read_bytes()
    short = data[:-40]
    path.write_bytes(gzip.compress(short) if name.endswith("gz") else short)
    with pytest.raises(ComponentError, match=rf"{name}.*cut off"):
        read(path)


def test_an_sform_and_a_qform_that_differ_are_said_and_the_sform_counts(tmp_path):
    other = AFFINE.copy()
    other[0, 3] += 7

    def change(image):
        image.set_qform(other, code=1)

    path = save(tmp_path / "a.nii", change=change)
    with pytest.warns(SeatrialWarning, match=r"a\.nii: sform and qform differ by up to 7 mm"):
        found = read(path)
    assert np.allclose(found.affine, AFFINE)


def test_a_qform_alone_is_taken(tmp_path):
    def change(image):
        image.set_qform(AFFINE, code=1)
        image.set_sform(None, code=0)

    path = save(tmp_path / "a.nii", change=change)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.allclose(read(path).affine, AFFINE, atol=1e-4)


def test_a_file_without_a_place_says_that_left_and_right_are_unknown(tmp_path):
    def change(image):
        image.set_qform(None, code=0)
        image.set_sform(None, code=0)

    path = save(tmp_path / "a.nii", change=change)
    with pytest.warns(SeatrialWarning, match="left and right are unknown"):
        read(path)


def test_a_file_of_freesurfer_is_read(tmp_path):
    nibabel.save(nibabel.MGHImage(VALUES, AFFINE), tmp_path / "a.mgz")
    found = read(tmp_path / "a.mgz")
    assert np.array_equal(found.array[0], VALUES)
    assert np.allclose(found.affine, AFFINE, atol=1e-4)


def test_without_nibabel_it_is_named(tmp_path, monkeypatch):
    path = save(tmp_path / "a.nii")
    monkeypatch.setitem(__import__("sys").modules, "nibabel", None)
    with pytest.raises(ComponentError, match=r"a\.nii.*pip install nibabel"):
        read(path)
