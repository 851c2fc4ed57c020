"""Readers of labelled images, and the value that they give."""

from __future__ import annotations

import json

import numpy as np
import pytest
from seatrial_simnl import csv_file, image_folder, medmnist, npz_file, split_file

from seatrial.errors import FileError, PlanError


def paint(file, value, mode="RGB"):
    from PIL import Image

    file.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, (4, 3), value).save(file)


@pytest.fixture
def folder(tmp_path):
    for part in ("train", "val", "test"):
        for shade, name in enumerate(["sea_lion", "cat"]):
            for index in range(3):
                value = 10 * index + shade
                paint(tmp_path / part / name / f"{index}.png", (value, value, value))
    return tmp_path


def test_a_folder_of_parts_gives_cases_of_each(folder):
    data = image_folder(folder)
    assert data.classes == ("cat", "sea lion")
    assert [len(part) for part in (data.train, data.validation, data.test)] == [6, 6, 6]
    case = data.train[-1]
    assert (case.id, case.target) == ("train/sea_lion/2.png", "sea lion")
    assert case.input.shape == (3, 4, 3)
    assert case.input.dtype == np.uint8
    assert case.input[0, 0, 0] == 20
    assert [one.id for one in data.train[1:3]] == [one.id for one in data.train][1:3]
    assert repr(data).startswith("ImageData(train=6 cases")


def test_images_are_read_when_they_are_asked_for(folder):
    data = image_folder(folder)
    (folder / "train/cat/0.png").write_bytes(b"no picture")
    assert data.train[1].target == "cat"
    with pytest.raises(PlanError, match="cannot be read as a picture"):
        data.train[0]


def test_grey_and_transparent_pictures_become_rgb(tmp_path):
    paint(tmp_path / "a" / "1.png", 9, "L")
    paint(tmp_path / "a" / "2.png", (9, 9, 9, 9), "RGBA")
    assert [case.input.shape for case in image_folder(tmp_path).train] == [(3, 4, 3)] * 2


def test_a_folder_without_parts_is_for_training_and_can_be_split(folder):
    data = image_folder(folder / "train")
    assert (len(data.train), len(data.validation), len(data.test)) == (6, 0, 0)
    split = data.split(validation=1 / 3, test=1 / 3, seed=1)
    parts = [split.train, split.validation, split.test]
    assert [[case.target for case in part] for part in parts] == [["cat", "sea lion"]] * 3
    assert sorted(case.id for part in parts for case in part) == [case.id for case in data.train]
    assert split == data.split(validation=1 / 3, test=1 / 3, seed=1)
    assert any(split != data.split(validation=1 / 3, test=1 / 3, seed=s) for s in range(2, 9))
    with pytest.raises(PlanError, match="leave some to train"):
        data.split(test=1.0, seed=1)


def test_a_folder_of_parts_and_something_else_is_refused(folder):
    paint(folder / "extra" / "cat" / "1.png", (0, 0, 0))
    with pytest.raises(PlanError, match="extra, which is none"):
        image_folder(folder)


def test_what_is_not_there_is_said(tmp_path):
    with pytest.raises(PlanError, match="there is no folder"):
        image_folder(tmp_path / "nowhere")
    with pytest.raises(PlanError, match="holds no labelled image"):
        image_folder(tmp_path)


def test_given_classes_keep_their_order_and_must_cover_the_data(folder):
    assert image_folder(folder, classes=["sea lion", "cat", "dog"]).classes[2] == "dog"
    with pytest.raises(PlanError, match=r"class 'sea lion', .*did you mean sealion"):
        image_folder(folder, classes=["sealion", "cat"])


def test_a_table_gives_parts_and_groups(folder):
    table = folder / "table.csv"
    table.write_text(
        "image,label,split,site\ntrain/cat/0.png,cat,train,A\ntrain/cat/1.png,cat,valid,B\n"
        "test/cat/1.png,dog,TEST,B\n"
    )
    data = csv_file(table)
    assert data.classes == ("cat", "dog")
    assert [part[0].groups["site"] for part in (data.train, data.validation, data.test)] == [*"ABB"]
    assert data.validation[0].input[0, 0, 0] == 11
    assert len(csv_file(table, part="nothing").train) == 3


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("file,label\n", "no column 'image'; it has file, label"),
        ("", "no column 'image'; it has none"),
        ("image,label,split\na.png,cat,holdout\n", "table.csv:2: 'holdout' is no part"),
        ("image,label\na.png,cat\nb.png,\n", "table.csv:3: the image or the label is missing"),
    ],
)
def test_a_table_that_makes_no_sense_is_refused_with_its_line(tmp_path, text, message):
    (tmp_path / "table.csv").write_text(text)
    with pytest.raises(FileError, match=message):
        csv_file(tmp_path / "table.csv")


def test_a_split_file_of_coop_is_read_in_the_order_of_its_numbers(folder):
    rows = {
        "train": [["cat/0.png", 1, "cat"], ["sea_lion/0.png", 0, "sea_lion"]],
        "val": [["cat/1.png", 1, "cat"]],
        "test": [["sea_lion/1.png", 0, "sea_lion"]],
    }
    file = folder / "split_zhou_Zoo.json"
    file.write_text(json.dumps(rows))
    data = split_file(file, folder / "train")
    assert data.classes == ("sea lion", "cat")
    assert [case.target for case in data.train] == ["cat", "sea lion"]
    assert data.test[0].input[0, 0, 0] == 10


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ({"all": []}, "no split file"),
        ({"train": [["a.png", "cat"]]}, r"train\[0\] is \['a.png', 'cat'\], not"),
        ({"train": [["a", 0, "cat"], ["b", 0, "dog"]]}, r"train\[1\]: 'dog' and 'cat' are both"),
        ({"train": [["a", 0, "cat"], ["b", 1, "cat"]]}, "two numbers have the same"),
    ],
)
def test_a_broken_split_file_is_refused_with_the_place(tmp_path, rows, message):
    file = tmp_path / "split.json"
    file.write_text(json.dumps(rows))
    with pytest.raises(FileError, match=message):
        split_file(file, tmp_path)


def save_npz(file, labels, **more):
    images = np.arange(2 * 5 * 5, dtype=np.uint8).reshape(2, 5, 5)
    arrays = {f"{part}_images": images for part in ("train", "val", "test")}
    arrays |= {f"{part}_labels": labels for part in ("train", "val", "test")}
    np.savez(file, **(arrays | more))
    return file


@pytest.mark.parametrize("labels", [np.array([0, 1]), np.array([[0], [1]], np.uint8)])
def test_medmnist_files_are_read_with_either_form_of_labels(tmp_path, labels):
    data = medmnist(save_npz(tmp_path / "BreastMNIST.npz", labels))
    assert data.classes == ("malignant", "normal or benign")
    assert [case.target for case in data.validation] == ["malignant", "normal or benign"]
    assert data.test[1].input.shape == (5, 5, 3)
    assert (data.test[1].input == np.arange(25, 50).reshape(5, 5, 1)).all()
    assert data.train[0].id == "train-0"


def test_an_npz_file_may_hold_names_and_floats(tmp_path):
    images = np.full((2, 4, 4, 3), 0.5)
    np.savez(tmp_path / "own.npz", images=images, labels=np.array(["cat", "dog"]))
    data = npz_file(tmp_path / "own.npz")
    assert data.classes == ("cat", "dog")
    assert data.train[0].input[0, 0, 0] == 128 == data.train[0].input.max()


@pytest.mark.parametrize(
    ("labels", "classes", "message"),
    [
        (np.array([0, 1]), None, "classes=.* must say what they stand for"),
        (np.array([0, 2]), ["a", "b"], "has 2, and the 2 classes count from 0"),
        (np.array([0, 1, 1]), ["a", "b"], "train_images holds 2 and train_labels 3"),
        (np.eye(2, dtype=int), ["a", "b"], r"the shape \(2, 2\); one label for each"),
        (np.array([0.0, 1.0]), ["a", "b"], "names or whole numbers"),
    ],
)
def test_labels_that_make_no_sense_are_refused(tmp_path, labels, classes, message):
    with pytest.raises(PlanError, match=message):
        npz_file(save_npz(tmp_path / "x.npz", labels), classes=classes)


def test_files_that_are_something_else_are_refused(tmp_path):
    (tmp_path / "breastmnist.npz").write_bytes(b"PK nothing")
    with pytest.raises(FileError, match="cannot be read as npz"):
        medmnist(tmp_path / "breastmnist.npz")
    np.savez(tmp_path / "empty.npz", pictures=np.zeros(3))
    with pytest.raises(FileError, match="has no train_images; it has pictures"):
        npz_file(tmp_path / "empty.npz", classes=["a"])
    with pytest.raises(PlanError, match=r"empty\.npz is named after none of bloodmnist"):
        medmnist(tmp_path / "empty.npz")
    np.savez(tmp_path / "pickled.npz", images=np.array([{}]), labels=np.array([0]))
    with pytest.raises(FileError, match="cannot be read as npz"):
        npz_file(tmp_path / "pickled.npz", classes=["a"])
