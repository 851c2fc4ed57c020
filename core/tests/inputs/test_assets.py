"""Values stay in their files until they are needed, and are what their files hold."""

from __future__ import annotations

import json
import os
import re
import sys

import numpy as np
import pytest

import seatrial as sea
from seatrial import Asset, Volume
from seatrial.errors import ComponentError, PlanError
from seatrial.inputs import _assets
from seatrial.inputs._apply import perturb
from seatrial.inputs._assets import asset_digest, file_digest, opened
from seatrial.inputs._content import case_digest
from seatrial.inputs._encoding import decode, encode, name_content
from seatrial.inputs._loading import load_cases

PICTURE = np.arange(36, dtype=np.uint8).reshape(3, 4, 3)


@pytest.fixture
def saved(tmp_path):
    """Write an array, and give the asset of its file."""

    def saved(array, name="x.npy", modality="image"):
        np.save(tmp_path / name, array)
        return Asset(tmp_path / name, modality)

    return saved


def write(path, **held):
    np.savez(path, **held)
    return path


def picture(path, mode="RGB", size=(4, 3), colour=(10, 20, 30), **more):
    image = pytest.importorskip("PIL.Image")
    image.new(mode, size, colour).save(path, **more)
    return path


def test_each_modality_reads_its_own_files(tmp_path):
    np.save(tmp_path / "i.npy", PICTURE)
    np.save(tmp_path / "v.npy", np.ones((2, 3, 4), np.float32))
    (tmp_path / "t.txt").write_bytes("\ufefffirst\r\nsecond".encode())
    (tmp_path / "m.json").write_text(json.dumps([{"role": "user", "content": "Où?"}]))
    affine = np.diag([2.0, 2.0, 3.0, 1.0])
    write(tmp_path / "va.npz", voxels=np.ones((2, 3, 4), np.int16), affine=affine)
    write(tmp_path / "one.npz", anything=np.arange(3))
    np.save(tmp_path / "k.npy", np.eye(3, dtype=np.uint8))

    def read(name, modality):
        return opened(Asset(tmp_path / name, modality))

    assert np.array_equal(read("i.npy", "image"), PICTURE)
    assert read("v.npy", "volume") == Volume(np.ones((2, 3, 4), np.float32))
    assert read("va.npz", "volume") == Volume(np.ones((2, 3, 4), np.int16), affine)
    assert read("va.npz", "mask") == Volume(np.ones((2, 3, 4), np.int16), affine)
    assert read("t.txt", "text") == "first\r\nsecond"
    assert read("m.json", "messages")[0]["content"] == "Où?"
    assert read("one.npz", "array").tolist() == [0, 1, 2]
    assert np.array_equal(read("k.npy", "mask"), np.eye(3))


def test_pictures_are_read_as_pictures(tmp_path):
    def read(path, modality="image"):
        return opened(Asset(path, modality))

    assert read(picture(tmp_path / "c.png")).tolist()[0][0] == [10, 20, 30]
    assert read(picture(tmp_path / "g.png", "L", colour=7)).shape == (3, 4, 1)
    assert read(picture(tmp_path / "p.png", "P", colour=0)).shape == (3, 4, 3)
    assert read(picture(tmp_path / "d.png", "I;16", colour=999)).tolist()[0][0] == [999]
    clear = read(picture(tmp_path / "a.png", "RGBA", colour=(0, 0, 0, 0)))
    assert clear.shape == (3, 4, 3)
    assert clear.min() == 255
    labels = read(picture(tmp_path / "l.png", "P", colour=2), "mask")
    assert labels.shape == (3, 4)
    with pytest.raises(ComponentError, match=r"c\.png.*mode RGB"):
        read(tmp_path / "c.png", "mask")


def test_pictures_of_other_colours_and_depths_are_converted_rightly(tmp_path):
    image = pytest.importorskip("PIL.Image")
    ramp = np.linspace(0, 255, 64, dtype=np.uint8)
    colours = np.stack(
        [np.tile(ramp, (64, 1)), np.tile(ramp[:, None], 64), np.full((64, 64), 90)], 2
    )
    original = image.fromarray(colours.astype(np.uint8))

    def read(converted, name, **options):
        converted.save(tmp_path / name, **options)
        return opened(Asset(tmp_path / name, "image"))

    for mode, name, most in (("CMYK", "c.tif", 1), ("P", "p.png", 30), ("RGBA", "a.png", 0)):
        found = read(original.convert(mode), name)
        assert (found.shape, found.dtype) == ((64, 64, 3), np.uint8)
        assert np.abs(found.astype(int) - colours).mean() <= most
    deep = np.arange(64 * 64).reshape(64, 64) * 16
    for mode, kind, name in (("I;16", np.uint16, "d.png"), ("I", np.int32, "d.tif")):
        found = read(image.fromarray(deep.astype(kind)), name)
        assert found.dtype == np.uint16, mode
        assert (found[:, :, 0] == deep).all()
    found = read(image.fromarray(colours[:, :, 0] > 99), "b.png")
    assert set(np.unique(found)) == {0, 255}
    with pytest.raises(
        ComponentError, match=r"w\.tif holds values from 0 to 131040; a picture has 0"
    ):
        read(image.fromarray(deep.astype(np.int32) * 2), "w.tif")


def test_what_is_no_picture_is_an_error_of_its_case_and_the_run_goes_on(tmp_path):
    arrays = {
        "bool": np.zeros((8, 8, 3), bool),
        "flat": np.zeros((8, 8), np.uint8),
        "nan": np.full((8, 8, 3), np.nan, np.float32),
        "right": np.zeros((8, 8, 3), np.uint8),
        "thin": np.zeros((1, 1, 200), np.uint8),
    }
    for name, array in arrays.items():
        np.save(tmp_path / f"{name}.npy", array)
    whole = picture(tmp_path / "cut.png", size=(64, 64)).read_bytes()
    (tmp_path / "cut.png").write_bytes(whole[: len(whole) // 2])
    cases = [sea.Case(file.stem, sea.Asset(file, "image"), "a") for file in tmp_path.iterdir()]
    plan = sea.Plan(metrics=[sea.default_registry().get("metrics.accuracy")()], seed=1)
    report = sea.run(plan, model=lambda images: ["a"] * len(images), cases=cases)
    assert (report.accounting.scored, report.accounting.errored) == (1, 5)
    said = "\n".join(map(str, report.errors))
    for name, reason in (
        ("bool.npy", "ndarray of bool"),
        ("flat.npy", r"shape \(8, 8\)"),
        ("nan.npy", "with NaN or infinity"),
        ("thin.npy", r"shape \(1, 1, 200\)"),
        ("cut.png", "truncated"),
    ):
        assert re.search(f"{name}.*{reason}", said)


def test_a_picture_is_the_right_way_up(tmp_path):
    image = pytest.importorskip("PIL.Image")
    exif = image.Exif()
    exif[0x0112] = 6  # turned by 90 degrees
    turned = picture(tmp_path / "turned.jpg", size=(8, 4), exif=exif)
    assert opened(Asset(turned, "image")).shape == (8, 4, 3)


def test_without_pillow_it_is_named(tmp_path, monkeypatch):
    path = picture(tmp_path / "c.png")
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(ComponentError, match=r"c\.png.*pip install pillow"):
        opened(Asset(path, "image"))


@pytest.mark.parametrize(
    ("name", "content", "modality", "said"),
    [
        ("a.npy", b"no array", "image", "cannot be read as image"),
        ("a.png", b"no picture", "image", "cannot be read as image: UnidentifiedImageError"),
        ("a.mhd", b"", "volume", r"files of the kinds \.npy, \.npz, \.nii.* can be read here"),
        ("a.txt", b"\xff\xfe\xff", "text", "cannot be read as text: UnicodeDecodeError"),
        ("a.json", b"{}", "messages", "expected a sequence of mappings"),
        ("a.json", b"[", "messages", "cannot be read as messages: JSONDecodeError"),
    ],
)
def test_a_file_that_is_not_what_it_should_be_is_named(tmp_path, name, content, modality, said):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ComponentError, match=rf"(?s)the asset: .*{name}.*{said}"):
        opened(Asset(tmp_path / name, modality))


def test_pickles_are_not_opened(tmp_path):
    np.save(tmp_path / "evil.npy", np.array([print], dtype=object), allow_pickle=True)
    with pytest.raises(ComponentError, match="cannot be read as array"):
        opened(Asset(tmp_path / "evil.npy", "array"))


def test_an_archive_of_several_arrays_is_ambiguous(tmp_path):
    write(tmp_path / "two.npz", a=np.eye(2), b=np.eye(3))
    with pytest.raises(ComponentError, match="holds a, b; one array is wanted"):
        opened(Asset(tmp_path / "two.npz", "array"))


def test_a_file_that_holds_another_modality_is_said(saved):
    with pytest.raises(ComponentError, match=r"x\.npy: expected uint8.* got ndarray of float64"):
        opened(saved(np.eye(3)))


# Identity


def test_an_asset_is_named_by_what_its_file_holds(saved, tmp_path):
    one = saved(PICTURE, "one.npy")
    other, moved = saved(PICTURE + 1, "other.npy"), saved(PICTURE, "moved.npy")
    assert name_content(one) == name_content(moved)
    assert name_content(one) != name_content(other)
    assert name_content(one) != name_content(Asset(one.path, "array"))
    assert encode(one).digest == name_content(one)


def test_a_file_that_is_replaced_is_another_value(saved):
    case = sea.Case("a", saved(PICTURE))
    before = case_digest(case)
    saved(PICTURE + 1)
    os.utime(case.input.path, ns=(1, 1))
    assert case_digest(case) != before
    assert opened(case).input.max() == PICTURE.max() + 1


def test_an_asset_reads_back_as_an_asset(saved):
    asset = saved(PICTURE)
    assert decode(encode({"scan": asset}).text, {}.__getitem__)["scan"] == asset


def test_a_file_is_hashed_once(saved, monkeypatch):
    asset = saved(PICTURE, "once.npy")
    first = asset_digest(asset)
    monkeypatch.setattr("pathlib.Path.open", None)
    assert asset_digest(asset) == first


def test_a_folder_is_named_by_its_files(tmp_path):
    folder = tmp_path / "series"
    (folder / "deep").mkdir(parents=True)
    (folder / "deep" / "a").write_text("1")
    first = file_digest(folder)
    (folder / ".hidden").write_text("x")
    assert file_digest(folder) == first
    (folder / "deep" / "a").rename(folder / "b")
    assert file_digest(folder) != first


# On the way through a trial


def test_a_missing_file_is_its_cases_error_when_cases_are_loaded(tmp_path):
    cases = [
        sea.Case("a", {"question": "why", "scan": Asset(tmp_path / "gone.npy", "image")}),
        sea.Case("b", "text", Asset(tmp_path / "lost.npy", "mask")),
    ]
    with pytest.raises(PlanError) as caught:
        load_cases(cases)
    assert "case 'a': " in str(caught.value)
    assert "gone.npy does not exist" in str(caught.value)
    assert "case 'b': " in str(caught.value)


def test_a_perturbation_gets_what_the_file_holds(saved):
    component = sea.Perturbation(
        name="local.invert", summary="For a test.", modality="image", factory="x:y"
    )
    given = sea.Case("c", {"question": "why", "scan": saved(PICTURE)}, saved(PICTURE, "t.npy"))
    made = perturb(component(), lambda x, /, *, seed: 255 - x, given, 1)
    assert np.array_equal(made.case.input["scan"], 255 - PICTURE)
    assert isinstance(given.input["scan"], Asset)
    unchanged = perturb(component(), lambda x, /, *, seed: x, given, 1)
    assert (unchanged.unchanged, unchanged.distance) == (True, 0.0)


def test_only_a_few_stay_open(saved):
    for at in range(20):
        opened([saved(PICTURE, f"{at}.npy")])
    assert len(_assets._open) <= _assets.KEPT_OPEN


def test_a_case_without_assets_is_handed_on_as_it_is():
    case = sea.Case("a", {"question": "why"}, "b")
    assert opened(case) is case
