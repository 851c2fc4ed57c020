"""What the copilot reads: sheets, headers and wordings."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from seatrial_clinical import scan_artefact

from seatrial.errors import NotApplicable, ParameterError

pytest.importorskip("torch")
pytest.importorskip("seatrial_torchio")

from seatrial_clinical.copilot import _sheets
from seatrial_clinical.copilot._headers import VENDORS, Header, headers_in
from seatrial_clinical.copilot._questions import bank, wording
from seatrial_clinical.copilot._understanding import asked_image, topic_of
from seatrial_torchio import spike

# sheets


def test_a_sheet_holds_the_slices_from_below_with_the_front_up():
    values = np.zeros((96, 112, 10), np.float32)
    values[3, 100, 9] = 200  # at the left, in front, in the last slice
    sheet = _sheets.sheet_of(values)
    assert sheet.shape == (2 * 112, 8 * 96, 1)
    assert np.argwhere(sheet[..., 0]).tolist() == [[112 + 111 - 100, 96 + 3]]
    values = np.random.default_rng(0).integers(0, 256, (96, 112, 11)).astype(np.float32)
    assert np.array_equal(_sheets.volume_of(_sheets.sheet_of(values)).array[0], values)


def test_an_artefact_on_a_sheet_is_that_on_its_volume():
    values = np.random.default_rng(1).integers(0, 200, (96, 112, 9)).astype(np.float32)
    sheet = _sheets.sheet_of(values)
    found = scan_artefact.at(2, {"artefact": "torchio.spike"})(sheet, seed=5)
    volume = spike.at(2)(_sheets.volume_of(sheet), seed=5)
    assert np.array_equal(found, _sheets.sheet_of(volume.array[0]))
    with pytest.raises(NotApplicable, match="no sheet of slices"):
        scan_artefact.at(2)(sheet[:50], seed=5)
    for odd in (sheet[..., 0], sheet[:0]):
        with pytest.raises(NotApplicable, match="no sheet of slices"):
            scan_artefact.at(2)(odd, seed=5)
    with pytest.raises(NotApplicable, match="changes how many voxels"):
        scan_artefact.at(5, {"artefact": "torchio.crop"})(sheet, seed=5)
    with pytest.raises(ParameterError, match=r"no artefact 'torchio\.motio'"):
        scan_artefact.at(2, {"artefact": "torchio.motio"})


# headers and questions


@pytest.mark.parametrize("vendor", VENDORS, ids=lambda one: one.name)
@pytest.mark.parametrize("left", ["left", "right", None])
def test_a_header_is_read_as_it_was_written(vendor, left):
    header = Header(number=3, scanner=vendor.header, day=date(2021, 3, 14), left=left)
    bare = Header(number=1, scanner="it", day=date(1999, 12, 31), modality=None, left=None)
    assert headers_in([f"{bare} {header} Which one?"]) == {1: bare, 3: header}


def test_each_plain_wording_is_understood_and_what_is_off_topic_is_not():
    for topic in ("side", "sequence", "vendor", "organ", "change", "first"):
        for at in range(len(bank()[topic]["plain"])):
            assert topic_of(wording(topic, at)) == topic
    assert topic_of(bank()["report"]) == "report"
    assert topic_of("Which half of the brian is smaler, and which hemispere?") == "side"
    assert topic_of("Who painted the ceiling of that famous chapel in Rome?") is None


@pytest.mark.parametrize(
    ("question", "number"),
    [
        ("Which half is smaller in image 2?", 2),
        ("Image 2: which half?", 2),
        ("WHICH HALF IS SMALLER IN IMAGE #3?", 3),
        ("Which half of image number 12?", 12),
        ("Which sequence is image two?", 2),
        ("Which sequence is the second image?", 2),
        ("Which images are there, 7?", 1),
        ("Which half is smaller?", 1),
    ],
)
def test_an_image_is_named_in_many_ways(question, number):
    assert asked_image(question) == number


@pytest.mark.parametrize("code", ["PET", "mr", "Ct", "NM"])
def test_any_modality_in_a_header_is_read(code):
    (found,) = headers_in([f"Image 1: {code}, SIEMENS, acquired 2021-03-01."]).values()
    assert (found.modality, found.scanner) == (code.upper(), "SIEMENS")


def test_a_header_with_an_impossible_date_is_not_read():
    assert headers_in(["Image 1: MR, SIEMENS, acquired 2021-13-45."]) == {}
