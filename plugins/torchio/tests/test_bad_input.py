"""A folder of faulty scans: each costs its own records, is named with its field, and no other."""

from __future__ import annotations

import re
from pathlib import Path

import nibabel
import numpy as np
import pydicom
import pytest
import seatrial_torchio as plugin
from pydicom.data import get_testdata_file

import seatrial as sea

X, Y, Z = np.mgrid[-1:1:20j, -1:1:22j, -1:1:18j]
BALL = X**2 + Y**2 + Z**2 < 0.5
HEAD = (BALL * 300.0 + np.random.default_rng(0).normal(100, 10, X.shape)).astype(np.float32)
AFFINE = np.diag([1.0, 1, 2, 1])


def spoilt(value):
    values = HEAD.copy()
    values[3, 4, 5] = value
    return values


def patched(offset, *numbers):
    """Make a file whose header has other numbers from a byte on: no library writes such files."""

    def make(path):
        nibabel.save(nibabel.Nifti1Image(HEAD, AFFINE), path)
        content = bytearray(path.read_bytes())
        held = np.array(numbers, "<f4").tobytes()
        content[offset : offset + len(held)] = held
        path.write_bytes(content)

    return make


def nifti(values, header=None):
    return lambda path: nibabel.save(nibabel.Nifti1Image(values, AFFINE, header), path)


def cut(path):
    nifti(HEAD)(path)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def dicom(places, field="SeriesInstanceUID", values=("1.2.3",)):
    """Make a series of slices at these places (mm), the values of a field in turns."""

    def make(path):
        path.mkdir()
        data = pydicom.dcmread(get_testdata_file("MR_small.dcm", download=False))
        data.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
        for index, place in enumerate(places):
            data.ImagePositionPatient = [0, 0, place]
            setattr(data, field, values[index % len(values)])
            data.save_as(path / f"{index}.dcm")

    return make


def packaged(name):
    """Copy a file of pydicom's."""

    def make(path):
        path.mkdir()
        (path / name).write_bytes(Path(get_testdata_file(name, download=False)).read_bytes())

    return make


BIG = nibabel.Nifti1Header(endianness=">")
FINE = {
    "plain.nii.gz": nifti(HEAD),
    "big-endian.nii": nifti(HEAD.astype(">f4"), BIG),
    "uint16.nii.gz": nifti((HEAD * 100).clip(0, 65535).astype(np.uint16)),
    "series": dicom(range(6)),
}
SKIPPED = {
    "thin.nii.gz": (nifti(np.arange(200, dtype=np.float32).reshape(1, 1, 200)), "1×1×200"),
    "one-slice.nii.gz": (nifti(HEAD[:, :, 9:10]), "20×22×1"),
    "constant.nii.gz": (nifti(np.full((8, 8, 8), 5, np.float32)), r"constant \(5 everywhere\)"),
    "big-endian-slice": (packaged("MR_small_bigendian.dcm"), "64×64×1"),
    "compressed-rle": (packaged("MR_small_RLE.dcm"), "64×64×1"),
}
REFUSED = {
    "flat.nii.gz": (nifti(HEAD[:, :, 9]), r"flat\.nii\.gz: dim: it has 2 dimensions"),
    "fmri.nii.gz": (nifti(np.stack([HEAD] * 2, -1)), r"fmri\.nii\.gz: dim: it has 4 dimensions"),
    "five.nii.gz": (
        nifti(np.stack([HEAD] * 3, -1)[:, :, :, None]),
        r"five\.nii\.gz: dim: it has 5 dimensions",
    ),
    "nan.nii.gz": (nifti(spoilt(np.nan)), r"nan\.nii\.gz: 1 of its voxels are NaN"),
    "infinite.nii.gz": (nifti(spoilt(np.inf)), r"infinite\.nii\.gz: 1 of its voxels are NaN"),
    "no-size.nii": (patched(80, 0), r"no-size\.nii: pixdim: voxels of 0 × 1 × 2 mm"),
    "singular.nii": (
        patched(296, 0, 0, 0, 0),
        r"singular\.nii: affine \(sform, qform\): it puts several voxels in one place",
    ),
    "cut.nii.gz": (cut, r"cut\.nii\.gz: its voxels cannot be read, the file may be cut off"),
    "empty.nii": (lambda path: path.write_bytes(b""), r"Empty file: .*empty\.nii"),
    "gap": (dicom([0, 1, 2, 5, 6]), "gap: ImagePositionPatient: .* missing at 3, 4 mm"),
    "mixed": (
        dicom(range(4), values=("1.2", "1.3")),
        "mixed: SeriesInstanceUID: 2 series in one folder",
    ),
    "echoes": (
        dicom(range(4), "EchoTime", (10, 20)),
        r"echoes: EchoTime: 2 echoes in one folder \(10\.0; 20\.0\)",
    ),
    "compressed": (
        packaged("MR_small_jpeg_ls_lossless.dcm"),
        r"(?s)jpeg_ls_lossless\.dcm: PixelData \(JPEG-LS.*pip install 'pylibjpeg\[all\]'",
    ),
}


@pytest.fixture(scope="module")
def records(tmp_path_factory):
    """Run a specification on a folder with all of them, in a class of their own."""
    folder = tmp_path_factory.mktemp("bad")
    scans = folder / "scans" / "head"
    scans.mkdir(parents=True)
    for name, make in {**FINE, **{k: m for k, (m, _) in (SKIPPED | REFUSED).items()}}.items():
        make(scans / name)
    cases = sea.load_cases(folder / "scans", target="folder", types={"file": "volume"})
    from seatrial_metrics import accuracy

    plan = sea.Plan(perturbations=[plugin.motion()], metrics=[accuracy()], severities=[1], seed=1)
    report = sea.run(plan, model=lambda volumes: ["head"] * len(volumes), cases=cases)
    counts = report.accounting
    assert counts.planned == 2 * len(FINE | SKIPPED | REFUSED)
    assert counts.planned == counts.scored + counts.errored + counts.skipped
    return {(one.case_id.removeprefix("head/"), one.severity): one for one in report.records()}


@pytest.mark.parametrize("name", FINE)
def test_what_is_sound_is_measured_beside_the_rest(records, name):
    assert [records[name, severity].status for severity in (0, 1)] == ["scored", "scored"]


@pytest.mark.parametrize("name", SKIPPED)
def test_what_motion_cannot_act_on_is_skipped_and_says_why(records, name):
    assert records[name, 0].status == "scored"
    assert records[name, 1].status == "skipped"
    assert re.search(SKIPPED[name][1], records[name, 1].error)


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_volume_is_an_error_that_names_the_file_and_the_field(records, name):
    for severity in (0, 1):
        assert records[name, severity].status == "errored"
        assert re.search(REFUSED[name][1], records[name, severity].error)


MASKS = {
    "good": (BALL.astype(np.uint8), AFFINE, None),
    "shape": (
        BALL[:, :, 1:].astype(np.uint8),
        AFFINE,
        r"shape\.nii\.gz: dim: the mask has 20×22×17",
    ),
    "affine": (
        BALL.astype(np.uint8),
        np.eye(4),
        r"affine\.nii\.gz: affine: .* 17 mm off its image",
    ),
    "half": (BALL * 0.5, AFFINE, r"half\.nii\.gz .*labels are whole numbers, and these are not"),
    "fmri": (np.stack([BALL] * 2, -1).astype(np.uint8), AFFINE, "dim: it has 4 dimensions"),
}


def test_masks_off_the_grid_of_their_image_are_named(tmp_path):
    nibabel.save(nibabel.Nifti1Image(HEAD, AFFINE), tmp_path / "t1.nii.gz")
    rows = ["id,scan,mask"]
    for name, (labels, affine, _) in MASKS.items():
        nibabel.save(nibabel.Nifti1Image(labels, affine), tmp_path / f"{name}.nii.gz")
        rows.append(f"{name},t1.nii.gz,{name}.nii.gz")
    (tmp_path / "cases.csv").write_text("\n".join(rows))
    cases = sea.load_cases(
        tmp_path / "cases.csv",
        input="scan",
        target="mask",
        types={"scan": "volume", "mask": "mask"},
    )
    from seatrial_metrics import dice

    def bright(volumes):
        return [sea.Volume((one.array > 250).astype(np.uint8), one.affine) for one in volumes]

    plan = sea.Plan(perturbations=[plugin.noise()], metrics=[dice()], severities=[1], seed=1)
    report = sea.run(plan, model=bright, cases=cases)
    assert report.accounting.scored == 2
    for record in report.records():
        _, _, said = MASKS[record.case_id]
        assert (record.status == "scored") == (said is None)
        assert said is None or re.search(said, record.error)
