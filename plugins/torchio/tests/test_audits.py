"""The audits find what is wrong with the files of volumes, and nothing in sound ones."""

from __future__ import annotations

import nibabel
import numpy as np
import pydicom
import pytest
import seatrial_torchio as plugin
from pydicom.data import get_testdata_file

import seatrial as sea
from seatrial import Asset, Case, Plan, Volume


@pytest.fixture
def saved(tmp_path):
    """Write a volume to a file, with a transform of the header, and name it."""

    def save(name, change=lambda image: None, modality="volume", affine=None, shape=(6, 7, 8)):
        values = np.arange(np.prod(shape)).reshape(shape) % (2 if modality == "mask" else 99)
        dtype = np.uint8 if modality == "mask" else np.int16
        image = nibabel.Nifti1Image(values.astype(dtype), np.eye(4) if affine is None else affine)
        image.set_sform(image.affine, 1)
        image.set_qform(image.affine, 1)
        change(image)
        nibabel.save(image, tmp_path / f"{name}.nii.gz")
        return Asset(tmp_path / f"{name}.nii.gz", modality)

    return save


def look(*cases):
    audits = [plugin.volume_files(), plugin.identifying_headers()]
    return {one.name: one for one in sea.audit(Plan(), cases=list(cases), audits=audits)}


def test_sound_files_and_other_inputs_are_silent(saved):
    pictures = {"a": np.zeros((8, 8, 3), np.uint8), "b": np.zeros((9, 9, 3), np.uint8)}
    assert not look(
        Case("files", saved("t1"), saved("mask", modality="mask")),
        Case("text", "a text", "yes"),
        Case("pictures", pictures, np.zeros((5, 5, 3), np.uint8)),
    )


def test_orientation_that_is_stated_twice_or_not_at_all(saved):
    def turned(image):
        image.set_qform(np.diag([-1.0, 1, 1, 1]), 1)

    def neither(image):
        image.set_sform(None, 0)
        image.set_qform(None, 0)

    found = look(Case("a", saved("a", turned)), Case("b", saved("b", neither)), Case("c", "x"))
    (finding,) = found.values()
    assert finding.name == "orientation-in-doubt"
    assert finding.level == "warning"
    assert finding.cases == ("a", "b")
    assert finding.effect == pytest.approx(2 / 3)
    assert "a.nii.gz: sform and qform differ by up to 10 mm" in finding.summary
    assert "b.nii.gz: sform_code and qform_code are 0" in finding.summary


def test_masks_that_do_not_lie_on_their_image(saved):
    moved = np.diag([1.0, 1, 1, 1])
    moved[0, 3] = 3
    found = look(
        Case("affine", saved("a"), saved("b", modality="mask", affine=moved)),
        Case("shape", saved("a"), saved("c", modality="mask", shape=(6, 7, 9))),
        Case("array", saved("a"), np.ones((6, 7, 1), np.uint8)),
        Case("parts", {"t1": saved("a"), "t2": Volume(np.zeros((2, 2, 2), np.float32))}),
        Case("fine", saved("a"), {"mask": np.ones((6, 7, 8), bool)}),
    )
    (finding,) = found.values()
    assert (finding.name, finding.level) == ("grids-differ", "error")
    assert finding.cases == ("affine", "array", "parts", "shape")
    assert "6×7×8 voxels, and their affines differ" in finding.summary
    assert "6×7×8 voxels and 6×7×9 voxels" in finding.summary


def test_labels_that_a_slope_changes(saved):
    def scaled(image):
        image.header.set_slope_inter(2, 0)

    found = look(Case("a", saved("a"), saved("b", scaled, modality="mask")))
    assert found["scaled-labels"].cases == ("a",)
    assert "b.nii.gz has scl_slope 2" in found["scaled-labels"].summary


def test_a_mask_in_which_there_is_nothing(saved):
    def emptied(image):
        image.dataobj[:] = 0

    found = look(Case("a", saved("a"), saved("b", emptied, modality="mask")))
    assert {name: one.level for name, one in found.items()} == {"empty-masks": "note"}
    assert "b.nii.gz is 0 everywhere" in found["empty-masks"].summary


def test_files_that_cannot_be_read_stop_a_run(saved, tmp_path):
    whole = saved("a").path.read_bytes()
    (tmp_path / "cut.nii.gz").write_bytes(whole[: len(whole) // 2])
    four = saved("four", shape=(4, 4, 4, 3))
    cases = [Case("cut", Asset(tmp_path / "cut.nii.gz", "volume")), Case("four", four)]
    (finding,) = look(*cases).values()
    assert (finding.name, finding.level) == ("unreadable-volumes", "error")
    assert finding.cases == ("cut", "four")
    assert "four.nii.gz: dim: it has 4 dimensions (4×4×4×3)" in finding.summary


def test_a_series_with_a_gap_and_one_that_names_its_patient(tmp_path):
    data = pydicom.dcmread(get_testdata_file("MR_small.dcm", download=False))
    data.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    for place in (0, 2, 4, 8):
        data.ImagePositionPatient = [0, 0, place]
        data.SOPInstanceUID = f"1.2.{place}"
        (tmp_path / "gap").mkdir(exist_ok=True)
        data.save_as(tmp_path / "gap" / f"{place}.dcm")
    found = look(Case("gap", Asset(tmp_path / "gap", "volume")))
    assert "slices lie 2 mm apart, and some are missing at 6 mm" in (
        found["unreadable-volumes"].summary
    )
    assert found["identifying-headers"].level == "warning"
    assert "PatientName (1)" in found["identifying-headers"].summary
