"""A series of DICOM slices becomes a volume; a faulty one is named, with its field."""

from __future__ import annotations

import numpy as np
import pytest

from seatrial import Asset
from seatrial.errors import ComponentError
from seatrial.inputs._assets import opened

pydicom = pytest.importorskip("pydicom")

ROWS, COLUMNS = 6, 8
SPACING = (1.25, 0.75)  # between rows, between columns
TURN = np.radians(20)
ALONG_ROW = np.array([np.cos(TURN), np.sin(TURN), 0])
ALONG_COLUMN = np.array([-np.sin(TURN) * np.cos(0.2), np.cos(TURN) * np.cos(0.2), np.sin(0.2)])
NORMAL = np.cross(ALONG_ROW, ALONG_COLUMN)
ORIGIN = np.array([-30.0, 12.0, 55.0])


def pixels_of(place):
    return (np.arange(ROWS * COLUMNS, dtype=np.int16) + 100 * place).reshape(ROWS, COLUMNS)


def dataset(place, distance=2.0, **fields):
    """Make one MR slice; the fields that are given replace its own, None leaves one out."""
    from pydicom.dataset import Dataset, FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian

    data = Dataset()
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.4"
    data.file_meta.MediaStorageSOPInstanceUID = f"1.2.3.{place + 1}"
    data.SOPClassUID, data.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.4", f"1.2.3.{place + 1}"
    data.Modality, data.SeriesInstanceUID, data.EchoTime = "MR", "1.2.4", 10
    data.InstanceNumber = 40 - place  # the order of numbers is not that of places
    data.Rows, data.Columns = ROWS, COLUMNS
    data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
    data.BitsAllocated = data.BitsStored = 16
    data.HighBit, data.PixelRepresentation = 15, 1
    data.PixelSpacing = list(SPACING)
    data.SliceThickness = 5  # thicker than they lie apart
    data.ImageOrientationPatient = [*ALONG_ROW.tolist(), *ALONG_COLUMN.tolist()]
    data.ImagePositionPatient = (ORIGIN + place * distance * NORMAL).tolist()
    data.PixelData = pixels_of(place).tobytes()
    for name, value in fields.items():
        if value is None:
            delattr(data, name)
        else:
            setattr(data, name, value)
    return data


def write(folder, places=range(5), more=None):
    folder.mkdir(exist_ok=True)
    for place in places:
        data = dataset(place, **((more or {}).get(place, {})))
        data.save_as(folder / f"{9 - place}.dcm", enforce_file_format=True)
    return folder


def read(path, modality="volume"):
    return opened(Asset(path, modality))


def test_slices_are_put_in_the_order_of_their_places(tmp_path):
    found = read(write(tmp_path / "s"))
    assert found.array.shape == (1, COLUMNS, ROWS, 5)
    assert found.array.dtype == np.int16
    for place in range(5):
        assert np.array_equal(found.array[0, :, :, place].T, pixels_of(place))
    assert found.spacing == pytest.approx((0.75, 1.25, 2.0))


def test_a_voxel_lies_where_the_standard_says(tmp_path):
    """Part 3, equation C.7.6.2.1-1, from LPS to RAS."""
    found = read(write(tmp_path / "s"))
    column, row, place = 3, 2, 4
    wanted = (
        ORIGIN
        + place * 2.0 * NORMAL
        + ALONG_ROW * SPACING[1] * column
        + ALONG_COLUMN * SPACING[0] * row
    )
    at = found.affine @ [column, row, place, 1]
    assert at[:3] == pytest.approx(wanted * [-1, -1, 1], abs=1e-6)


def test_simpleitk_finds_the_same_place(tmp_path):
    sitk = pytest.importorskip("SimpleITK")
    folder = write(tmp_path / "s")
    reader = sitk.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(folder)))
    image = reader.Execute()
    found = read(folder)
    assert np.array_equal(sitk.GetArrayFromImage(image).T, found.array[0])
    lps = image.TransformIndexToPhysicalPoint((1, 2, 3))
    assert (found.affine @ [1, 2, 3, 1])[:3] == pytest.approx(np.array(lps) * [-1, -1, 1], abs=1e-5)


def test_intensities_are_rescaled_slice_by_slice(tmp_path):
    scaled = {place: {"RescaleSlope": place + 1, "RescaleIntercept": -5} for place in range(5)}
    found = read(write(tmp_path / "s", more=scaled))
    assert found.array.dtype == np.float32
    for place in range(5):
        wanted = pixels_of(place) * (place + 1.0) - 5
        assert np.array_equal(found.array[0, :, :, place].T, wanted)


def test_a_folder_of_labels_is_a_mask(tmp_path):
    found = read(write(tmp_path / "s"), "mask")
    assert found.array.dtype.kind == "i"


def test_files_that_are_not_dicom_are_passed_over(tmp_path):
    folder = write(tmp_path / "s")
    (folder / "README.txt").write_text("a study")
    assert read(folder).array.shape == (1, COLUMNS, ROWS, 5)


def test_one_slice_is_as_thick_as_it_says(tmp_path):
    folder = write(tmp_path / "s", [2])
    assert read(folder / "7.dcm").spacing[2] == 5
    assert read(folder).spacing[2] == 5


def test_a_file_of_many_frames_is_scaled_frame_by_frame(tmp_path):
    from pydicom.dataset import Dataset
    from pydicom.sequence import Sequence

    def item(**groups):
        outer = Dataset()
        for name, fields in groups.items():
            inner = Dataset()
            for key, value in fields.items():
                setattr(inner, key, value)
            setattr(outer, name, Sequence([inner]))
        return outer

    data = dataset(0, PixelSpacing=None, ImageOrientationPatient=None, ImagePositionPatient=None)
    data.NumberOfFrames = 3
    data.PixelData = np.stack([pixels_of(place) for place in (2, 0, 1)]).tobytes()
    data.SharedFunctionalGroupsSequence = Sequence(
        [
            item(
                PixelMeasuresSequence={"PixelSpacing": list(SPACING)},
                PlaneOrientationSequence={
                    "ImageOrientationPatient": [*ALONG_ROW.tolist(), *ALONG_COLUMN.tolist()]
                },
            )
        ]
    )
    data.PerFrameFunctionalGroupsSequence = Sequence(
        [
            item(
                PlanePositionSequence={
                    "ImagePositionPatient": (ORIGIN + place * 2 * NORMAL).tolist()
                },
                PixelValueTransformationSequence={
                    "RescaleSlope": place + 1,
                    "RescaleIntercept": 0,
                },
            )
            for place in (2, 0, 1)
        ]
    )
    data.save_as(tmp_path / "many.dcm", enforce_file_format=True)
    found = read(tmp_path / "many.dcm")
    assert found.spacing == pytest.approx((0.75, 1.25, 2.0))
    for place in range(3):
        assert np.array_equal(found.array[0, :, :, place].T, pixels_of(place) * (place + 1))


@pytest.mark.parametrize(
    ("places", "more", "said"),
    [
        ([0, 1, 2, 4, 5], {}, r"ImagePositionPatient: slices lie 2 mm apart.*missing at [\d.]+ mm"),
        (range(3), {2: {"SeriesInstanceUID": "1.9"}}, "SeriesInstanceUID: 2 series in one folder"),
        (
            range(3),
            {1: {"SeriesInstanceUID": None}},
            r"as volume: .*: SeriesInstanceUID: 1 of 3 files lack it.*\(8\.dcm\)",
        ),
        (range(3), {2: {"EchoTime": 30}}, "EchoTime: 2 echoes in one folder"),
        (
            range(3),
            {2: {"ImagePositionPatient": ORIGIN.tolist()}},
            "ImagePositionPatient: several slices at",
        ),
        (range(3), {1: {"ImagePositionPatient": None}}, r"8\.dcm: ImagePositionPatient is missing"),
        (range(3), {1: {"PixelSpacing": [0, 1]}}, r"8\.dcm: PixelSpacing: pixels of 0\.0 × 1\.0"),
        (range(3), {1: {"PixelSpacing": [2, 1]}}, "PixelSpacing: other pixels than"),
        (
            range(3),
            {1: {"ImageOrientationPatient": [1, 0, 0, 0, 0, 1]}},
            "ImageOrientationPatient: not parallel",
        ),
        (
            range(3),
            {1: {"Rows": 3, "PixelData": pixels_of(1)[:3].tobytes()}},
            "Rows, Columns: 3 × 8 pixels",
        ),
        (range(3), {1: {"PixelData": b"\0" * 20}}, r"PixelData \(Explicit VR Little Endian\)"),
        (range(1), {0: {"ImageType": ["ORIGINAL", "MOSAIC"]}}, "ImageType: a mosaic"),
        (range(1), {0: {"SamplesPerPixel": 3}}, "SamplesPerPixel: a picture in colours"),
    ],
    ids=[
        "gap",
        "series",
        "no series",
        "echoes",
        "times",
        "no place",
        "no size",
        "other size",
        "other direction",
        "other shape",
        "cut off",
        "mosaic",
        "colours",
    ],
)
def test_a_faulty_series_is_refused(tmp_path, places, more, said):
    folder = write(tmp_path / "s", places, more)
    with pytest.raises(ComponentError, match=said):
        read(folder)


def test_missing_slices_are_named_by_their_places(tmp_path):
    """A series at 0, 2, 4, 8 and 10 mm along its normal lacks the one at 6."""
    start = float(ORIGIN @ NORMAL)
    with pytest.raises(ComponentError, match=f"missing at {start + 6:g} mm"):
        read(write(tmp_path / "s", [0, 1, 2, 4, 5]))


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(ComponentError, match="holds no DICOM file"):
        read(tmp_path)


def test_pixels_that_cannot_be_decoded_say_what_to_install():
    path = pydicom.data.get_testdata_file("MR_small_jpeg_ls_lossless.dcm", download=False)
    try:
        read(path)
    except ComponentError as error:
        assert "pip install 'pylibjpeg[all]'" in str(error)  # noqa: PT017 - it may be installed


@pytest.mark.parametrize("name", ["MR_small", "MR_small_bigendian", "MR_small_RLE"])
def test_real_slices_are_the_same_however_they_are_written(name):
    plain = read(pydicom.data.get_testdata_file("MR_small.dcm", download=False))
    found = read(pydicom.data.get_testdata_file(f"{name}.dcm", download=False))
    assert found == plain
    assert found.array.dtype.isnative
