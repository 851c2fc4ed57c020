"""Cases from folders of pictures, volumes and texts, with and without a table."""

from __future__ import annotations

import numpy as np
import pytest

import seatrial as sea
from seatrial.errors import FileError
from seatrial.inputs._content import case_digest


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Two pictures of cats and one of a dog, each in a folder of its kind."""
    pillow = pytest.importorskip("PIL.Image")
    monkeypatch.chdir(tmp_path)
    for at, name in enumerate(("cat/a.png", "cat/b.png", "dog/a.PNG")):
        path = tmp_path / "pets" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        pillow.fromarray(np.full((4, 4, 3), at, np.uint8)).save(path)
    return tmp_path / "pets"


def test_every_picture_of_a_folder_is_a_case_that_stays_in_its_file(folder):
    cases = sea.load_cases("pets", target="folder")
    assert [(one.id, one.target) for one in cases] == [
        ("cat/a.png", "cat"),
        ("cat/b.png", "cat"),
        ("dog/a.PNG", "dog"),
    ]
    assert cases[0].input == sea.Asset("pets/cat/a.png", "image")


def test_the_content_of_a_picture_belongs_to_its_case(folder):
    before = case_digest(sea.load_cases("pets")[0])
    other = (folder / "dog" / "a.PNG").read_bytes()
    (folder / "cat" / "a.png").write_bytes(other)
    assert case_digest(sea.load_cases("pets")[0]) != before


def test_a_table_names_pictures_beside_it_or_in_a_folder(folder, tmp_path):
    types = {"picture": "image"}
    for place, more in ((folder, {}), (tmp_path, {"folder": "pets"})):
        table = place / "labels.csv"
        table.write_text("picture,label\ncat/a.png,cat\ndog/a.PNG,dog\n")
        cases = sea.load_cases(table, input="picture", target="label", types=types, **more)
        assert [str(one.input.path).split("pets/")[1] for one in cases] == [
            "cat/a.png",
            "dog/a.PNG",
        ]
    table.write_text("picture,label\ncat/a.png,cat\ndog/z.png,dog\n")
    with pytest.raises(FileError, match=r"labels.csv, line 3: picture: pets/dog/z.png does not"):
        sea.load_cases(table, input="picture", target="label", types=types, folder="pets")


def test_patients_are_the_first_folders_and_groups_may_be_folders_too(tmp_path):
    for patient in ("p1", "p2"):
        path = tmp_path / "scans" / patient / "t1" / "scan.npy"
        path.parent.mkdir(parents=True)
        np.save(path, np.zeros((2, 2, 2), np.float32))
    cases = sea.load_cases(
        tmp_path / "scans", cluster="top", groups=["folder"], types={"file": "volume"}
    )
    assert [(one.id, one.cluster, dict(one.groups)) for one in cases] == [
        ("p1/t1/scan.npy", "p1", {"folder": "t1"}),
        ("p2/t1/scan.npy", "p2", {"folder": "t1"}),
    ]
    assert cases[0].input.modality == "volume"


def test_texts_are_read(tmp_path):
    for name in ("b.txt", "a.txt"):
        (tmp_path / name).write_text(f"\ufeffthis is {name}", encoding="utf-8")
    (tmp_path / ".hidden.txt").write_text("no")
    cases = sea.load_cases(tmp_path)
    assert [(one.id, one.input) for one in cases] == [
        ("a.txt", "this is a.txt"),
        ("b.txt", "this is b.txt"),
    ]


def test_a_text_column_may_name_files_of_text(tmp_path):
    (tmp_path / "note.txt").write_text("long note")
    (tmp_path / "notes.csv").write_text("note,a\nnote.txt,x\n")
    (case,) = sea.load_cases(
        tmp_path / "notes.csv", input="note", target="a", types={"note": "text-file"}
    )
    assert case.input == "long note"


def test_files_of_several_kinds_must_be_told_apart(folder):
    (folder / "readme.txt").write_text("pets")
    told = r"several kinds \(3 × image, 1 × text-file; such as readme\.txt\)"
    with pytest.raises(FileError, match=told):
        sea.load_cases("pets")
    assert len(sea.load_cases("pets", types={"file": "image"})) == 3
    assert len(sea.load_cases("pets", types={"file": "text-file"})) == 1
    with pytest.raises(FileError, match="pets holds no files that are read as volume"):
        sea.load_cases("pets", types={"file": "volume"})


def test_an_empty_folder_and_one_of_other_files_are_named(tmp_path):
    with pytest.raises(FileError, match="holds no files"):
        sea.load_cases(tmp_path)
    (tmp_path / "q.csv").write_text("q\n")
    with pytest.raises(FileError, match=r"that can be read .*\.csv.*a table of cases is given as"):
        sea.load_cases(tmp_path)


def test_pictures_are_measured_like_any_others(folder):
    def shade(pictures):
        return ["cat" if picture.mean() < 2 else "dog" for picture in pictures]

    same = sea.Metric(
        name="pets.same",
        summary="Equal.",
        factory=lambda: lambda t, a: [float(x == y) for x, y in zip(t, a, strict=True)],
        per_case=True,
    )
    plan = sea.Plan(metrics=[same()], seed=1)
    report = sea.run(plan, shade, sea.load_cases("pets", target="folder"))
    assert report.cells[0].scores == {"pets.same": 1.0}
