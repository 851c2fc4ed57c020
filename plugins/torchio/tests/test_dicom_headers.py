"""Headers give away who the patient is; mixed series are split."""

from __future__ import annotations

import numpy as np
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian
from seatrial_torchio.dicom import identifying_fields, split_series

from seatrial import Asset
from seatrial.errors import ComponentError, PlanError
from seatrial.inputs._assets import opened


def write(path, **fields):
    data = Dataset()
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data.file_meta.MediaStorageSOPClassUID = data.SOPClassUID = "1.2.840.10008.5.1.4.1.1.4"
    data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID = "1.2.3"
    data.Manufacturer, data.MagneticFieldStrength = "SIEMENS", 3
    data.ScanningSequence = ["EP", "GR"]
    for name, value in fields.items():
        setattr(data, name, value)
    data.save_as(path, enforce_file_format=True)
    return data


def test_a_clean_header_identifies_nobody(tmp_path):
    write(tmp_path / "a.dcm")
    assert identifying_fields(tmp_path) == ()


def test_identifying_fields_are_found_at_every_level(tmp_path):
    inner = Dataset()
    inner.PatientID = "ID-4711-X"
    data = write(
        tmp_path / "a.dcm",
        PatientName="",
        OperatorsName="Curie^Marie",
        InstitutionName="Radium Institute",
        RequestAttributesSequence=[inner],
        ImageComments="as discussed with Ms Curie",
        StudyDate="19110101",
    )
    block = data.private_block(0x0029, "SIEMENS CSA HEADER", create=True)
    block.add_new(0x10, "OB", b"\0\1tPatientName\0id-4711-x\0\0")
    data.save_as(tmp_path / "a.dcm", enforce_file_format=True)
    assert set(identifying_fields(tmp_path)) == {
        "a.dcm: StudyDate",
        "a.dcm: InstitutionName",
        "a.dcm: OperatorsName",
        "a.dcm: ImageComments",
        "a.dcm: RequestAttributesSequence[0].PatientID",
        "a.dcm: (0029,1010)",
    }


def test_series_and_echoes_are_split_into_folders_that_can_be_read(tmp_path):
    source = tmp_path / "all"
    source.mkdir()
    pixels = np.arange(16, dtype=np.int16).tobytes()
    for series in (1, 2):
        for echo in (30, 10):
            for place in range(3):
                write(
                    source / f"{series}{echo}{place}.dcm",
                    SeriesInstanceUID=f"1.2.{9 - series}",
                    SeriesNumber=series,
                    EchoTime=echo,
                    Rows=4,
                    Columns=4,
                    SamplesPerPixel=1,
                    PhotometricInterpretation="MONOCHROME2",
                    BitsAllocated=16,
                    BitsStored=16,
                    HighBit=15,
                    PixelRepresentation=1,
                    PixelSpacing=[1, 1],
                    ImageOrientationPatient=[1, 0, 0, 0, 1, 0],
                    ImagePositionPatient=[0, 0, place * 2 + series * 100 + echo],
                    PixelData=pixels,
                )
    with pytest.raises(ComponentError, match="SeriesInstanceUID: 2 series in one folder"):
        opened(Asset(source, "volume"))
    folders = split_series(source, tmp_path / "split")
    assert [one.name for one in folders] == ["1-1", "1-2", "2-1", "2-2"]
    places = [opened(Asset(one, "volume")).affine[2, 3] for one in folders]
    assert places == [110, 130, 210, 230]
    with pytest.raises(PlanError, match="is not empty"):
        split_series(source, tmp_path / "split")


def test_a_folder_without_dicom_is_refused(tmp_path):
    with pytest.raises(PlanError, match="no DICOM file"):
        split_series(tmp_path, tmp_path / "new")
