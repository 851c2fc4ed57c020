"""A folder of DICOM files: a case for each volume, and the scanner as groups."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

import seatrial as sea
from seatrial.errors import FileError
from seatrial.inputs._assets import opened

pydicom = pytest.importorskip("pydicom")

SHARED = Path(__file__).parents[4] / "shared" / "data" / "dcm_qa_nih" / "In"
SCANNERS = {
    "p1/t1": {"Manufacturer": "SIEMENS", "MagneticFieldStrength": 3},
    "p2/t1": {"Manufacturer": "GE MEDICAL SYSTEMS", "ScanningSequence": ["EP", "GR"]},
}


def write(path, place=0, **fields):
    from pydicom.dataset import Dataset, FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian

    path.parent.mkdir(parents=True, exist_ok=True)
    data = Dataset()
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data.file_meta.MediaStorageSOPClassUID = data.SOPClassUID = "1.2.840.10008.5.1.4.1.1.4"
    data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID = f"1.2.{place + 1}"
    data.Rows = data.Columns = 4
    data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
    data.BitsAllocated = data.BitsStored = 16
    data.HighBit, data.PixelRepresentation = 15, 1
    data.PixelSpacing, data.SliceThickness = [1, 1], 2
    data.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    data.ImagePositionPatient = [0, 0, place * 2]
    data.PixelData = np.full(16, place, np.int16).tobytes()
    for name, value in fields.items():
        setattr(data, name, value)
    data.save_as(path, enforce_file_format=True)


@pytest.fixture
def scans(tmp_path):
    """Two patients with a series of three slices each, in files without a suffix."""
    for name, fields in SCANNERS.items():
        for place in range(3):
            write(tmp_path / "scans" / name / f"IM00{place}", place, **fields)
    return tmp_path / "scans"


def test_a_series_is_one_case_and_its_scanner_gives_groups(scans):
    cases = sea.load_cases(
        scans, cluster="top", groups=["vendor", "model", "field_strength", "sequence"]
    )
    assert [(one.id, one.cluster, dict(one.groups)) for one in cases] == [
        ("p1/t1", "p1", {"vendor": "SIEMENS", "field_strength": 3.0}),
        ("p2/t1", "p2", {"vendor": "GE MEDICAL SYSTEMS", "sequence": "EP GR"}),
    ]
    assert opened(cases[0].input).array.shape == (1, 4, 4, 3)
    (siemens,) = sea.load_cases(scans, where={"field_strength": 3})
    assert siemens.id == "p1/t1"


def test_a_folder_that_is_one_series_is_one_case(scans):
    (case,) = sea.load_cases(scans / "p1" / "t1")
    assert case.id == "t1"
    assert opened(case.input).array.shape == (1, 4, 4, 3)


def test_an_index_of_a_study_is_no_scan(scans):
    write(scans / "DICOMDIR")
    write(scans / "p1" / "t1" / "DICOMDIR")
    cases = sea.load_cases(scans)
    assert [one.id for one in cases] == ["p1/t1", "p2/t1"]
    assert opened(cases[0].input).array.shape == (1, 4, 4, 3)


def test_files_that_are_volumes_by_themselves_are_cases_of_their_own(scans):
    for name in "ab":
        frames = np.arange(32, dtype=np.int16).tobytes()
        write(scans / "p3" / f"{name}.dcm", NumberOfFrames=2, PixelData=frames)
    cases = sea.load_cases(scans)
    assert [one.id for one in cases] == ["p1/t1", "p2/t1", "p3/a.dcm", "p3/b.dcm"]


def test_volumes_in_other_files_have_no_scanner(scans):
    np.save(scans / "p1" / "scan.npy", np.zeros((2, 2, 2), np.float32))
    cases = sea.load_cases(scans, groups=["vendor"], types={"file": "volume"})
    assert [(one.id, len(one.groups)) for one in cases] == [
        ("p1/scan.npy", 0),
        ("p1/t1", 1),
        ("p2/t1", 1),
    ]


def test_where_there_is_no_dicom_there_is_no_vendor(tmp_path):
    np.save(tmp_path / "a.npy", np.zeros((2, 2, 2), np.float32))
    with pytest.raises(FileError, match="has no column 'vendor'"):
        sea.load_cases(tmp_path, groups=["vendor"])


def test_a_broken_header_costs_its_own_case(scans):
    write(scans / "p3" / "a.dcm")
    (scans / "p3" / "a.dcm").write_bytes(b"\0" * 128 + b"DICM" + b"\xff" * 30)
    cases = sea.load_cases(scans, groups=["vendor"])
    assert [one.id for one in cases] == ["p1/t1", "p2/t1", "p3"]


def test_the_scanners_of_a_real_study_are_told_apart():
    """GE wrote one file a slice, and Siemens one mosaic a time."""
    if not SHARED.exists():
        pytest.skip("the shared data are not here")
    cases = sea.load_cases(SHARED, groups=["vendor", "model"], types={"file": "volume"})
    assert Counter((one.groups["vendor"], one.groups["model"]) for one in cases) == {
        ("GE MEDICAL SYSTEMS", "DISCOVERY MR750"): 4,
        ("SIEMENS", "Skyra"): 8,
    }
    assert all(opened(one.input).array.any() for one in cases)
