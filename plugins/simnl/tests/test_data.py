"""Readers of labelled images, and the value that they give."""

from __future__ import annotations

import json

import numpy as np
import pytest
from seatrial_simnl import (
    csv_file,
    domain_trial,
    extract,
    fgvc_aircraft,
    image_folder,
    imagenet,
    imagenet_variant,
    medmnist,
    npz_file,
    prompts,
    split_file,
)
from towers import Towers

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


@pytest.fixture
def aircraft(tmp_path):
    names = ["707-320", "F-16A/B", "Boeing 717"]
    (tmp_path / "variants.txt").write_text("\n".join(names) + "\n")
    for shift, part in enumerate(("train", "val", "test")):
        rows = []
        for at, name in enumerate(names):
            number = f"00{shift}{at}"
            paint(tmp_path / "images" / f"{number}.jpg", (40 * at, 0, 0))
            rows.append(f"{number} {name}")
        (tmp_path / f"images_variant_{part}.txt").write_text("\n".join(reversed(rows)) + "\n")
    return tmp_path


def test_aircraft_are_read_with_their_variants_in_the_order_of_the_list(aircraft):
    data = fgvc_aircraft(aircraft)
    assert data.classes == ("707-320", "F-16A/B", "Boeing 717")
    parts = (data.train, data.validation, data.test)
    assert [[case.target for case in part] for part in parts] == [list(reversed(data.classes))] * 3
    assert [part[0].id for part in parts] == [f"images/00{at}2.jpg" for at in range(3)]
    assert data.test[0].input.shape == (3, 4, 3)
    (aircraft / "images_variant_val.txt").write_text("0010 Concorde\n")
    with pytest.raises(FileError, match=r"val.txt:1: 'Concorde' is none of the variants"):
        fgvc_aircraft(aircraft)
    (aircraft / "images_variant_val.txt").unlink()
    with pytest.raises(FileError, match=r"images_variant_val.txt cannot be read"):
        fgvc_aircraft(aircraft)


NUMBERS = {
    "n01443537": "red", "n02112018": "green", "n04356056": "sunglasses", "n04355933": "sunglasses",
    "n02834778": "blue",
}  # fmt: skip
SHADES = dict(
    zip(
        NUMBERS,
        [(200, 40, 40), (40, 200, 40), (9, 9, 9), (250, 250, 250), (40, 40, 200)],
        strict=True,
    )
)


@pytest.fixture
def nets(tmp_path):
    """ImageNet and its variants, with two pictures of each class."""
    names = tmp_path / "classnames.txt"
    names.write_text("".join(f"{number} {name}\n" for number, name in NUMBERS.items()))

    def fill(folder, numbers, ending):
        for number in numbers:
            shade = SHADES[number]
            called = str(list(NUMBERS).index(number)) if ending == "jpeg" else number
            for at in range(2):
                near = tuple(max(0, min(255, one + 9 * at)) for one in shade)
                paint(folder / called / f"{number}_{at}.{ending}", near)

    fill(tmp_path / "imagenet" / "train", NUMBERS, "JPEG")
    fill(tmp_path / "imagenet" / "val", NUMBERS, "JPEG")
    fill(tmp_path / "v2", NUMBERS, "jpeg")
    fill(tmp_path / "sketch", NUMBERS, "JPEG")
    for name in ("a", "r"):
        fill(tmp_path / name, ["n02834778", "n01443537"], "jpg")
        (tmp_path / name / "README.txt").write_text("about it")
    return tmp_path


def test_imagenet_is_read_with_its_validation_images_as_the_test(nets):
    data = imagenet(nets / "imagenet", nets / "classnames.txt")
    assert data.classes == ("red", "green", "sunglasses", "sunglasses (n04355933)", "blue")
    assert [len(part) for part in (data.train, data.validation, data.test)] == [10, 0, 10]
    assert {case.id.split("/")[0]: case.target for case in data.train} == dict(
        zip(NUMBERS, data.classes, strict=True)
    )
    told = prompts("imagenet").sentences(data.classes)["template"]
    assert (
        told[2]
        == told[3]
        == tuple(one.format("sunglasses") for one in prompts("imagenet").positive)
    )
    with pytest.raises(PlanError, match="has no folder train or val"):
        imagenet(nets, nets / "classnames.txt")


@pytest.mark.parametrize(("name", "count"), [("v2", 5), ("sketch", 5), ("a", 2), ("r", 2)])
def test_a_variant_of_imagenet_has_a_test_part_and_its_own_classes(nets, name, count):
    data = imagenet_variant(nets / name, nets / "classnames.txt")
    assert (len(data.train), len(data.validation), len(data.test)) == (0, 0, 2 * count)
    whole = imagenet(nets / "imagenet", nets / "classnames.txt").classes
    assert data.classes == (whole if count == 5 else ("red", "blue"))
    for case in data.test:
        assert np.abs(case.input[0, 0].astype(int) - SHADES[number_of(case)]).max() < 15
        assert case.target == dict(zip(NUMBERS, whole, strict=True))[number_of(case)]


def number_of(case):
    return case.id.split("/")[1].split("_")[0]


def test_imagenet_is_adapted_and_scored_on_its_variants(nets):
    data = imagenet(nets / "imagenet", nets / "classnames.txt")
    variants = {
        name: imagenet_variant(nets / name, nets / "classnames.txt") for name in ("v2", "a")
    }
    train = extract(Towers(), data.train, classes=data.classes, prompts=prompts("imagenet"))
    tests = {
        name: extract(Towers(), one.test, classes=one.classes) for name, one in variants.items()
    }
    found = domain_trial(train, tests, methods=["zero-shot", "tip"], shots=2, selection="none")
    assert found.points == ("v2", "a")
    assert found.accuracy("tip", "a").mean == 1.0


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("n0144353 red\n", "classnames.txt:1: 'n0144353 red' is no WordNet number"),
        ("n01443537\n", "classnames.txt:1: 'n01443537' is no WordNet number with a name"),
        ("n01443537 red\nn01443537 pink\n", "classnames.txt:2: .* or comes twice"),
    ],
)
def test_class_names_that_make_no_sense_are_refused(nets, text, says):
    (nets / "classnames.txt").write_text(text)
    with pytest.raises(FileError, match=says):
        imagenet_variant(nets / "a", nets / "classnames.txt")


def test_a_folder_of_no_class_is_refused(nets):
    paint(nets / "a" / "n00000001" / "1.jpg", (0, 0, 0))
    with pytest.raises(PlanError, match="n00000001 is named after no class"):
        imagenet_variant(nets / "a", nets / "classnames.txt")


def test_an_image_belongs_to_one_part_and_one_class(tmp_path):
    paint(tmp_path / "1.png", (0, 0, 0))
    file = tmp_path / "split.json"
    file.write_text(json.dumps({"train": [["1.png", 0, "x"]], "test": [["1.png", 0, "x"]]}))
    with pytest.raises(PlanError, match=r"'1\.png' is in train as 'x' and test as 'x'"):
        split_file(file, tmp_path)
    table = tmp_path / "table.csv"
    table.write_text("image,label\n1.png,x\n1.png,y\n")
    with pytest.raises(PlanError, match=r"'1\.png' is in train as 'x' and train as 'y'"):
        csv_file(table)
